//! What a service is started with.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    sync::Arc,
};

use countersign::{
    ambient::{Clock as _, ManualClock, OsEntropy, SystemClock},
    app::{App, build_on},
    config::{self, Config, Fault, Lookup},
    store::sqlite::Sqlite,
};
use tempfile::TempDir;

use super::{Faulty, Log, Service};

/// Variables and files; the rest is as shipped.
#[derive(Clone)]
pub(crate) struct Setup {
    variables: Vec<(String, String)>,
    root: Arc<TempDir>,
    dev: bool,
}

impl Setup {
    /// The shipped files in a folder of their own, nothing set.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for part in ["providers", "servers"] {
            copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(part), &root.path().join(part));
        }
        Self { variables: Vec::new(), root: Arc::new(root), dev: true }
    }

    /// Sets an environment variable; the one set last counts.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes a file, such as `providers/acme.toml`.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        std::fs::write(self.root.path().join(path), text).unwrap();
        self
    }

    /// Changes a file.
    pub(crate) fn edit(self, path: &str, edit: impl FnOnce(String) -> String) -> Self {
        let text = std::fs::read_to_string(self.root.path().join(path)).unwrap();
        let edited = edit(text.clone());
        assert_ne!(edited, text, "{path} was edited");
        self.file(path, &edited)
    }

    /// The development identity provider is configured as before, but somebody else listens for it.
    pub(super) fn without_dev(mut self) -> Self {
        self.dev = false;
        self
    }

    /// The folder of all its files.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(super) fn variables(&self) -> Vec<(String, String)> {
        self.variables.clone()
    }

    pub(super) fn database(&self) -> PathBuf {
        self.root.path().join("data/countersign.db")
    }

    /// The configuration, without starting anything.
    pub(crate) fn load(&self) -> Result<Config, Vec<Fault>> {
        config::load(&Lookup::new(self.variables.clone()), self.root.path())
    }

    pub(crate) async fn start(self) -> Service {
        self.start_at(Arc::new(ManualClock::new(SystemClock.now()))).await
    }

    pub(crate) async fn start_at(mut self, clock: Arc<ManualClock>) -> Service {
        let log = Log::capture();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        if !self.variables.iter().any(|(name, _)| name == DEV_LISTEN) {
            let address = listener.local_addr().unwrap().to_string();
            self.variables.push((DEV_LISTEN.to_owned(), address));
        }
        let config = self.load().unwrap_or_else(|faults| panic!("{faults:#?}"));
        let database = self.database();
        let sqlite =
            tokio::task::spawn_blocking(move || Sqlite::open(&database)).await.unwrap().unwrap();
        let store = Arc::new(Faulty::new(sqlite));
        let app = build_on(&config, store.clone(), clock.clone(), Arc::new(OsEntropy)).await;
        let app = app.unwrap();
        let dev = if self.dev { self.serve_dev(&app, listener).await } else { None };
        Service {
            issuer: config.public_url.to_string(),
            resource: config.servers[0].resource.to_string(),
            revoker: app.revoker(),
            keys: app.key_tender(),
            app: app.router(),
            setup: self,
            config,
            clock,
            store,
            log,
            dev,
            lookout: tokio::sync::Mutex::new(app.into_lookout()),
        }
    }

    /// On the port of the start before, when the service was restarted.
    async fn serve_dev(
        &self,
        app: &App,
        fresh: TcpListener,
    ) -> Option<tokio::task::JoinHandle<()>> {
        let router = app.dev_router()?;
        let (_, address) = self.variables.iter().find(|(name, _)| name == DEV_LISTEN)?;
        let listener = if fresh.local_addr().unwrap().to_string() == *address {
            fresh
        } else {
            bound_again(address).await
        };
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        Some(tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
    }
}

/// Another test may hold the port for a moment.
async fn bound_again(address: &str) -> TcpListener {
    for _ in 0..200 {
        if let Ok(listener) = TcpListener::bind(address) {
            return listener;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    TcpListener::bind(address).unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

const DEV_LISTEN: &str = "COUNTERSIGN_DEV_IDP_LISTEN";
