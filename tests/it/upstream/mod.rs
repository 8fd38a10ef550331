//! Everything that dials out, against servers that answer well, badly, or not at all.

mod client_document;
mod discovery;
mod exchange;
pub(crate) mod fault_server;
mod http;
mod jwks;
mod jwks_outage;

use std::{sync::Arc, time::Duration};

use countersign::{
    ambient::{ManualClock, Timestamp},
    protocol::{id::ClientId, pkce::Verifier},
    upstream::{
        client_document::ClientDocuments,
        discovery::Discovery,
        exchange::{self as exchanging, CodeExchange, TokenAuth},
        http::{FetchPolicy, Fetcher},
        jwks::JwksCache,
    },
};

/// A clock that stands in the year 2026.
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_unix(1_790_000_000)))
}

/// A fetcher for this machine that loses patience early.
pub(crate) fn fetcher() -> Fetcher {
    let total = Duration::from_millis(500);
    Fetcher::new(FetchPolicy { loopback: true, total, ..FetchPolicy::for_operator() })
}

/// Lets monotonic time pass, and nothing else happen meanwhile.
pub(crate) async fn pass(span: Duration) {
    tokio::time::pause();
    tokio::time::advance(span).await;
    tokio::time::resume();
}

#[tokio::test]
async fn every_call_can_be_awaited_by_a_handler_on_any_thread() {
    fn is_send<T: Send>(_: T) {}
    let (fetcher, clock, url) = (fetcher(), clock(), "http://127.0.0.1:9/".parse().unwrap());
    let verifier = Verifier::from_entropy([0; 32]);
    is_send(fetcher.get(&url, "text/plain", None));
    is_send(JwksCache::new(fetcher.clone(), clock.clone(), &[]).keys_for(&url, None));
    is_send(Discovery::new(fetcher.clone(), clock.clone()).metadata("https://idp.example"));
    is_send(ClientDocuments::new(fetcher.clone(), clock).fetch(&ClientId::new("x")));
    let ask = CodeExchange {
        token_endpoint: &url,
        client_id: "",
        client_secret: None,
        auth: TokenAuth::None,
        code: "",
        redirect_uri: "",
        verifier: &verifier,
    };
    is_send(exchanging::exchange(&fetcher, ask));
}

pub(crate) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
