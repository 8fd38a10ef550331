//! One good reading of a document and its ages.

use http::HeaderMap;
use sha2::{Digest as _, Sha256};
use tokio::time::{Duration, Instant};

use crate::{
    ambient::Timestamp,
    upstream::{freshness::Freshness, http::Validators},
};

/// Immutable: a newer reading replaces it whole, so that what was withdrawn is gone.
pub(in crate::upstream) struct Snapshot<T> {
    pub(in crate::upstream) value: T,
    pub(super) validators: Option<Validators>,
    fetched_at: Timestamp,
    asked: Instant,
    fresh_for: Duration,
    usable_for: Duration,
    renew_after: Duration,
}

impl<T> Snapshot<T> {
    pub(super) fn new(
        value: T,
        headers: &HeaderMap,
        said: Freshness,
        usable_for: Duration,
        fetched_at: Timestamp,
        asked: Instant,
    ) -> Self {
        let validators = Validators::of(headers);
        let (fresh_for, renew_after) = (said.fresh_for, said.fresh_for);
        Self { value, validators, fetched_at, asked, fresh_for, usable_for, renew_after }
    }

    /// Renews at 80 % of the freshness, a tenth more or less, so that many do not ask at once.
    pub(super) fn spread(self, seed: &str) -> Self {
        let moment = self.fetched_at.unix().unsigned_abs();
        let renew_after = self.fresh_for * 8 / 10 * jitter(seed, moment) / 1000;
        Self { renew_after, ..self }
    }

    /// A 304 without validators leaves the old ones standing (RFC 9111 §4.3.4).
    pub(super) fn or_validators(self, old: Option<Validators>) -> Self {
        Self { validators: self.validators.or(old), ..self }
    }

    /// Whether it was asked for at `moment` or later.
    pub(in crate::upstream) fn is_since(&self, moment: Instant) -> bool {
        self.asked >= moment
    }

    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        self.age(now) <= self.fresh_for
    }

    pub(super) fn is_usable(&self, now: Timestamp) -> bool {
        self.age(now) <= self.usable_for
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.age(now) >= self.renew_after
    }

    pub(super) fn fresh_until(&self) -> Timestamp {
        self.fetched_at.plus(self.fresh_for)
    }

    /// The greater of both clocks; a `fetched_at` in the future counts as now.
    fn age(&self, now: Timestamp) -> Duration {
        now.since(self.fetched_at).max(self.asked.elapsed())
    }
}

/// 900 to 1100 per mille, the same for the same words.
pub(super) fn jitter(seed: &str, moment: u64) -> u32 {
    let digest = Sha256::new().chain_update(seed).chain_update(moment.to_be_bytes()).finalize();
    let drawn = digest.iter().take(2).fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    900 + drawn % 201
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_a_tenth_and_varies() {
        let drawn: Vec<u32> = (0..500).map(|moment| jitter("https://a.example", moment)).collect();
        assert!(drawn.iter().all(|per_mille| (900..=1100).contains(per_mille)));
        assert!(drawn.iter().any(|d| *d < 950) && drawn.iter().any(|d| *d > 1050));
    }
}
