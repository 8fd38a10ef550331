//! Where the database's file is. A file that was moved or removed while it is open still takes writes,
//! and they are lost: a commit counts only while the file stands in its place.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::store::StoreError;

/// A database file at its path.
pub(super) struct Place {
    path: PathBuf,
    identity: Identity,
}

impl Place {
    /// Makes the file (mode 0600) and its folders (mode 0700) where they are missing.
    pub(super) fn prepare(path: &Path) -> Result<Self, StoreError> {
        let fault =
            |cause: io::Error| StoreError::Unavailable(format!("{}: {cause}", path.display()));
        // The working directory may change; the file does not.
        let path = std::path::absolute(path).map_err(fault)?;
        if let Some(folder) = path.parent() {
            make_folders(folder).map_err(fault)?;
        }
        make_file(&path).map_err(fault)?;
        let identity = identity(&path).map_err(fault)?;
        Ok(Self { path, identity })
    }

    /// Whether the file is where it was.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match identity(&self.path) {
            Ok(found) if found == self.identity => Ok(()),
            _ => Err(StoreError::Unavailable(format!(
                "{} was moved, removed or replaced; put it back, or restart",
                self.path.display()
            ))),
        }
    }
}

#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

#[cfg(unix)]
pub(super) fn make_folders(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A file that is there is not opened: closing it would drop the locks that this process holds on it by
/// other connections (POSIX advisory locks).
#[cfg(unix)]
fn make_file(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    made(fs::OpenOptions::new().create_new(true).append(true).mode(0o600).open(path))
}

fn made(opened: io::Result<fs::File>) -> io::Result<()> {
    match opened {
        Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        opened => opened.map(drop),
    }
}

#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(drop)
}

#[cfg(not(unix))]
pub(super) fn make_folders(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn make_file(path: &Path) -> io::Result<()> {
    made(fs::OpenOptions::new().create_new(true).append(true).open(path))
}
