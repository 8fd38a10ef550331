//! The housekeeping beside the requests: what has lapsed is removed, a little at a time, and what
//! others revoked (the command line, another process on the same store) reaches the guard. Counts that
//! nobody needs any more are forgotten.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};

use crate::{ambient::Clock, flow::revoke::Revoker, store::Store};

/// Forgets what nobody needs any more, at once and without waiting.
pub(super) type Forget = Box<dyn Fn() + Send + Sync>;

/// How often the store and the counts are swept.
const SWEEP: Duration = Duration::from_mins(1);
/// How often revocations of others are looked up.
const LOOK: Duration = Duration::from_secs(5);
/// How far each look goes back, so that a slow commit is not missed.
const OVERLAP: Duration = Duration::from_mins(1);
/// The most rows removed at once, so that nobody waits for the broom.
const BATCH: u32 = 500;

/// Tends the store and the counts for ever.
pub(super) async fn tend(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    revoker: Arc<Revoker>,
    counts: Vec<Forget>,
) {
    let (mut sweeps, mut looks) = (interval(SWEEP), interval(LOOK));
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = sweeps.tick() => {
                for forget in &counts {
                    forget();
                }
                sweep(&*store, &*clock).await;
            }
            _ = looks.tick() => {
                let now = clock.now();
                if let Err(error) = revoker.recall(now.minus(OVERLAP), now).await {
                    tracing::warn!(%error, "revocations could not be looked up; trying again");
                }
            }
        }
    }
}

async fn sweep(store: &dyn Store, clock: &dyn Clock) {
    loop {
        match store.sweep(clock.now(), BATCH).await {
            Ok(swept) if swept >= u64::from(BATCH) => {}
            Ok(_) => break,
            Err(error) => {
                tracing::warn!(%error, "lapsed rows could not be removed; trying again later");
                break;
            }
        }
    }
}
