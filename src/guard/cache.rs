//! Verified tokens: verifying an ES256 signature costs what seventy hashes cost, and every call
//! brings the same token again.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use moka::sync::Cache;

use crate::{ambient::Timestamp, guard::caller::Caller};

/// How many verified tokens are kept.
pub const MAX_VERIFIED: u64 = 10_000;

/// How long a signature stays believed before it is checked against the present keys again.
pub const RECHECK_AFTER: Duration = Duration::from_mins(5);

/// Callers by the SHA-256 of their whole token: nothing less than every byte identifies one.
pub(super) struct Verified(Cache<[u8; 32], Entry>);

#[derive(Clone)]
struct Entry {
    caller: Caller,
    keys: u64,
    verified_at: Timestamp,
}

impl Verified {
    pub(super) fn new() -> Self {
        Self(Cache::new(MAX_VERIFIED))
    }

    /// By the crypto library: it is quick too on a processor without instructions for it.
    pub(super) fn key(token: &str) -> [u8; 32] {
        let mut key = [0; 32];
        key.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        key
    }

    /// The caller of a token verified lately under the same `keys`; its expiry is judged by the guard.
    pub(super) fn find(&self, key: &[u8; 32], keys: u64, now: Timestamp) -> Option<Caller> {
        let entry = self.0.get(key)?;
        let fresh = entry.keys == keys
            && now >= entry.verified_at
            && now.since(entry.verified_at) < RECHECK_AFTER;
        if !fresh {
            self.0.invalidate(key);
        }
        fresh.then_some(entry.caller)
    }

    pub(super) fn keep(&self, key: [u8; 32], keys: u64, caller: Caller, now: Timestamp) {
        self.0.insert(key, Entry { caller, keys, verified_at: now });
    }

    pub(super) fn forget(&self, key: &[u8; 32]) {
        self.0.invalidate(key);
    }
}
