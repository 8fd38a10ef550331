//! A backup in the place of the database. What was issued before is worth nothing afterwards: whether it
//! was revoked since the backup, the backup cannot say.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, TransactionBehavior};

use super::{
    backup::{BackupFault, Progress, alone, copy, opened, settle, sound, up_to_date, with_end},
    nodes,
    place::make_folders,
};
use crate::{
    ambient::Timestamp,
    store::{Epoch, StoreError},
};

/// What a restore did.
#[derive(Debug)]
pub struct Restored {
    /// The epoch that began with it.
    pub epoch: Epoch,
    /// Where the database is that was there before.
    pub before: Option<PathBuf>,
    /// How many people were locked out in that one, and stay so. `None`: it could not be read.
    pub locked_out: Option<usize>,
}

/// Puts the backup `from` in the place of the database at `to`, brings it to this program's schema and
/// begins an epoch. The database that is there is kept aside; people locked out there stay locked out.
///
/// # Errors
/// [`BackupFault`]; then the database is as it was before.
pub fn restore(
    from: &Path,
    to: &Path,
    now: Timestamp,
    progress: Progress<'_>,
) -> Result<Restored, BackupFault> {
    let there = to.exists();
    if let Some(folder) = to.parent() {
        make_folders(folder).map_err(|error| BackupFault::file(folder, error))?;
    }
    let present = if there { Present::hold(to)? } else { Present::none() };
    let fresh = with_end(to, ".restoring");
    clear(&fresh)?;
    let prepared = prepare(from, &fresh, now, &present, progress);
    let placed = prepared.and_then(|epoch| {
        let before = if there { Some(keep_aside(to)?) } else { None };
        fs::rename(&fresh, to).map_err(|error| BackupFault::file(to, error))?;
        settle(to)?;
        Ok(Restored { epoch, before, locked_out: present.locked_out.as_ref().map(Vec::len) })
    });
    if placed.is_err() {
        clear(&fresh)?;
    }
    // Not earlier: until here nobody else may open what is there.
    drop(present);
    placed
}

/// The new database beside the old one, complete.
fn prepare(
    from: &Path,
    fresh: &Path,
    now: Timestamp,
    present: &Present,
    progress: Progress<'_>,
) -> Result<Epoch, BackupFault> {
    let db = copy(from, fresh, progress)?;
    sound(&db, from, "PRAGMA integrity_check(1)")?;
    let mut db = up_to_date(db)?;
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let epoch = nodes::begin_epoch(&change, now)?;
    for user in present.locked_out.iter().flatten() {
        change.execute("UPDATE users SET disabled = TRUE WHERE id = $1", [user])?;
    }
    change.commit()?;
    alone(&db)?;
    Ok(epoch)
}

/// The database that is there, held so that nobody else opens it.
struct Present {
    _held: Option<Connection>,
    /// `None`: it cannot be read.
    locked_out: Option<Vec<String>>,
}

impl Present {
    fn none() -> Self {
        Self { _held: None, locked_out: Some(Vec::new()) }
    }

    /// The log can be given up only by who has the database alone, and an exclusive lock lasts until the
    /// connection ends: the system lets go of both when a process dies. What is no database any more
    /// cannot be held; then nothing is known of it.
    fn hold(path: &Path) -> Result<Self, BackupFault> {
        match Self::try_hold(path) {
            Ok(present) => Ok(present),
            Err(BackupFault::Store(StoreError::Damaged(_))) => {
                Ok(Self { _held: None, locked_out: None })
            }
            Err(BackupFault::Store(StoreError::Unavailable(_))) => {
                Err(BackupFault::InUse(path.to_owned()))
            }
            Err(other) => Err(other),
        }
    }

    fn try_hold(path: &Path) -> Result<Self, BackupFault> {
        let db = opened(path)?;
        alone(&db)?;
        db.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")?;
        let locked_out = locked_out(&db).ok();
        Ok(Self { _held: Some(db), locked_out })
    }
}

fn locked_out(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut asked = db.prepare("SELECT id FROM users WHERE disabled")?;
    asked.query_map([], |row| row.get(0))?.collect()
}

/// The database that is there under another name, and whatever log it still has with it: a log that
/// stayed would be taken for the new database's.
fn keep_aside(path: &Path) -> Result<PathBuf, BackupFault> {
    let aside = free_name(path);
    for end in ["-wal", "-shm", "-journal"] {
        let log = with_end(path, end);
        if log.exists() {
            fs::rename(&log, with_end(&aside, end))
                .map_err(|error| BackupFault::file(&log, error))?;
        }
    }
    // A link, so that there is a database at the path at every moment: a service that starts on none
    // makes a fresh one.
    let kept = fs::hard_link(path, &aside).or_else(|_| fs::copy(path, &aside).map(drop));
    kept.map_err(|error| BackupFault::file(&aside, error))?;
    Ok(aside)
}

fn free_name(path: &Path) -> PathBuf {
    let names = (1..).map(|number| match number {
        1 => with_end(path, ".before-restore"),
        more => with_end(path, &format!(".{more}.before-restore")),
    });
    let mut free = names.filter(|name| !name.exists());
    free.next().unwrap_or_else(|| with_end(path, ".before-restore"))
}

/// Removes what an attempt left behind that was cut off.
fn clear(path: &Path) -> Result<(), BackupFault> {
    for end in ["", "-wal", "-shm", "-journal"] {
        let path = with_end(path, end);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BackupFault::file(&path, error));
            }
            _ => {}
        }
    }
    Ok(())
}
