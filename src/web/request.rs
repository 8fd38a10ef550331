//! What every request gets: an id, a span, a line in the log. Paths are logged, queries never: they
//! carry codes and states.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    extract::{Request, State},
    http::{Extensions, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;

use crate::{
    gateway::hosts,
    web::{Site, problem::Complaint},
};

/// The id that a person is shown and the log carries.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

impl RequestId {
    /// That of the request; a new one when it was not [`traced`].
    pub(super) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_else(|| Self(next_id()))
    }
}

/// Numbers requests, runs them in a span, logs their outcome.
pub(super) async fn traced(mut request: Request, next: Next) -> Response {
    let id = RequestId(next_id());
    let span = tracing::info_span!("request", id = %id.0);
    let told = tracing::enabled!(tracing::Level::DEBUG);
    let asked = told.then(|| (request.method().clone(), request.uri().path().to_owned()));
    request.extensions_mut().insert(id.clone());
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some((method, path)) = asked {
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let _in = span.enter();
        tracing::debug!(%method, path, status = response.status().as_u16(), milliseconds, "answered");
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(id.0) {
        headers.insert("x-request-id", value);
    }
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    response
}

/// Answers people's pages under our own name alone: under another, a page elsewhere that bound its name
/// to our address would be of one origin with them (DNS rebinding).
pub(super) async fn at_our_name(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response {
    let hosts = hosts(request.headers(), request.uri());
    let ours = |host: &&str| site.shown.issuer.is_named_by(host);
    if !hosts.is_empty() && hosts.iter().all(ours) {
        return next.run(request).await;
    }
    site.complaint(&RequestId::of(request.extensions()), Complaint::misdirected())
}

/// Unique in this process, and told apart from other processes' by its start.
fn next_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    static START: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    let start = START.get_or_init(std::process::id);
    format!("{start:x}-{:x}", COUNT.fetch_add(1, Ordering::Relaxed))
}
