//! Floor 5½: the composition root. The only place that names concrete stores and joins the rooms.

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use tokio_util::sync::CancellationToken;

use crate::{
    ambient::{Clock, Entropy, random},
    app::{people::People, site::Parts},
    config::{Config, Fault},
    flow::{
        keys::KeysError, lookout::Lookout, personal::PersonalTokens, providers::Provider,
        revoke::Revoker,
    },
    gateway::{Allowances, stdio::Stdio},
    guard::Revocations,
    jose::seal::Vault,
    protocol::secret::ClientSecret,
    store::{Store, StoreError},
    web,
};

mod backup;
mod guarded;
mod keys;
mod moving;
mod open;
mod people;
mod references;
mod run;
mod servers;
mod shown;
mod site;
mod tend;
mod world;

pub use backup::{KeepFault, back_up, begin_epoch, restore};
pub use keys::{KeyTender, key_manager};
pub use moving::moving;
pub use open::open_store;
pub use shown::connect_lines;
pub use world::{clock, entropy};

/// The service, put together and not yet listening.
pub struct App {
    router: Router,
    listen: Vec<SocketAddr>,
    dev: Option<(Vec<SocketAddr>, Router)>,
    hands: Hands,
    revoker: Arc<Revoker>,
    lookout: Lookout,
    key_tender: Arc<KeyTender>,
    providers: Arc<[Provider]>,
    counts: Vec<tend::Forget>,
    programs: Vec<Stdio>,
    times: run::Times,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// Something outside the configuration files is at fault, such as the master key's file.
    #[error("{0}")]
    Config(Fault),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Everything in the database is being moved elsewhere.
    #[error(
        "this database is being moved to another one by countersign migrate; when that has ended, start on the new one (if it was cut off: wait a minute, and run it again)"
    )]
    Moving,
    /// The signing keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// An address could not be bound.
    #[error(
        "cannot listen on {address}: {error}; stop the program that uses it, or set {variable} to another address"
    )]
    Listen {
        /// As configured.
        address: String,
        /// The system's answer.
        error: std::io::Error,
        /// Where to change it.
        variable: &'static str,
    },
    /// The system's certificates, by which servers behind the gateway are known, cannot be read.
    #[error("the system's certificates cannot be read: {0}; install the package ca-certificates")]
    Trust(String),
    /// The development identity provider.
    #[error("the development identity provider cannot start: {0}")]
    Dev(String),
}

/// What most rooms need.
#[derive(Clone)]
struct Hands {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// Cancelled once we were told to stop: from then on we are not ready.
    leaving: CancellationToken,
    /// Cancelled when nothing new is accepted any more: what would go on for ever ends.
    stop: CancellationToken,
}

impl Hands {
    fn new(
        config: &Config,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StartFault> {
        let master = config.master_keys.obtain(&*entropy).map_err(StartFault::Config)?;
        let vault = Arc::new(Vault::new(master).ok_or(KeysError::Sealed)?);
        let (leaving, stop) = (CancellationToken::new(), CancellationToken::new());
        Ok(Self { store, vault, clock, entropy, leaving, stop })
    }

    fn revoker(&self, config: &Config, revocations: Revocations) -> Arc<Revoker> {
        let (store, limits) = (Arc::clone(&self.store), config.limits.clone());
        Arc::new(Revoker { store, revocations, limits })
    }
}

/// Puts the service together: store, keys, providers, routes.
///
/// # Errors
/// [`StartFault`]. A provider that is down is none: it shows as degraded and is asked again later.
pub async fn build(
    config: &Config,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<App, StartFault> {
    let store = open_store(config).await?;
    build_on(config, store, clock, entropy).await
}

/// [`build`] on a store that is already open.
///
/// # Errors
/// As [`build`].
pub async fn build_on(
    config: &Config,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<App, StartFault> {
    let hands = Hands::new(config, store, clock, entropy)?;
    let manager = hands.key_manager(config);
    let keys = manager.open().await?;
    let revocations = Revocations::default();
    let revoker = hands.revoker(config, revocations.clone());
    let lookout = Lookout::begin(Arc::clone(&revoker), Arc::clone(&hands.clock)).await?;
    let dev_secret = ClientSecret::from_entropy(random(&*hands.entropy));
    let providers: Arc<[Provider]> = site::providers(config, &hands.clock, &dev_secret).into();
    let people = People::new(config, &hands, &providers);
    let guarded = guarded::Parts {
        config,
        hands: &hands,
        keys: &keys,
        revocations: &revocations,
        look_up: references::look_up(&people.references),
    };
    let guarded = guarded.guarded()?;
    let parts = Parts { config, hands: &hands, keys: &keys, revoker: &revoker };
    let site = Arc::new(parts.site(Arc::clone(&providers), &people));
    let counts = counts(Arc::clone(&site.rates), guarded.allowances);
    let rest = web::router(Arc::clone(&site)).merge(guarded.ours);
    let router = web::by_host(web::all(site, rest), guarded.others);
    let dev = servers::development(config, &hands, &dev_secret)?;
    let listen = config.listen.addresses.iter().map(|listen| listen.address).collect();
    let (programs, key_tender) = (guarded.programs, Arc::new(KeyTender { manager, keys }));
    let times = run::Times::of(&config.limits);
    Ok(App {
        router,
        listen,
        dev,
        hands,
        revoker,
        lookout,
        key_tender,
        providers,
        counts,
        programs,
        times,
    })
}

/// Makes and lists personal access tokens, without the rest of the service.
///
/// # Errors
/// [`StartFault`] when the master key cannot be had.
pub fn personal_tokens(
    config: &Config,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Arc<PersonalTokens>, StartFault> {
    let hands = Hands::new(config, store, clock, entropy)?;
    let dev_secret = ClientSecret::from_entropy(random(&*hands.entropy));
    let providers: Arc<[Provider]> = site::providers(config, &hands.clock, &dev_secret).into();
    Ok(People::new(config, &hands, &providers).personal)
}

impl App {
    /// Every route of the service.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Every route of the development identity provider, when there is one.
    #[must_use]
    pub fn dev_router(&self) -> Option<Router> {
        self.dev.as_ref().map(|(_, router)| router.clone())
    }

    /// Ends a grant, as the operator's commands do.
    #[must_use]
    pub fn revoker(&self) -> Arc<Revoker> {
        Arc::clone(&self.revoker)
    }

    /// Leaves of the service what asks for the revocations of others.
    #[must_use]
    pub fn into_lookout(self) -> Lookout {
        self.lookout
    }

    /// Takes over changes of the signing keys, as the service does every few seconds.
    #[must_use]
    pub fn key_tender(&self) -> Arc<KeyTender> {
        Arc::clone(&self.key_tender)
    }
}

/// Every count that is to be tended.
fn counts(rates: Arc<web::AddressRates>, calls: Vec<Arc<Allowances>>) -> Vec<tend::Forget> {
    let calls = move || calls.iter().for_each(|allowances| allowances.sweep());
    vec![Box::new(move || rates.sweep()), Box::new(calls)]
}
