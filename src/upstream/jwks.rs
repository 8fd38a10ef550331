//! Key sets of issuers, fetched once for all who ask, and the judgement on unknown key ids.
//!
//! A known key never waits while its issuer is out; an unknown one cannot make us fetch at will:
//! forced fetches have a budget of their own, apart from the renewals it must not starve. A token
//! whose key id has not been judged yet is answered 503, not 401: a key rotated a moment ago must
//! not read as an attack.

mod unknown;

use std::{sync::Arc, time::Duration};

use moka::{policy::EvictionPolicy, sync::Cache};
use tokio::time::Instant;
use url::Url;

use self::unknown::Unknown;
use crate::{
    ambient::{Clock, Timestamp},
    jose::{algorithm::Algorithm, keys::KeySet},
    upstream::{
        freshness::Bounds,
        http::Fetcher,
        kept::{Keeping, Kept, Reader, Standing},
    },
};

/// Key sets by their `jwks_uri`, at most 64 of them. Cheap to clone; clones share everything.
///
/// Keep sets of configured issuers and of strangers in caches of their own, so that strangers
/// cannot push an issuer's set out.
#[derive(Clone)]
pub struct JwksCache {
    keeping: Keeping,
    algorithms: Arc<[Algorithm]>,
    sources: Cache<Url, Arc<Source>>,
}

/// One `jwks_uri`.
struct Source {
    kept: Arc<Kept<KeySet>>,
    unknown: Unknown,
}

/// Why there are no keys to verify with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysFault {
    /// The set cannot be had, and none is held that may still be used: 503.
    #[error("the key set is unavailable")]
    Unavailable {
        /// When asking again can help.
        retry_after: Duration,
    },
    /// The issuer has no such key: 401.
    #[error("the issuer has no key of this id")]
    UnknownKey,
    /// The key is not in the set we hold, and it is too early to fetch another: 503.
    #[error("the key is not known yet")]
    NotYetJudged {
        /// When asking again can help.
        retry_after: Duration,
    },
}

/// How a key set stands, for readiness and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysHealth {
    /// Whose.
    pub jwks_uri: Url,
    /// How.
    pub state: KeysState,
    /// Fetches that failed in a row; above zero is worth a warning.
    pub failures: u32,
}

/// How a key set stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysState {
    /// Good, or merely not asked for lately.
    Fresh,
    /// Its issuer is out; the last good set serves.
    Stale {
        /// The end of its freshness.
        since: Timestamp,
    },
    /// Its issuer is out, and nothing is held that may be used.
    Down,
}

impl JwksCache {
    /// How long a set is used while its issuer is out, unless set otherwise.
    pub const STALE: Duration = Duration::from_hours(6);

    /// A cache that keeps, of every set, the keys for `algorithms`.
    #[must_use]
    pub fn new(fetcher: Fetcher, clock: Arc<dyn Clock>, algorithms: &[Algorithm]) -> Self {
        let accept = "application/jwk-set+json, application/json";
        let (bounds, stale) = (BOUNDS, Self::STALE);
        let sources = Cache::builder()
            .max_capacity(MAX_SOURCES)
            .eviction_policy(EvictionPolicy::lru())
            .build();
        let keeping = Keeping { fetcher, clock, accept, bounds, stale, wait: WAIT };
        Self { keeping, algorithms: algorithms.into(), sources }
    }

    /// The same with another bound for use during an outage; more than 24 h means 24 h, zero means
    /// that a set dies with its freshness.
    #[must_use]
    pub fn with_stale(mut self, stale: Duration) -> Self {
        self.keeping.stale = stale.min(MOST_STALE);
        self
    }

    /// The set at `jwks_uri`, which holds `kid` if one is given. Ask only for a token that passed the
    /// cheap checks: each new key id may cost a fetch.
    ///
    /// # Errors
    /// [`KeysFault`].
    pub async fn keys_for(&self, jwks_uri: &Url, kid: Option<&str>) -> Result<KeySet, KeysFault> {
        if kid.is_some_and(|kid| kid.len() > MAX_KID) {
            return Err(KeysFault::UnknownKey);
        }
        let (source, began) = (self.source(jwks_uri), Instant::now());
        let held = source
            .kept
            .latest()
            .await
            .map_err(|missing| KeysFault::Unavailable { retry_after: missing.retry_after })?;
        match kid {
            Some(kid) if !held.value.has(kid) => source.judge(kid, began).await,
            _ => Ok(held.value.clone()),
        }
    }

