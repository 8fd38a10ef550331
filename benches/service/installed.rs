//! The program as it is released, in a folder of its own.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::anyhow;
use countersign::config::{self, Config, Lookup};
use tempfile::TempDir;

use crate::process::{Server, free_address};

/// The folder and the environment of the service.
pub(crate) struct Installed {
    folder: TempDir,
    variables: Vec<(String, String)>,
    pub(crate) address: SocketAddr,
    /// Where the development provider listens.
    pub(crate) dev: SocketAddr,
}

impl Installed {
    /// A fresh folder with what is shipped; files and variables come on top of that.
    pub(crate) fn fresh(files: &[(&str, &str)], more: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        for shipped in ["providers", "servers"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(shipped);
            copy(&from, &folder.path().join(shipped))?;
        }
        for (path, text) in files {
            fs::write(folder.path().join(path), text)?;
        }
        let (address, dev) = (free_address()?, free_address()?);
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut variables = own(address, dev);
        variables.extend(more.iter().map(owned));
        Ok(Self { folder, variables, address, dev })
    }

    /// Starts it.
    pub(crate) fn started(&self, more: &[(&str, String)]) -> anyhow::Result<Server> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.arg("serve").current_dir(self.folder.path()).env_clear();
        let more = more.iter().map(|(name, value)| (*name, value.as_str()));
        let all = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Server::start(command.envs(all.chain(more)), self.address)
    }

    /// The configuration that it runs with.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        let config = config::load(&Lookup::new(self.variables.clone()), self.folder.path());
        config.map_err(|faults| anyhow!("{faults:?}"))
    }

    /// A file of this name in the folder, which ends with this value.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The database that it opens.
    pub(crate) fn database(&self) -> PathBuf {
        self.path("data/countersign.db")
    }

    /// Puts a copy of another database there.
    pub(crate) fn put(&self, other: &Path) -> anyhow::Result<()> {
        replaced(other, &self.database())
    }

    /// Ourselves, as tokens name us.
    pub(crate) fn origin(&self) -> String {
        origin(self.address)
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

/// Loopback at home: what limits network addresses does not count here.
fn own(address: SocketAddr, dev: SocketAddr) -> Vec<(String, String)> {
    let variables = [
        ("COUNTERSIGN_PUBLIC_URL", origin(address)),
        ("COUNTERSIGN_LISTEN", address.to_string()),
        ("COUNTERSIGN_DEV_IDP_LISTEN", dev.to_string()),
        ("COUNTERSIGN_LOG", "warn".to_owned()),
    ];
    variables.map(|(name, value)| (name.to_owned(), value)).into()
}

fn origin(address: SocketAddr) -> String {
    format!("http://localhost:{}", address.port())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
