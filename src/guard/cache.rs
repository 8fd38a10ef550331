//! Verified tokens: verifying an ES256 signature costs what hundreds of fingerprints cost, and every call
//! brings the same token again.

use std::time::Duration;

use moka::sync::Cache;

use crate::{
    ambient::Timestamp,
    guard::caller::Caller,
    jose::fingerprint::{Fingerprint, Fingerprints},
};

/// How many verified tokens are kept.
pub const MAX_VERIFIED: u64 = 10_000;

/// How long a signature stays believed before it is checked against the present keys again.
pub const RECHECK_AFTER: Duration = Duration::from_mins(5);

/// Callers by the fingerprint of their whole token: nothing less than every byte identifies one.
pub(super) struct Verified {
    prints: Fingerprints,
    callers: Cache<Fingerprint, Entry>,
}

#[derive(Clone)]
struct Entry {
    caller: Caller,
    keys: u64,
    verified_at: Timestamp,
}

impl Verified {
    pub(super) fn new() -> Self {
        Self { prints: Fingerprints::new(), callers: Cache::new(MAX_VERIFIED) }
    }

    /// What a token is kept by.
    pub(super) fn print(&self, token: &str) -> Fingerprint {
        self.prints.of(token)
    }

    /// The caller of a token verified lately under the same `keys`; its expiry is judged by the guard.
    pub(super) fn find(&self, print: Fingerprint, keys: u64, now: Timestamp) -> Option<Caller> {
        let entry = self.callers.get(&print)?;
        let fresh = entry.keys == keys
            && now >= entry.verified_at
            && now.since(entry.verified_at) < RECHECK_AFTER;
        if !fresh {
            self.callers.invalidate(&print);
        }
        fresh.then_some(entry.caller)
    }

    pub(super) fn keep(&self, print: Fingerprint, keys: u64, caller: Caller, now: Timestamp) {
        self.callers.insert(print, Entry { caller, keys, verified_at: now });
    }

    pub(super) fn forget(&self, print: Fingerprint) {
        self.callers.invalidate(&print);
    }
}
