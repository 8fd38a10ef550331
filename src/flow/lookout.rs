//! What others ended (another node, the command line on the same database): looked up again and again,
//! so that it is refused here within seconds.
//!
//! A revocation carries the time of the node that wrote it, taken before it was committed. Each look
//! therefore goes back behind the last one that succeeded: a little each time, and now and then as far
//! as clocks may differ at worst and a commit may hang. However long the store was out of reach, nothing
//! between two looks is left out.

use std::{sync::Arc, time::Duration};

use crate::{
    ambient::{Clock, Timestamp},
    flow::revoke::Revoker,
    store::StoreError,
};

/// How often to look: a revocation is refused everywhere within five seconds.
pub const LOOK: Duration = Duration::from_secs(2);
/// How far each look goes back behind the last one.
const NEAR: Duration = Duration::from_mins(1);
/// How far it goes back now and then.
const FAR: Duration = Duration::from_mins(10);
/// How often it goes that far.
const FAR_EVERY: Duration = Duration::from_secs(30);

/// Looks for what others ended.
pub struct Lookout {
    revoker: Arc<Revoker>,
    clock: Arc<dyn Clock>,
    looked: Timestamp,
    looked_far: Timestamp,
}

impl Lookout {
    /// The first look: everything that still matters to an access token alive now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin(revoker: Arc<Revoker>, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let now = clock.now();
        revoker.recall(revoker.horizon(now), now).await?;
        Ok(Self { revoker, clock, looked: now, looked_far: now })
    }

    /// The next look.
    ///
    /// # Errors
    /// When the store fails; the look after that goes back as far as this one should have.
    pub async fn look(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let far = now.since(self.looked_far) >= FAR_EVERY || now < self.looked_far;
        self.revoker.recall(self.since(now, far), now).await?;
        self.looked = now;
        if far {
            self.looked_far = now;
        }
        Ok(())
    }

    fn since(&self, now: Timestamp, far: bool) -> Timestamp {
        // A clock that was set back had run ahead, and what seemed to have lapsed then was forgotten.
        if now < self.looked || now < self.looked_far {
            return self.revoker.horizon(now).min(now.minus(FAR));
        }
        if far { self.looked_far.minus(FAR) } else { self.looked.minus(NEAR) }
    }
}
