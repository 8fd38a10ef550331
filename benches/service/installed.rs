//! The program as it is released, in a folder of its own.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
};

use anyhow::anyhow;
use countersign::config::{self, Config, Lookup};
use tempfile::TempDir;

use crate::{
    cluster::Cluster,
    engine::Engine,
    process::{Server, free_address},
};

/// The folder and the environment of the service.
pub(crate) struct Installed {
    folder: TempDir,
    variables: Vec<(String, String)>,
    pub(crate) engine: Engine,
    pub(crate) address: SocketAddr,
    /// Where the development provider listens.
    pub(crate) dev: SocketAddr,
}

impl Installed {
    /// A fresh folder with what is shipped; files and variables come on top of that.
    pub(crate) fn fresh(
        files: &[(&str, &str)],
        more: &[(&str, &str)],
        cluster: Option<Rc<Cluster>>,
    ) -> anyhow::Result<Self> {
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
        let engine = match cluster {
            Some(cluster) => Engine::Postgres(cluster),
            None => Engine::Sqlite(folder.path().to_owned()),
        };
        let mut variables = own(address, dev, engine.url());
        variables.extend(more.iter().map(owned));
        Ok(Self { folder, variables, engine, address, dev })
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

    /// Ourselves, as tokens name us.
    pub(crate) fn origin(&self) -> String {
        origin(self.address)
    }
}

/// Loopback at home: what limits network addresses does not count here.
fn own(address: SocketAddr, dev: SocketAddr, database: String) -> Vec<(String, String)> {
    let variables = [
        ("COUNTERSIGN_PUBLIC_URL", origin(address)),
        ("COUNTERSIGN_LISTEN", address.to_string()),
        ("COUNTERSIGN_DEV_IDP_LISTEN", dev.to_string()),
        ("COUNTERSIGN_DATABASE_URL", database),
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
