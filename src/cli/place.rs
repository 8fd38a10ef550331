//! Where a command works: the root folder, the configuration, the database.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use zeroize::Zeroizing;

use super::{faults::Failure, output};
use crate::{
    app,
    config::{self, Config, DatabaseUrl, Fault, Lookup},
    engine::policy::ServerSettings,
    store::Store,
};

/// The root folder and the variables.
pub(super) struct Place {
    root: PathBuf,
    look: Lookup,
}

impl Place {
    /// The folder and its `.env` behind the environment.
    pub(super) fn new(root: PathBuf, look: Lookup) -> Self {
        let look = look.with_dotenv(&root.join(".env"));
        Self { root, look }
    }

    /// The configuration, or every fault of it.
    pub(super) fn read(&self) -> Result<Config, Vec<Fault>> {
        config::load(&self.look, &self.root)
    }

    /// The configuration, for commands that need a good one.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        self.read().map_err(Failure::Config)
    }
}

impl Place {
    /// A database named on the command line. Its text is not repeated: it may hold a password.
    pub(super) fn database(&self, option: &str, url: &str) -> Result<DatabaseUrl, Failure> {
        let read = DatabaseUrl::parse(url, &self.root);
        read.map_err(|fault| {
            let how = "write sqlite:PATH or postgres://USER@HOST/DATABASE";
            Failure::Misuse(format!("{option} {fault}; {how}"))
        })
    }
}

/// The database that the service uses, made when there is none yet.
pub(super) async fn store(config: &Config) -> Result<Arc<dyn Store>, Failure> {
    if config.database == DatabaseUrl::SqliteMemory {
        return Err(Failure::Misuse(IN_MEMORY.to_owned()));
    }
    Ok(app::open_store(config).await?)
}

/// The database, if there is one; makes no file, and says that there is none: its name may be wrong.
pub(super) async fn store_if_there(config: &Config) -> Result<Option<Arc<dyn Store>>, Failure> {
    match &config.database {
        DatabaseUrl::SqliteFile(path) if !path.exists() => {
            let path = output::shown(&path.to_string_lossy());
            output::tell(&format!(
                "The database {path} is not there yet: the service makes it when it first starts"
            ));
            Ok(None)
        }
        DatabaseUrl::SqliteMemory => {
            output::tell(IN_MEMORY);
            Ok(None)
        }
        _ => Ok(Some(app::open_store(config).await?)),
    }
}

const IN_MEMORY: &str =
    "COUNTERSIGN_DATABASE_URL is sqlite::memory:, which only the running service can see";

/// The server of this id; without an id, all of them.
pub(super) fn servers<'a>(
    config: &'a Config,
    id: Option<&str>,
) -> Result<Vec<&'a ServerSettings>, Failure> {
    let Some(id) = id else { return Ok(config.servers.iter().collect()) };
    let found = config.servers.iter().find(|server| server.id.as_str() == id);
    let known = config.servers.iter().map(|server| server.id.as_str());
    found.map(|server| vec![server]).ok_or_else(|| unknown("server", id, known))
}

/// Nothing of the configuration has this id.
pub(super) fn unknown<'a>(what: &str, id: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let known = known.collect::<Vec<_>>().join(", ");
    let variable = format!("COUNTERSIGN_{}S", what.to_uppercase());
    Failure::Misuse(format!(
        "there is no {what} {id:?} in the configuration; there is: {known} (for more, set {variable} in .env, which every command reads)"
    ))
}

/// A whole file, or standard input for `-`; it may hold personal data.
pub(super) fn text_of(path: &Path) -> Result<Zeroizing<String>, Failure> {
    if path == Path::new("-") {
        return standard_input();
    }
    let read = fs::read_to_string(path).map(Zeroizing::new);
    read.map_err(|error| Failure::Misuse(format!("{} cannot be read: {error}", path.display())))
}

/// Standard input to its end, of a sane length.
pub(super) fn standard_input() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read = io::stdin().lock().take(MAX_INPUT).read_to_string(&mut text);
    read.context("standard input cannot be read")?;
    Ok(text)
}

const MAX_INPUT: u64 = 1024 * 1024;
