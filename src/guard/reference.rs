//! Tokens by reference: a digest in, what it stands for out. The guard knows no store; whoever has one
//! lends it a hand.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use moka::sync::Cache;

use crate::{
    ambient::Timestamp,
    guard::{cache::MAX_VERIFIED, refusal::GuardRefusal},
    protocol::{access::AccessClaims, reference::Reference, secret::Digest},
};

/// How long a token that stands for nothing is refused unasked, so that a flood of one token costs one
/// query.
pub const UNKNOWN_FOR: Duration = Duration::from_secs(30);

/// Finds what a token stands for; none when it stands for nothing, or no longer.
pub type LookUp = Arc<dyn Fn(Reference) -> Looking + Send + Sync>;

type Looking = Pin<Box<dyn Future<Output = Result<Option<AccessClaims>, OutOfReach>> + Send>>;

/// The records cannot be had, so nothing can be said about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the records of tokens are out of reach")]
pub struct OutOfReach;

/// What a guard knows of tokens that say nothing by themselves.
pub(super) struct References {
    pub(super) known: Vec<(Digest, AccessClaims)>,
    pub(super) look_up: Option<LookUp>,
    unknown: Cache<Reference, Timestamp>,
}

impl Default for References {
    fn default() -> Self {
        Self { known: Vec::new(), look_up: None, unknown: Cache::new(MAX_VERIFIED) }
    }
}

impl References {
    /// What `token` stands for; none when it is no reference, and may be a signed token.
    pub(super) async fn claims(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<AccessClaims>, GuardRefusal> {
        if let Some(claims) = self.known_beforehand(token) {
            return Ok(Some(claims));
        }
        let (Some(reference), Some(look_up)) = (Reference::parse(token), &self.look_up) else {
            return Ok(None);
        };
        if self.is_unknown(&reference, now) {
            return Err(GuardRefusal::Unknown);
        }
        match look_up(reference).await {
            Ok(Some(claims)) => Ok(Some(claims)),
            Ok(None) => {
                self.unknown.insert(reference, now);
                Err(GuardRefusal::Unknown)
            }
            Err(OutOfReach) => Err(GuardRefusal::Unavailable { retry_after: RETRY_AFTER }),
        }
    }

    /// Each digest is compared, in constant time, so that the answer's time tells nothing of any.
    fn known_beforehand(&self, token: &str) -> Option<AccessClaims> {
        if self.known.is_empty() {
            return None;
        }
        let digest = Digest::of(token);
        let same =
            |found, (known, claims)| if digest.matches(known) { Some(claims) } else { found };
        self.known.iter().map(|(known, claims)| (known, claims)).fold(None, same).cloned()
    }

    fn is_unknown(&self, reference: &Reference, now: Timestamp) -> bool {
        let since = self.unknown.get(reference);
        since.is_some_and(|since| now >= since && now.since(since) < UNKNOWN_FOR)
    }
}

const RETRY_AFTER: Duration = Duration::from_secs(5);
