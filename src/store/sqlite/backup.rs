//! A copy of a database that is in use, as it stood at one moment.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};

use super::{common, flags, writing};
use crate::store::StoreError;

/// Why there is no backup, or nothing was restored. Everything is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// There is something at the path of the backup.
    #[error("{} is there already and is not overwritten; name another file, or remove it", .0.display())]
    There(PathBuf),
    /// There is no database to back up, or no backup to restore.
    #[error("{} is not there", .0.display())]
    Missing(PathBuf),
    /// It holds something else.
    #[error("{} is no database of Countersign", .0.display())]
    Foreign(PathBuf),
    /// It is damaged.
    #[error("{} is damaged: {said}", .path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// The first thing that SQLite found.
        said: String,
    },
    /// Somebody has the database open.
    #[error("{} is in use; stop the service and every command that works on it, then try again", .0.display())]
    InUse(PathBuf),
    /// The file system.
    #[error("{}: {error}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's answer.
        error: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for BackupFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl BackupFault {
    pub(super) fn file(path: &Path, error: io::Error) -> Self {
        Self::File { path: path.to_owned(), error }
    }
}

/// Told after each step: how many pages are copied, of how many.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Writes the database at `from`, which may be in use, to the new file `to` (mode 0600): whole, of one
/// moment, without a log beside it. It has its name only once it is complete and was read back.
///
/// # Errors
/// [`BackupFault`]; then there is no file at `to` but one that was there before.
pub fn back_up(from: &Path, to: &Path, progress: Progress<'_>) -> Result<(), BackupFault> {
    if to.exists() {
        return Err(BackupFault::There(to.to_owned()));
    }
    let part = with_end(to, ".part");
    let written = copy(from, &part, progress).and_then(|db| {
        sound(&db, from, "PRAGMA quick_check(1)")?;
        alone(&db)?;
        drop(db);
        name(&part, to)
    });
    if written.is_err() && !matches!(&written, Err(BackupFault::There(path)) if *path == part) {
        drop(fs::remove_file(&part));
    }
    written
}

/// Copies a database into the new file `to`, from one snapshot: others go on writing meanwhile.
pub(super) fn copy(
    from: &Path,
    to: &Path,
    progress: Progress<'_>,
) -> Result<Connection, BackupFault> {
    if !from.exists() {
        return Err(BackupFault::Missing(from.to_owned()));
    }
    let source = opened(from)?;
    source.execute_batch("BEGIN")?;
    ours(&source, from)?;
    make_new(to)?;
    let mut copy = Connection::open_with_flags(to, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    common(&copy)?;
    let backup = Backup::new(&source, &mut copy)?;
    while backup.step(PAGES)? != StepResult::Done {
        let left = backup.progress();
        let of = |pages: i32| u64::try_from(pages).unwrap_or(0);
        progress(of(left.pagecount - left.remaining), of(left.pagecount));
    }
    drop(backup);
    Ok(copy)
}

/// Opens a database that is there, and changes nothing of it.
pub(super) fn opened(path: &Path) -> Result<Connection, BackupFault> {
    let db = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    common(&db)?;
    Ok(db)
}

/// Also begins to read: from here on the connection sees one snapshot.
fn ours(db: &Connection, path: &Path) -> Result<(), BackupFault> {
    let versions = "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'schema_versions'";
    match db.query_row(versions, [], |row| row.get::<_, i64>(0)).map_err(StoreError::from) {
        Ok(1..) => Ok(()),
        Ok(_) | Err(StoreError::Damaged(_)) => Err(BackupFault::Foreign(path.to_owned())),
        Err(other) => Err(other.into()),
    }
}

/// Reads the whole file.
pub(super) fn sound(db: &Connection, path: &Path, check: &str) -> Result<(), BackupFault> {
    let said: String = db.query_row(check, [], |row| row.get(0))?;
    if said == "ok" { Ok(()) } else { Err(BackupFault::Damaged { path: path.to_owned(), said }) }
}

/// A file that needs no log beside it.
pub(super) fn alone(db: &Connection) -> Result<(), BackupFault> {
    let mode: String = db.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode == "delete" {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!("the journal stays in mode {mode}")).into())
}

/// Gives a complete file its name, and overwrites nothing even if somebody was quicker.
fn name(part: &Path, to: &Path) -> Result<(), BackupFault> {
    let fault = |error| BackupFault::file(to, error);
    match fs::hard_link(part, to) {
        Ok(()) => fs::remove_file(part).map_err(fault)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(BackupFault::There(to.to_owned()));
        }
        // A file system without links.
        Err(_) => fs::rename(part, to).map_err(fault)?,
    }
    settle(to)
}

/// Makes the names in the folder of `path` last.
pub(super) fn settle(path: &Path) -> Result<(), BackupFault> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| BackupFault::file(folder, error))
}

pub(super) fn make_new(path: &Path) -> Result<(), BackupFault> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(BackupFault::There(path.to_owned()))
        }
        Err(error) => Err(BackupFault::file(path, error)),
    }
}

/// `path` with more at the end of its name.
pub(super) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Brings a copy to this program's schema.
pub(super) fn up_to_date(db: Connection) -> Result<Connection, BackupFault> {
    Ok(writing(db)?)
}

/// Sixteen megabytes at a time.
const PAGES: i32 = 4096;
