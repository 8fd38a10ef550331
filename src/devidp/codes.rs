//! Authorization codes: in memory, single use, for a minute.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    ambient::Timestamp,
    protocol::{pkce::Challenge, secret::Digest},
    provider::file::DevUser,
};

/// What a code stands for.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) user: DevUser,
    pub(super) redirect_uri: String,
    pub(super) nonce: String,
    pub(super) challenge: Challenge,
    pub(super) at: Timestamp,
}

/// The codes not yet redeemed, by digest.
#[derive(Default)]
pub(super) struct Codes(Mutex<HashMap<Digest, Issued>>);

impl Codes {
    pub(super) fn put(&self, code: Digest, issued: Issued, now: Timestamp) {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, other| lives(other, now));
        if codes.len() >= MAX_CODES {
            codes.clear(); // a flood of clicks: start over rather than grow
        }
        codes.insert(code, issued);
    }

    /// Takes a code out for good; nothing when it is unknown, spent or too old.
    pub(super) fn take(&self, code: &Digest, now: Timestamp) -> Option<Issued> {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.remove(code).filter(|issued| lives(issued, now))
    }
}

fn lives(issued: &Issued, now: Timestamp) -> bool {
    now < issued.at.plus(LIFE)
}

const LIFE: Duration = Duration::from_mins(1);
const MAX_CODES: usize = 1000;
