//! The broom: removes what has lapsed, on one node of all that share a database, in batches that leave
//! the store to others at least half of the time.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    ambient::{Clock, Timestamp},
    store::{SWEEPING, Store, StoreError},
};

/// The one broom of a database, held by one node at a time.
pub(super) struct Broom {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    holder: String,
    batch: u32,
    held_until: Option<Timestamp>,
}

impl Broom {
    /// A hand for the broom; `holder` is this node, unlike any other.
    pub(super) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, holder: String) -> Self {
        Self { store, clock, holder, batch: 500, held_until: None }
    }

    /// Removes everything that has lapsed; how many rows. None while another node holds the broom.
    ///
    /// # Errors
    /// When the store fails; what was removed until then stays removed.
    pub(super) async fn sweep(&mut self) -> Result<Option<u64>, StoreError> {
        if !self.hold().await? {
            return Ok(None);
        }
        let mut all = 0;
        loop {
            let began = Instant::now();
            let swept = self.store.sweep(self.clock.now(), self.batch).await?;
            let took = began.elapsed();
            all += swept;
            if swept < u64::from(self.batch) {
                return Ok(Some(all));
            }
            self.batch = fitting(self.batch, took);
            sleep(took.clamp(SHORTEST_PAUSE, LONGEST_PAUSE)).await;
            if !self.hold().await? {
                return Ok(Some(all));
            }
        }
    }

    /// Lays the broom down, so that another node need not wait until the lease lapses.
    pub(super) async fn lay_down(&mut self) {
        if self.held_until.take().is_some()
            && let Err(error) = self.store.release(SWEEPING, &self.holder).await
        {
            tracing::debug!(%error, "the sweeping lease could not be given back; it lapses by itself");
        }
    }

    /// Takes the broom or keeps it; written at half of the lease's time at the earliest.
    async fn hold(&mut self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        if self.held_until.is_some_and(|until| now.plus(HELD / 2) < until) {
            return Ok(true);
        }
        let until = now.plus(HELD);
        let held = self.store.lease(SWEEPING, &self.holder, now, until).await?;
        self.held_until = held.then_some(until);
        Ok(held)
    }
}

/// The next batch: larger while batches are quick, smaller when others would have to wait for one.
fn fitting(batch: u32, took: Duration) -> u32 {
    let next = match took {
        quick if quick < QUICK => batch.saturating_mul(2),
        slow if slow > SLOW => batch / 2,
        _ => batch,
    };
    next.clamp(SMALLEST, LARGEST)
}

/// How long the lease lasts; after that another node takes the broom of one that died.
const HELD: Duration = Duration::from_mins(1);

const SMALLEST: u32 = 100;
const LARGEST: u32 = 1000;
const QUICK: Duration = Duration::from_millis(5);
const SLOW: Duration = Duration::from_millis(20);
/// Between two batches: as long as the batch took, within these bounds.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ambient::ManualClock, protocol::secret::Digest, store::sqlite::Sqlite};

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    struct Nodes {
        store: Arc<dyn Store>,
        clock: Arc<ManualClock>,
    }

    impl Nodes {
        fn new() -> Self {
            let store = Arc::new(Sqlite::in_memory().unwrap());
            Self { store, clock: Arc::new(ManualClock::new(NOW)) }
        }

        fn node(&self, name: &str) -> Broom {
            Broom::new(Arc::clone(&self.store), Arc::clone(&self.clock) as _, name.to_owned())
        }

        async fn lapse(&self, rows: u32) {
            for row in 0..rows {
                let digest = Digest::of(&format!("{row}"));
                self.store.once(&digest, NOW.minus(Duration::from_hours(2))).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn one_node_sweeps_and_the_others_leave_it_to_that_one() {
        let nodes = Nodes::new();
        let (mut one, mut other) = (nodes.node("one"), nodes.node("other"));
        nodes.lapse(3).await;
        assert_eq!(one.sweep().await.unwrap(), Some(3));
        nodes.lapse(2).await;
        assert_eq!(other.sweep().await.unwrap(), None);
        assert_eq!(one.sweep().await.unwrap(), Some(2));
    }

    #[tokio::test]
    async fn the_broom_of_a_dead_node_is_taken_after_a_minute_and_of_a_stopped_one_at_once() {
        let nodes = Nodes::new();
        let (mut one, mut other) = (nodes.node("one"), nodes.node("other"));
        assert_eq!(one.sweep().await.unwrap(), Some(0));
        nodes.clock.advance(HELD);
        assert_eq!(other.sweep().await.unwrap(), None);
        nodes.clock.advance(Duration::from_secs(1));
        assert_eq!(other.sweep().await.unwrap(), Some(0));
        assert_eq!(one.sweep().await.unwrap(), None, "it came back too late");
        other.lay_down().await;
        assert_eq!(one.sweep().await.unwrap(), Some(0));
    }

    #[tokio::test]
    async fn a_node_that_sweeps_keeps_the_broom() {
        let nodes = Nodes::new();
        let (mut one, mut other) = (nodes.node("one"), nodes.node("other"));
        for _ in 0..20 {
            assert_eq!(one.sweep().await.unwrap(), Some(0));
            nodes.clock.advance(Duration::from_secs(10));
            assert_eq!(other.sweep().await.unwrap(), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn more_rows_than_a_batch_holds_are_removed_in_one_sweep() {
        let nodes = Nodes::new();
        nodes.lapse(1234).await;
        assert_eq!(nodes.node("one").sweep().await.unwrap(), Some(1234));
    }

    #[test]
    fn batches_follow_the_time_they_take_within_bounds() {
        let of = |batch, millis| fitting(batch, Duration::from_millis(millis));
        assert_eq!([of(500, 2), of(500, 10), of(500, 90)], [1000, 500, 250]);
        assert_eq!([of(1000, 2), of(100, 90)], [1000, 100]);
    }
}
