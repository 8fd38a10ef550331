//! The service under test with a person who has signed in once, and whatever else a run needs in its
//! database.

use std::{
    fs,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use anyhow::Context as _;
use countersign::{
    ambient::{Clock as _, SystemClock},
    app,
    config::Config,
    engine::record::{Authorization, Consent},
    store::Store,
};

use crate::{
    client::{Registered, registered},
    clients::{Place, SignIn},
    installed::Installed,
    load::{Line, on_one_thread},
    process::Server,
};

/// The service, and what is known about it.
pub(crate) struct World {
    installed: Installed,
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
    /// The service as shipped, and a first sign-in.
    pub(crate) fn prepare() -> anyhow::Result<Self> {
        Self::with(&[], &[])
    }

    /// The same with more files and variables.
    pub(crate) fn with(files: &[(&str, &str)], more: &[(&str, &str)]) -> anyhow::Result<Self> {
        let installed = Installed::fresh(files, more)?;
        let server = installed.started(&[])?;
        let client = on_one_thread(registered(installed.address))?;
        on_one_thread(async { person(&installed, &client).tokens().await })?;
        server.stop()?;
        let config = installed.config()?;
        let granted = on_one_thread(async { found(&*app::open_store(&config).await?).await })?;
        fs::rename(installed.database(), installed.path(SIGNED_IN))?;
        Ok(Self { installed, client, granted })
    }

    /// The service on a copy of a database.
    pub(crate) fn start(&self, on: &Path, more: &[(&str, String)]) -> anyhow::Result<Server> {
        self.installed.put(on)?;
        self.installed.started(more)
    }

    /// The database after the sign-in.
    pub(crate) fn signed_in(&self) -> PathBuf {
        self.path(SIGNED_IN)
    }

    /// A copy of that database, with something more in it.
    pub(crate) fn filled<F>(&self, name: &str, fill: F) -> anyhow::Result<PathBuf>
    where
        F: AsyncFnOnce(&dyn Store) -> anyhow::Result<()>,
    {
        self.filled_by(name, async |store, _| fill(&*store).await)
    }

    /// The same with the configuration at hand.
    pub(crate) fn filled_by<F>(&self, name: &str, fill: F) -> anyhow::Result<PathBuf>
    where
        F: AsyncFnOnce(Arc<dyn Store>, &Config) -> anyhow::Result<()>,
    {
        self.looked_at(fill)?;
        let done = self.path(name);
        fs::rename(self.installed.database(), &done)?;
        Ok(done)
    }

    /// Works on a copy of that database.
    pub(crate) fn looked_at<T, F>(&self, look: F) -> anyhow::Result<T>
    where
        F: AsyncFnOnce(Arc<dyn Store>, &Config) -> anyhow::Result<T>,
    {
        self.installed.put(&self.signed_in())?;
        let config = self.installed.config()?;
        on_one_thread(async { look(app::open_store(&config).await?, &config).await })
    }

    /// Ourselves, as tokens name us.
    pub(crate) fn issuer(&self) -> String {
        self.installed.origin()
    }

    /// A file of this name in the folder, which ends with this value.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.installed.path(name)
    }

    /// Somebody who signs in.
    pub(crate) fn person(&self) -> SignIn {
        person(&self.installed, &self.client)
    }
}

fn person(installed: &Installed, client: &Registered) -> SignIn {
    SignIn {
        service: Place::new(Line::new(installed.address), installed.origin()),
        provider: Place::new(Line::new(installed.dev), format!("http://{}", installed.dev)),
        client: Rc::clone(client),
        user: "alice",
    }
}

async fn found(store: &dyn Store) -> anyhow::Result<Granted> {
    let user = store.users().await?.into_iter().next().context("nobody signed in")?;
    let grant = store.grants_of(&user.id, SystemClock.now()).await?.into_iter().next();
    let consent = store.consents_of(&user.id).await?.into_iter().next();
    let authorization = grant.context("no grant")?.authorization;
    Ok(Granted { authorization, consent: consent.context("no consent")? })
}

const SIGNED_IN: &str = "signed-in.db";
