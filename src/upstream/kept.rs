//! One remote document, kept at its last good reading.
//!
//! Owns the rules that key sets and discovery share: fresh as long as its headers say within our
//! bounds, renewed ahead of time in the background, used on while its source is known to be out,
//! fetched by one flight at a time, and left alone for a while after a failure. It knows nothing of
//! what it keeps: reading is the owner's.
//!
//! Age is the greater of what the wall clock and the monotonic clock say, so that a clock that jumps
//! back cannot keep a withdrawn key alive; pauses are monotonic, so that none freezes.

mod flight;
mod pace;
mod snapshot;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::time::{Duration, Instant};
use url::Url;

use crate::{
    ambient::{Clock, Timestamp},
    upstream::{
        freshness::{Bounds, Freshness, freshness},
        http::{FetchFault, Fetched, Fetcher},
    },
};

pub(super) use self::{flight::Flight, snapshot::Snapshot};
use self::{pace::Pace, snapshot::jitter};

/// What the documents of one kind have in common.
#[derive(Clone)]
pub(super) struct Keeping {
    pub(super) fetcher: Fetcher,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) accept: &'static str,
    pub(super) bounds: Bounds,
    /// How long after its fetch a document may be used while its source is out, at most.
    pub(super) stale: Duration,
    /// The longest that a caller waits for a flight.
    pub(super) wait: Duration,
}

/// Reads a body into what is kept, or says what is wrong with it.
pub(super) type Reader<T> = Box<dyn Fn(&[u8]) -> Result<T, String> + Send + Sync>;

/// One document.
pub(super) struct Kept<T> {
    url: Url,
    keeping: Keeping,
    read: Reader<T>,
    held: RwLock<Option<Arc<Snapshot<T>>>>,
    pace: Mutex<Pace>,
}

/// Why the last fetch brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeptFault {
    #[error(transparent)]
    Fetch(#[from] FetchFault),
    #[error("{0}")]
    Content(String),
}

/// Nothing usable is held.
#[derive(Debug)]
pub(super) struct Missing {
    /// When asking again can help.
    pub(super) retry_after: Duration,
    /// What the last fetch met; `None` while the first one is still under way.
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "key sets tell no cause"))]
    pub(super) fault: Option<KeptFault>,
}

/// Whether a fetch could be started.
pub(super) enum Launch {
    /// One is under way, started now or before.
    Flying(Flight),
    /// Not before this time has passed.
    Held(Duration),
}

/// How a document stands, for health reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Unasked,
    Good,
    Stale(Timestamp),
    Down,
}