    /// Whether the set at `jwks_uri` was asked for before and is not forgotten: then its own pace says
    /// when it is asked for again.
    #[must_use]
    pub fn knows(&self, jwks_uri: &Url) -> bool {
        self.sources.contains_key(jwks_uri)
    }

    /// How every set that was ever asked for stands.
    #[must_use]
    pub fn health(&self) -> Vec<KeysHealth> {
        let entries = self.sources.iter().filter_map(|(uri, source)| {
            let (standing, failures) = source.kept.standing();
            let state = match standing {
                Standing::Unasked => return None,
                Standing::Good => KeysState::Fresh,
                Standing::Stale(since) => KeysState::Stale { since },
                Standing::Down => KeysState::Down,
            };
            Some(KeysHealth { jwks_uri: Url::clone(&uri), state, failures })
        });
        entries.collect()
    }

    /// Forgets every set, so that a key withdrawn in an emergency dies now.
    pub fn flush(&self) {
        self.sources.invalidate_all();
    }

    fn source(&self, jwks_uri: &Url) -> Arc<Source> {
        self.sources.get_with_by_ref(jwks_uri, || {
            let algorithms = Arc::clone(&self.algorithms);
            let read: Reader<KeySet> = Box::new(move |body| {
                KeySet::parse(body, &algorithms).map_err(|fault| fault.to_string())
            });
            let kept = Kept::new(jwks_uri.clone(), self.keeping.clone(), read);
            Arc::new(Source { kept, unknown: Unknown::default() })
        })
    }
}

impl std::fmt::Debug for JwksCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JwksCache")
            .field("sources", &self.sources.entry_count())
            .finish_non_exhaustive()
    }
}

impl Source {
    /// Judges a key id that the set we hold does not have, for a lookup that began at `began`.
    async fn judge(&self, kid: &str, began: Instant) -> Result<KeySet, KeysFault> {
        if let Some(verdict) = self.verdict(kid, began) {
            return verdict;
        }
        if self.unknown.remembers(kid) {
            return Err(KeysFault::UnknownKey);
        }
        let flight = self
            .unknown
            .force(&self.kept)
            .map_err(|retry_after| KeysFault::NotYetJudged { retry_after })?;
        let joined = flight.began();
        flight.landed(WAIT).await;
        let since = if joined + SAME_MOMENT >= began { joined.min(began) } else { began };
        let retry_after = self.kept.retry_after();
        self.verdict(kid, since).unwrap_or(Err(KeysFault::NotYetJudged { retry_after }))
    }

    /// A set has the key, or was asked for at `since` or later and so can say that there is none.
    fn verdict(&self, kid: &str, since: Instant) -> Option<Result<KeySet, KeysFault>> {
        let held = self.kept.usable()?;
        if held.value.has(kid) {
            return Some(Ok(held.value.clone()));
        }
        held.is_since(since).then(|| {
            self.unknown.remember(kid);
            Err(KeysFault::UnknownKey)
        })
    }
}

/// `max-age` is believed between 5 minutes and 1 hour, which bounds the life of a withdrawn key.
const BOUNDS: Bounds = Bounds {
    floor: Duration::from_mins(5),
    ceiling: Duration::from_hours(1),
    silent: Duration::from_mins(10),
    uncacheable: Duration::from_mins(1),
};

const MAX_SOURCES: u64 = 64;
const MAX_KID: usize = 256;
const MOST_STALE: Duration = Duration::from_hours(24);

/// The longest that a caller waits for a fetch.
const WAIT: Duration = Duration::from_secs(3);

/// A flight that began this long before a lookup joined it still judges for it, so that a burst gets
/// one answer: no provider signs with a key within a second of publishing it.
const SAME_MOMENT: Duration = Duration::from_secs(1);
