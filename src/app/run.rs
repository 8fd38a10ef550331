//! From listening to the last answer.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    ambient::{Entropy, random},
    app::{App, Hands, StartFault, keys, tend::Tended},
    engine::limits::Limits,
    flow::providers::Provider,
    gateway::stdio::Stdio,
    store::MOVING,
    web::serve,
};

/// How long each part of a stop may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// Connections are still accepted.
    delay: Duration,
    /// Requests in flight go on.
    drain: Duration,
}

impl Times {
    pub(super) fn of(limits: &Limits) -> Self {
        Self { delay: limits.stop_delay, drain: limits.shutdown }
    }
}

impl Hands {
    /// Whether the store takes writes, and is ours alone to change.
    async fn answers(&self) -> Result<(), StartFault> {
        let now = self.clock.now();
        self.store.probe(now).await?;
        match self.store.leased_until(MOVING).await? {
            Some(until) if until >= now => Err(StartFault::Moving),
            _ => Ok(()),
        }
    }
}

impl App {
    /// Listens, calls `ready` once the store has taken a write, serves until `stop` resolves, and lets
    /// requests in flight finish.
    ///
    /// # Errors
    /// [`StartFault::Listen`] when an address cannot be bound, [`StartFault::Store`] when the store takes
    /// no write, [`StartFault::Moving`] while its records are moved elsewhere.
    pub async fn run(
        self,
        stop: impl Future<Output = ()> + Send,
        ready: impl FnOnce(),
    ) -> Result<(), StartFault> {
        let main = bound(&self.listen, "COUNTERSIGN_LISTEN").await?;
        let dev = match self.dev {
            Some((addresses, router)) => {
                Some((bound(&addresses, "COUNTERSIGN_DEV_IDP_LISTEN").await?, router))
            }
            None => None,
        };
        self.hands.answers().await?;
        let tended = Tended {
            node: node(&*self.hands.entropy),
            store: self.hands.store,
            clock: self.hands.clock,
            lookout: self.lookout,
            counts: self.counts,
        };
        let enough = CancellationToken::new();
        let tending = tokio::spawn(tended.tend(enough.clone()));
        tokio::spawn(keys::tend(self.key_tender, enough.clone()));
        let Times { delay, drain } = self.times;
        let dev = dev.map(|(listeners, router)| {
            tokio::spawn(serve::serve(listeners, router, std::future::pending(), drain))
        });
        warm_up(&self.providers);
        ready();
        let stop = leave(stop, delay, self.hands.leaving, self.hands.stop);
        serve::serve(main, self.router, stop, drain).await;
        enough.cancel();
        ended(tending, &self.programs).await;
        if let Some(dev) = dev {
            dev.abort();
        }
        Ok(())
    }
}

/// Ends when nothing new is to be accepted any more: a while after we were told to stop.
async fn leave(
    stop: impl Future<Output = ()>,
    delay: Duration,
    leaving: CancellationToken,
    streams: CancellationToken,
) {
    stop.await;
    leaving.cancel();
    tokio::time::sleep(delay).await;
    streams.cancel();
}

/// What goes on beside the requests ends too, in its time.
async fn ended(tending: JoinHandle<()>, programs: &[Stdio]) {
    let programs = futures_util::future::join_all(programs.iter().map(Stdio::ended));
    let _ = tokio::join!(timeout(LAST_PROCESSES, programs), timeout(LAST_WRITES, tending));
}

fn warm_up(providers: &Arc<[Provider]>) {
    for at in 0..providers.len() {
        let providers = Arc::clone(providers);
        tokio::spawn(async move {
            if let Some(provider) = providers.get(at) {
                provider.warm_up().await;
            }
        });
    }
}

/// A name for this process, unlike that of any other on the same database.
fn node(entropy: &dyn Entropy) -> String {
    u128::from_be_bytes(random(entropy)).to_string()
}

async fn bound(
    addresses: &[SocketAddr],
    variable: &'static str,
) -> Result<Vec<TcpListener>, StartFault> {
    let bound = serve::bind(addresses).await;
    bound.map_err(|(address, error)| StartFault::Listen {
        address: address.to_string(),
        error,
        variable,
    })
}

/// The time that processes have to end when the service does; what is left then is killed.
const LAST_PROCESSES: Duration = Duration::from_secs(10);
/// The time that the housekeeping has to give back its lease.
const LAST_WRITES: Duration = Duration::from_secs(2);
