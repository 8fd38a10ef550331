//! The service under test with a person who has signed in once, and whatever else a run needs in its
//! database.

use std::{cell::RefCell, collections::BTreeSet, path::PathBuf, rc::Rc, sync::Arc};

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
    cluster::Cluster,
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
    /// The names of the databases that were made.
    made: RefCell<BTreeSet<String>>,
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
        Self::installed(Installed::fresh(&[], &[], None)?)
    }

    /// The same with more files and variables.
    pub(crate) fn with(files: &[(&str, &str)], more: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::installed(Installed::fresh(files, more, None)?)
    }

    /// The same with PostgreSQL.
    pub(crate) fn on(cluster: Rc<Cluster>) -> anyhow::Result<Self> {
        Self::installed(Installed::fresh(&[], &[], Some(cluster))?)
    }

    fn installed(installed: Installed) -> anyhow::Result<Self> {
        installed.engine.begin()?;
        let server = installed.started(&[])?;
        let client = on_one_thread(registered(installed.address))?;
        on_one_thread(async { person(&installed, &client).tokens().await })?;
        server.stop()?;
        let config = installed.config()?;
        let granted = on_one_thread(async { found(&*app::open_store(&config).await?).await })?;
        installed.engine.keep(SIGNED_IN)?;
        Ok(Self { installed, client, granted, made: RefCell::default() })
    }

    /// The service on a copy of the database of this name.
    pub(crate) fn start(&self, on: &str, more: &[(&str, String)]) -> anyhow::Result<Server> {
        self.installed.engine.put(on)?;
        self.installed.started(more)
    }

    /// Makes a database of this name, once: that after the sign-in, with something more in it.
    pub(crate) fn fill<F>(&self, name: &str, fill: F) -> anyhow::Result<()>
    where
        F: AsyncFnOnce(Arc<dyn Store>, &Config) -> anyhow::Result<()>,
    {
        if !self.made.borrow_mut().insert(name.to_owned()) {
            return Ok(());
        }
        let engine = &self.installed.engine;
        engine.hurried(true)?;
        self.looked_at(fill)?;
        engine.hurried(false)?;
        engine.keep(name)
    }

    /// Works on a copy of the database after the sign-in.
    pub(crate) fn looked_at<T, F>(&self, look: F) -> anyhow::Result<T>
    where
        F: AsyncFnOnce(Arc<dyn Store>, &Config) -> anyhow::Result<T>,
    {
        self.installed.engine.put(SIGNED_IN)?;
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

/// The database after the sign-in.
pub(crate) const SIGNED_IN: &str = "signed-in.db";
