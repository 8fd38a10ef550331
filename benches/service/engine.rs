//! The database that the service works on, and the copies that are kept of it under names.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    rc::Rc,
};

use crate::cluster::Cluster;

/// Which engine, and where.
pub(crate) enum Engine {
    /// Files in this folder.
    Sqlite(PathBuf),
    /// Databases of a server.
    Postgres(Rc<Cluster>),
}

impl Engine {
    /// As the service is told.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}", folder.join(WORKING).display()),
            Self::Postgres(cluster) => cluster.url(WORKING),
        }
    }

    /// Empty, for the first start.
    pub(crate) fn begin(&self) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(cluster) => {
                cluster.say("postgres", &[&format!("CREATE DATABASE \"{WORKING}\"")])
            }
        }
    }

    /// What the service worked on becomes the copy of this name.
    pub(crate) fn keep(&self, name: &str) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(folder) => Ok(fs::rename(folder.join(WORKING), folder.join(name))?),
            Self::Postgres(cluster) => cluster.rename(WORKING, name),
        }
    }

    /// The service works on a copy of the copy from now on.
    pub(crate) fn put(&self, name: &str) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(folder) => replaced(&folder.join(name), &folder.join(WORKING)),
            Self::Postgres(cluster) => cluster.put(name, WORKING),
        }
    }

    /// While data is made nothing has to survive a crash.
    pub(crate) fn hurried(&self, hurried: bool) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(cluster) => cluster.hurried(hurried),
        }
    }
}

/// Copies a `SQLite` database over another one, whose log must not be taken for that of the copy.
pub(crate) fn replaced(from: &Path, to: &Path) -> anyhow::Result<()> {
    for log in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{log}", to.display()));
    }
    fs::copy(from, to)?;
    // What the copy left to be written would otherwise be in the way of the first commits.
    Ok(File::open(to)?.sync_all()?)
}

const WORKING: &str = "countersign.db";
