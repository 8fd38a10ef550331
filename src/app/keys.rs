//! The signing keys beside the requests: what an operator or another node changed, and what is due.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Hands, StartFault};
use crate::{
    ambient::{Clock, Entropy},
    config::Config,
    flow::keys::{KeyManager, Keys, KeysError},
    store::Store,
};

/// The keys of this process and whoever looks after them.
pub struct KeyTender {
    pub(super) manager: KeyManager,
    pub(super) keys: Keys,
}

/// Looks after the signing keys, without the rest of the service.
///
/// # Errors
/// [`StartFault`] when the master key cannot be had.
pub fn key_manager(
    config: &Config,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<KeyManager, StartFault> {
    Ok(Hands::new(config, store, clock, entropy)?.key_manager(config))
}

impl Hands {
    pub(super) fn key_manager(&self, config: &Config) -> KeyManager {
        let Self { store, vault, clock, entropy, .. } = self.clone();
        let (algorithm, limits) = (config.signing_algorithm, config.limits.clone());
        KeyManager { store, vault, algorithm, limits, clock, entropy }
    }
}

/// How often the table of keys is read: a key retired in an emergency is refused everywhere after two
/// such times at the latest.
const TICK: Duration = Duration::from_secs(5);

impl KeyTender {
    /// One look.
    ///
    /// # Errors
    /// [`KeysError`]; the keys stay as they were.
    pub async fn tick(&self) -> Result<(), KeysError> {
        self.manager.tend(&self.keys).await
    }
}

/// Tends the keys until it is `enough`.
pub(super) async fn tend(tender: Arc<KeyTender>, enough: CancellationToken) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = enough.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = tender.tick().await {
            tracing::warn!(%error, "signing keys could not be looked after; trying again");
        }
    }
}