impl<T: Clone + Send + Sync + 'static> Kept<T> {
    pub(super) fn new(url: Url, keeping: Keeping, read: Reader<T>) -> Arc<Self> {
        let (held, pace) = (RwLock::default(), Mutex::default());
        Arc::new(Self { url, keeping, read, held, pace })
    }

    /// The document. Waits only when nothing fresh is held and no outage is known: stale use is for
    /// errors (RFC 5861 §4), and a source not asked for long may have withdrawn what we hold.
    pub(super) async fn latest(self: &Arc<Self>) -> Result<Arc<Snapshot<T>>, Missing> {
        let now = self.keeping.clock.now();
        if let Some(held) = self.held() {
            let out = held.is_usable(now) && self.pace().failures() > 0;
            if held.is_fresh(now) || out {
                if held.is_due(now) {
                    self.launch(Duration::ZERO);
                }
                return Ok(held);
            }
        }
        if let Launch::Flying(flight) = self.launch(Duration::ZERO) {
            flight.landed(self.keeping.wait).await;
        }
        self.usable().ok_or_else(|| self.missing())
    }

    /// What is held, if it may still be used.
    pub(super) fn usable(&self) -> Option<Arc<Snapshot<T>>> {
        let now = self.keeping.clock.now();
        self.held().filter(|held| held.is_usable(now))
    }

    /// Joins the flight under way, or starts one unless a failure or `gap` forbids it.
    pub(super) fn launch(self: &Arc<Self>, gap: Duration) -> Launch {
        let mut pace = self.pace();
        if let Some(flight) = pace.flying() {
            return Launch::Flying(flight);
        }
        let pause = pace.pause(gap);
        if !pause.is_zero() {
            return Launch::Held(pause);
        }
        let (flight, landing) = Flight::start();
        pace.departed(flight.clone());
        let kept = Arc::clone(self);
        tokio::spawn(async move {
            kept.renew().await;
            drop(landing);
        });
        Launch::Flying(flight)
    }

    /// The flight under way.
    pub(super) fn flying(&self) -> Option<Flight> {
        self.pace().flying()
    }

    /// How it stands, and how many fetches failed in a row.
    pub(super) fn standing(&self) -> (Standing, u32) {
        let (now, failures) = (self.keeping.clock.now(), self.pace().failures());
        let standing = match self.held() {
            None if failures == 0 => Standing::Unasked,
            Some(held) if failures == 0 || held.is_fresh(now) => Standing::Good,
            Some(held) if held.is_usable(now) => Standing::Stale(held.fresh_until()),
            _ => Standing::Down,
        };
        (standing, failures)
    }

    /// How long until another fetch may start, and at least a second.
    pub(super) fn retry_after(&self) -> Duration {
        self.pace().pause(Duration::ZERO).max(Duration::from_secs(1))
    }

    fn missing(&self) -> Missing {
        Missing { retry_after: self.retry_after(), fault: self.pace().fault() }
    }

    async fn renew(&self) {
        let cold = self.held().is_none() && self.pace().failures() == 0;
        let mut outcome = self.ask().await;
        if cold && matches!(&outcome, Err(KeptFault::Fetch(fault)) if is_passing(*fault)) {
            tokio::time::sleep(QUICK_RETRY).await;
            outcome = self.ask().await;
        }
        match outcome {
            Ok(snapshot) => {
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(snapshot.into());
                self.pace().succeeded();
            }
            Err(fault) => self.failed(fault),
        }
    }

    fn failed(&self, fault: KeptFault) {
        let mut pace = self.pace();
        let failures = pace.failures().saturating_add(1);
        let host = self.url.host_str().unwrap_or_default();
        tracing::warn!(host, failures, %fault, "a kept document cannot be renewed");
        pace.failed(fault, jitter(self.url.as_str(), failures.into()));
    }

    /// One request. Its moment is taken before it is sent: what we hold is at least that old.
    async fn ask(&self) -> Result<Snapshot<T>, KeptFault> {
        let (asked, now, held) = (Instant::now(), self.keeping.clock.now(), self.held());
        let validators = held.as_ref().and_then(|held| held.validators.as_ref());
        let fetched = self.keeping.fetcher.get(&self.url, self.keeping.accept, validators).await?;
        let (value, headers) = match (fetched, &held) {
            (Fetched::Body { body, headers }, _) => {
                ((self.read)(&body).map_err(KeptFault::Content)?, headers)
            }
            (Fetched::NotModified { headers }, Some(held)) => (held.value.clone(), headers),
            (Fetched::NotModified { .. }, None) => {
                return Err(FetchFault::Status { status: 304, retry_after: None }.into());
            }
        };
        let said = freshness(&headers, &self.keeping.bounds, now);
        let snapshot = Snapshot::new(value, &headers, said, self.usable_for(said), now, asked);
        let kept_validators = held.and_then(|held| held.validators.clone());
        Ok(snapshot.spread(self.url.as_str()).or_validators(kept_validators))
    }

    /// The sender may shorten stale use, but not below an hour, nor lengthen it beyond the setting.
    fn usable_for(&self, said: Freshness) -> Duration {
        let most = self.keeping.stale;
        let stale = said.stale_if_error.map_or(most, |wish| wish.max(LEAST_STALE).min(most));
        stale.max(said.fresh_for)
    }

    fn held(&self) -> Option<Arc<Snapshot<T>>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fault that the next attempt may not meet.
const fn is_passing(fault: FetchFault) -> bool {
    match fault {
        FetchFault::Unreachable => true,
        FetchFault::Status { status, retry_after } => status >= 500 && retry_after.is_none(),
        _ => false,
    }
}

const QUICK_RETRY: Duration = Duration::from_millis(200);
const LEAST_STALE: Duration = Duration::from_hours(1);
