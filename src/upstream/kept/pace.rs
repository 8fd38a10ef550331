//! When a source may be asked again: monotonic, so that no clock change freezes it.

use tokio::time::{Duration, Instant};

use super::{Flight, KeptFault};
use crate::upstream::http::FetchFault;

/// The traffic towards one source.
#[derive(Default)]
pub(super) struct Pace {
    flight: Option<Flight>,
    failures: u32,
    not_before: Option<Instant>,
    fault: Option<KeptFault>,
}

impl Pace {
    pub(super) fn flying(&self) -> Option<Flight> {
        self.flight.clone().filter(Flight::is_in_the_air)
    }

    pub(super) fn departed(&mut self, flight: Flight) {
        self.flight = Some(flight);
    }

    /// What is left of the back-off, or of `gap` since the last flight began.
    pub(super) fn pause(&self, gap: Duration) -> Duration {
        let now = Instant::now();
        let back_off = self.not_before.map(|until| until.saturating_duration_since(now));
        let spacing =
            self.flight.as_ref().map(|last| (last.began() + gap).saturating_duration_since(now));
        back_off.max(spacing).unwrap_or_default()
    }

    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn fault(&self) -> Option<KeptFault> {
        self.fault.clone()
    }

    pub(super) fn succeeded(&mut self) {
        (self.failures, self.not_before, self.fault) = (0, None, None);
    }

    /// Backs off 1, 2, 4 … 60 s, spread by `jitter` per mille, or as long as the source asks.
    pub(super) fn failed(&mut self, fault: KeptFault, jitter: u32) {
        let step = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX).min(MOST_BACK_OFF);
        let back_off = Duration::from_millis(u64::from(step) * u64::from(jitter));
        let asked = match &fault {
            KeptFault::Fetch(FetchFault::Status { retry_after, .. }) => *retry_after,
            _ => None,
        };
        let hold = back_off.max(asked.unwrap_or_default().min(MOST_OBEYED));
        self.not_before = Some(Instant::now() + hold);
        self.failures = self.failures.saturating_add(1);
        self.fault = Some(fault);
    }
}

/// Seconds.
const MOST_BACK_OFF: u32 = 60;
const MOST_OBEYED: Duration = Duration::from_mins(5);
