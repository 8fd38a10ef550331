//! A fetch under way, and those who wait for it.

use tokio::{
    sync::watch,
    time::{Duration, Instant, timeout},
};

/// Something that runs once for all who wait. It goes on when every waiter has left.
#[derive(Clone)]
pub(in crate::upstream) struct Flight {
    began: Instant,
    landed: watch::Receiver<()>,
}

/// Held by the one that flies; dropping it, also by a panic, is landing.
pub(super) struct Landing {
    _closes_on_drop: watch::Sender<()>,
}

impl Flight {
    pub(super) fn start() -> (Self, Landing) {
        let (sender, landed) = watch::channel(());
        (Self { began: Instant::now(), landed }, Landing { _closes_on_drop: sender })
    }

    pub(super) fn is_in_the_air(&self) -> bool {
        self.landed.has_changed().is_ok()
    }

    pub(in crate::upstream) const fn began(&self) -> Instant {
        self.began
    }

    /// Waits until it landed, but not longer than `at_most`.
    pub(in crate::upstream) async fn landed(mut self, at_most: Duration) {
        // Nothing is ever sent: `changed` ends when the sender is gone. Late is for the caller to see.
        let _either = timeout(at_most, self.landed.changed()).await;
    }
}
