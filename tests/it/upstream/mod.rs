//! Everything that dials out, against servers that answer well, badly, or not at all.

mod client_document;
mod discovery;
mod exchange;
mod fault_server;
mod http;
mod jwks;
mod jwks_outage;

use std::{sync::Arc, time::Duration};

use countersign::{
    ambient::{ManualClock, Timestamp},
    upstream::http::{FetchPolicy, Fetcher},
};

/// A clock that stands in the year 2026.
fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_unix(1_790_000_000)))
}

/// A fetcher for this machine that loses patience early.
fn fetcher() -> Fetcher {
    let total = Duration::from_millis(500);
    Fetcher::new(FetchPolicy { loopback: true, total, ..FetchPolicy::for_operator() })
}

/// Lets monotonic time pass, and nothing else happen meanwhile.
async fn pass(span: Duration) {
    tokio::time::pause();
    tokio::time::advance(span).await;
    tokio::time::resume();
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
