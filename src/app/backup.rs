//! Backups of the configured database, and epochs.

use std::path::Path;

use crate::{
    ambient::Timestamp,
    app::{StartFault, open_store},
    config::{Config, DatabaseUrl},
    store::{
        Epoch, SWEEPING, StoreError,
        sqlite::{
            backup::{self, BackupFault, Progress},
            restore::{self, Restored},
        },
    },
};

/// Why nothing was backed up, restored or begun.
#[derive(Debug, thiserror::Error)]
pub enum KeepFault {
    /// The file or the database.
    #[error(transparent)]
    Backup(#[from] BackupFault),
    /// The database is no file of ours.
    #[error(
        "the configured database is no SQLite file; docs/backup.md says how it is backed up and restored"
    )]
    NoFile,
    /// A node is running.
    #[error(
        "a node is running on this database, or was killed less than a minute ago: stop every node, and try again in {0} s"
    )]
    Running(u64),
    /// The database could not be opened.
    #[error(transparent)]
    Start(#[from] StartFault),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes the configured database to the new file `to`. The service may run meanwhile.
///
/// # Errors
/// [`KeepFault`].
pub fn back_up(config: &Config, to: &Path, progress: Progress<'_>) -> Result<(), KeepFault> {
    let DatabaseUrl::SqliteFile(path) = &config.database else { return Err(KeepFault::NoFile) };
    Ok(backup::back_up(path, to, progress)?)
}

/// Puts the backup `from` in the place of the configured database, and begins an epoch.
///
/// # Errors
/// [`KeepFault`]; then the database is as it was.
pub fn restore(
    config: &Config,
    from: &Path,
    now: Timestamp,
    progress: Progress<'_>,
) -> Result<Restored, KeepFault> {
    let DatabaseUrl::SqliteFile(path) = &config.database else { return Err(KeepFault::NoFile) };
    Ok(restore::restore(from, path, now, progress)?)
}

/// Begins an epoch in a database that was restored by other means.
///
/// # Errors
/// [`KeepFault::Running`] while a node works on it.
pub async fn begin_epoch(config: &Config, now: Timestamp) -> Result<Epoch, KeepFault> {
    let store = open_store(config).await?;
    if let Some(until) = store.leased_until(SWEEPING).await?
        && until >= now
    {
        return Err(KeepFault::Running(until.since(now).as_secs() + 1));
    }
    Ok(store.begin_epoch(now).await?)
}
