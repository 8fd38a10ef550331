//! The life of a signing key, from the records and the time alone: nothing is written when one signs
//! or retires, so every node comes to the same answer by itself.

use crate::{
    ambient::Timestamp,
    engine::{limits::Limits, record::SigningKeyRecord},
};

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Published, and signs nothing yet: verifiers learn it.
    Announced,
    /// Signs.
    Active,
    /// Signs no more, and still verifies.
    Retiring,
    /// Verifies nothing any more; its row may go.
    Gone,
}

impl Stage {
    /// One word for people and programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Gone => "gone",
        }
    }
}

/// A key's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Where it stands now.
    pub stage: Stage,
    /// When the key after it signs; none: there is none yet.
    pub signs_until: Option<Timestamp>,
    /// When it leaves the published set.
    pub published_until: Option<Timestamp>,
}

/// The keys of a store at one moment, looked at by a node that signs with one algorithm.
#[derive(Clone, Copy, Debug)]
pub struct Ring<'a> {
    /// Every record.
    pub records: &'a [SigningKeyRecord],
    /// What the node signs with.
    pub algorithm: &'a str,
    /// How long keys live.
    pub limits: &'a Limits,
    /// The moment.
    pub now: Timestamp,
}

impl<'a> Ring<'a> {
    /// The life of one of the keys.
    #[must_use]
    pub fn life(&self, key: &SigningKeyRecord) -> Life {
        let after = self.own().filter(|other| order(other) > order(key));
        let followed = after.map(|other| other.active_at).min();
        let signs_until = [key.retired_at, followed].into_iter().flatten().min();
        let published_until = signs_until.map(|end| end.plus(self.limits.key_retire));
        let past = |end: Option<Timestamp>| end.is_some_and(|end| end <= self.now);
        let stage = match () {
            () if past(published_until) => Stage::Gone,
            () if past(signs_until) => Stage::Retiring,
            () if key.active_at > self.now => Stage::Announced,
            () => Stage::Active,
        };
        Life { stage, signs_until, published_until }
    }

    /// The keys that verify.
    pub fn published(&self) -> impl Iterator<Item = &'a SigningKeyRecord> {
        self.records.iter().filter(|key| self.life(key).stage != Stage::Gone)
    }

    /// The keys whose rows may go.
    pub fn gone(&self) -> impl Iterator<Item = &'a SigningKeyRecord> {
        self.records.iter().filter(|key| self.life(key).stage == Stage::Gone)
    }

    /// The key that signs: of those that may, the latest. When none may yet, because another node's
    /// clock is ahead, the first that will: tokens under it verify, and nobody is turned away.
    #[must_use]
    pub fn signer(&self) -> Option<&'a SigningKeyRecord> {
        let active = self.own().filter(|key| self.life(key).stage == Stage::Active);
        let next = || self.announced().min_by_key(|key| order(key));
        active.max_by_key(|key| order(key)).or_else(next)
    }

    /// The keys that will sign.
    pub fn announced(&self) -> impl Iterator<Item = &'a SigningKeyRecord> {
        self.own().filter(|key| self.life(key).stage == Stage::Announced)
    }

    /// From when the next key is to sign, if it is time to make it: at once when there is none to sign,
    /// else when the newest has signed for its time, and long enough from now to be learned before.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        let living = self
            .own()
            .filter(|key| matches!(self.life(key).stage, Stage::Active | Stage::Announced));
        let Some(newest) = living.map(|key| key.active_at).max() else { return Some(self.now) };
        let soonest = self.now.plus(self.limits.key_announce);
        let planned = newest.plus(self.limits.key_rotation);
        (planned <= soonest).then_some(soonest)
    }

    /// The number of the next key.
    #[must_use]
    pub fn next_generation(&self) -> u32 {
        self.own().map(|key| key.generation.saturating_add(1)).max().unwrap_or(0)
    }

    fn own(&self) -> impl Iterator<Item = &'a SigningKeyRecord> + use<'a> {
        let algorithm = self.algorithm;
        self.records.iter().filter(move |key| key.algorithm == algorithm)
    }
}

fn order(key: &SigningKeyRecord) -> (Timestamp, u32, &str) {
    (key.active_at, key.generation, key.id.as_str())
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
