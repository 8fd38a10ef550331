//! The service under test: the program as it is released, in a folder of its own, with a person who has
//! signed in once and whatever codes a run needs.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
    sync::Arc,
};

use anyhow::{Context as _, anyhow};
use countersign::{
    ambient::{Clock as _, SystemClock},
    app,
    config::{self, Config, Lookup},
    engine::record::{Authorization, Consent},
    protocol::{pkce::Verifier, secret::AuthorizationCode},
    store::Store,
};
use tempfile::TempDir;

use crate::{
    clients::{Place, SignIn},
    load::{Line, Request, on_one_thread},
    process::{Server, free_address},
};

/// A client that is known to a server, and what it needs to ask for tokens.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) host: String,
    pub(crate) token_path: String,
    pub(crate) id: String,
    pub(crate) resource: String,
    pub(crate) verifier: String,
    pub(crate) challenge: String,
    /// Codes of other servers; ours follow from their number.
    pub(crate) codes: Vec<String>,
}

/// Such a client, shared.
pub(crate) type Registered = Rc<Client>;

impl Client {
    /// Where the client wants to be answered.
    pub(crate) const REDIRECT: &str = "http://127.0.0.1:7777/callback";

    /// The code of this number.
    pub(crate) fn code(&self, number: u64) -> String {
        let listed = usize::try_from(number).ok().and_then(|at| self.codes.get(at));
        listed.cloned().unwrap_or_else(|| code(number).reveal().to_owned())
    }
}

/// The code of a number, as it is put into databases beforehand.
pub(crate) fn code(number: u64) -> AuthorizationCode {
    let mut bytes = [7; 32];
    bytes.iter_mut().zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
    AuthorizationCode::from_entropy(bytes)
}

/// The service's folder and what is known about it.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) dev: SocketAddr,
    pub(crate) client: Registered,
    /// What the person granted the client.
    pub(crate) granted: Granted,
}

/// What stands in the database after a sign-in.
#[derive(Clone)]
pub(crate) struct Granted {
    pub(crate) authorization: Authorization,
    pub(crate) consent: Consent,
}

impl World {
    /// A fresh folder and a first sign-in.
    pub(crate) fn prepare() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        for shipped in ["providers", "servers"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(shipped);
            copy(&from, &folder.path().join(shipped))?;
        }
        let (address, dev) = (free_address()?, free_address()?);
        let server = started(folder.path(), address, dev, &[])?;
        let client = on_one_thread(registered(address))?;
        on_one_thread(async { person(address, dev, &client).tokens().await })?;
        server.stop()?;
        let config = loaded(folder.path(), address, dev)?;
        let granted = on_one_thread(async { found(&*app::open_store(&config).await?).await })?;
        fs::rename(database(folder.path()), folder.path().join("signed-in.db"))?;
        Ok(Self { folder, address, dev, client, granted })
    }

    /// The service on a copy of a database.
    pub(crate) fn start(&self, on: &Path, more: &[(&str, String)]) -> anyhow::Result<Server> {
        let database = database(self.folder.path());
        for log in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{log}", database.display()));
        }
        fs::copy(on, &database)?;
        started(self.folder.path(), self.address, self.dev, more)
    }

    /// The database after the sign-in.
    pub(crate) fn signed_in(&self) -> PathBuf {
        self.folder.path().join("signed-in.db")
    }

    /// A copy of that database, with something more in it.
    pub(crate) fn filled<F>(&self, name: &str, fill: F) -> anyhow::Result<PathBuf>
    where
        F: AsyncFnOnce(&dyn Store) -> anyhow::Result<()>,
    {
        let working = database(self.folder.path());
        fs::copy(self.signed_in(), &working)?;
        let config = self.config()?;
        on_one_thread(async { fill(&*app::open_store(&config).await?).await })?;
        let done = self.folder.path().join(name);
        fs::rename(working, &done)?;
        Ok(done)
    }

    /// Ourselves, as tokens name us.
    pub(crate) fn issuer(&self) -> String {
        origin(self.address)
    }

    /// Works on the database after the sign-in, which stays as it is.
    pub(crate) fn looked_at<T, F>(&self, look: F) -> anyhow::Result<T>
    where
        F: AsyncFnOnce(Arc<dyn Store>, &Config) -> anyhow::Result<T>,
    {
        fs::copy(self.signed_in(), database(self.folder.path()))?;
        let config = self.config()?;
        on_one_thread(async { look(app::open_store(&config).await?, &config).await })
    }

    /// The configuration that the service runs with.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        loaded(self.folder.path(), self.address, self.dev)
    }

    /// A file of this name in the folder, which ends with this value.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Somebody who signs in.
    pub(crate) fn person(&self) -> SignIn {
        person(self.address, self.dev, &self.client)
    }
}

fn person(address: SocketAddr, dev: SocketAddr, client: &Registered) -> SignIn {
    SignIn {
        service: Place::new(Line::new(address), origin(address)),
        provider: Place::new(Line::new(dev), format!("http://{dev}")),
        client: Rc::clone(client),
        user: "alice",
    }
}

/// Registers the client of every run.
async fn registered(address: SocketAddr) -> anyhow::Result<Registered> {
    let host = format!("localhost:{}", address.port());
    let metadata = serde_json::json!({
        "client_name": "A client under load", "redirect_uris": [Client::REDIRECT],
        "token_endpoint_auth_method": "none",
    });
    let request = Request::post(&host, "/register").json(&metadata.to_string());
    let mut line = Line::new(address);
    let reply = line.ask(&request).await?;
    reply.expect(201)?;
    let verifier = Verifier::from_entropy([9; 32]);
    Ok(Rc::new(Client {
        token_path: "/token".to_owned(),
        id: reply.member("client_id")?,
        resource: format!("http://{host}/mcp"),
        challenge: verifier.challenge().as_str().to_owned(),
        verifier: verifier.reveal().to_owned(),
        codes: Vec::new(),
        host,
    }))
}

async fn found(store: &dyn Store) -> anyhow::Result<Granted> {
    let user = store.users().await?.into_iter().next().context("nobody signed in")?;
    let grant = store.grants_of(&user.id, SystemClock.now()).await?.into_iter().next();
    let consent = store.consents_of(&user.id).await?.into_iter().next();
    let authorization = grant.context("no grant")?.authorization;
    Ok(Granted { authorization, consent: consent.context("no consent")? })
}

fn started(
    folder: &Path,
    address: SocketAddr,
    dev: SocketAddr,
    more: &[(&str, String)],
) -> anyhow::Result<Server> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.arg("serve").current_dir(folder).env_clear();
    command.envs(variables(address, dev)).envs(more.iter().map(|(name, value)| (name, value)));
    Server::start(&mut command, address)
}

fn loaded(folder: &Path, address: SocketAddr, dev: SocketAddr) -> anyhow::Result<Config> {
    let config = config::load(&Lookup::new(variables(address, dev)), folder);
    config.map_err(|faults| anyhow!("{faults:?}"))
}

/// Loopback at home: what limits network addresses does not count here.
fn variables(address: SocketAddr, dev: SocketAddr) -> Vec<(&'static str, String)> {
    vec![
        ("COUNTERSIGN_PUBLIC_URL", origin(address)),
        ("COUNTERSIGN_LISTEN", address.to_string()),
        ("COUNTERSIGN_DEV_IDP_LISTEN", dev.to_string()),
        ("COUNTERSIGN_LOG", "warn".to_owned()),
    ]
}

fn origin(address: SocketAddr) -> String {
    format!("http://localhost:{}", address.port())
}

fn database(folder: &Path) -> PathBuf {
    folder.join("data/countersign.db")
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
