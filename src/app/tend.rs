//! The housekeeping beside the requests: what has lapsed is removed, a little at a time and by one node,
//! and what others revoked (another node, the command line) reaches the guard. Counts that nobody needs
//! any more are forgotten.

mod broom;
#[cfg(test)]
mod keep_up;

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use self::broom::Broom;
use crate::{
    ambient::Clock,
    flow::lookout::{LOOK, Lookout},
    store::Store,
};

/// Forgets what nobody needs any more, at once and without waiting.
pub(super) type Forget = Box<dyn Fn() + Send + Sync>;

/// How often the store is swept.
const SWEEP: Duration = Duration::from_secs(10);
/// How often the counts are swept.
const FORGET: Duration = Duration::from_mins(1);

/// What is tended.
pub(super) struct Tended {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) lookout: Lookout,
    pub(super) counts: Vec<Forget>,
    /// This node, unlike any other on the same database.
    pub(super) node: String,
}

impl Tended {
    /// Tends until `stop`. The three tasks wait for none of the others: a long sweep delays no look.
    pub(super) async fn tend(mut self, stop: CancellationToken) {
        let mut broom = Broom::new(self.store, self.clock, self.node);
        let tending = async {
            tokio::join!(swept(&mut broom), looked(&mut self.lookout), forgotten(&self.counts))
        };
        stop.run_until_cancelled(tending).await;
        broom.lay_down().await;
    }
}

async fn looked(lookout: &mut Lookout) {
    let mut looks = every(LOOK);
    loop {
        looks.tick().await;
        if let Err(error) = lookout.look().await {
            tracing::warn!(%error, "revocations could not be looked up; trying again");
        }
    }
}

async fn forgotten(counts: &[Forget]) {
    let mut sweeps = every(FORGET);
    loop {
        sweeps.tick().await;
        for forget in counts {
            forget();
        }
    }
}

async fn swept(broom: &mut Broom) {
    let mut sweeps = every(SWEEP);
    loop {
        sweeps.tick().await;
        if let Err(error) = broom.sweep().await {
            tracing::warn!(%error, "lapsed rows could not be removed; trying again later");
        }
    }
}

fn every(span: Duration) -> tokio::time::Interval {
    let mut ticks = interval(span);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
