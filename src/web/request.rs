//! What every request gets: an id, a span, a line in the log. Paths are logged, queries never: they
//! carry codes and states.

use std::{
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    extract::Request,
    http::{Extensions, HeaderName, HeaderValue, Response, header},
};
use futures_util::future::BoxFuture;
use tower::Service;
use tracing::Instrument as _;

use crate::{
    gateway::hosts,
    web::{
        Site,
        layers::{Refuse, Unless},
        problem::Complaint,
    },
};

/// The id that a person is shown and the log carries: unique in this process, and told apart from those
/// of other processes by its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestId(u64);

impl RequestId {
    /// That of the request; a new one when it was not [`Traced`].
    pub(super) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_else(Self::next)
    }

    fn next() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        Self(COUNT.fetch_add(1, Ordering::Relaxed))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static START: LazyLock<u32> = LazyLock::new(std::process::id);
        write!(f, "{:x}-{:x}", *START, self.0)
    }
}

/// A service whose requests are numbered and run in a span, and whose answers are logged.
#[derive(Clone)]
pub(super) struct Traced<S>(pub(super) S);

impl<S, B> Service<Request> for Traced<S>
where
    S: Service<Request, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let id = RequestId::next();
        let span = tracing::info_span!("request", %id);
        let told = tracing::enabled!(tracing::Level::DEBUG);
        let asked = told.then(|| (request.method().clone(), request.uri().path().to_owned()));
        request.extensions_mut().insert(id);
        let started = Instant::now();
        let answer = span.in_scope(|| self.0.call(request)).instrument(span.clone());
        Box::pin(async move {
            let mut response = answer.await?;
            if let Some((method, path)) = asked {
                let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                let _in = span.enter();
                tracing::debug!(%method, path, status = response.status().as_u16(), milliseconds, "answered");
            }
            let headers = response.headers_mut();
            if let Ok(value) = HeaderValue::try_from(id.to_string()) {
                headers.insert(&REQUEST_ID, value);
            }
            let kinds = headers.entry(header::X_CONTENT_TYPE_OPTIONS);
            kinds.or_insert(HeaderValue::from_static("nosniff"));
            Ok(response)
        })
    }
}

/// A layer that answers people's pages under our own name alone: under another, a page elsewhere that
/// bound its name to our address would be of one origin with them (DNS rebinding).
pub(super) fn at_our_name(site: Arc<Site>) -> Unless<impl Refuse> {
    Unless(move |request: &Request| {
        let hosts = hosts(request.headers(), request.uri());
        let ours = |host: &&str| site.shown.issuer.is_named_by(host);
        let good = !hosts.is_empty() && hosts.iter().all(ours);
        let id = || RequestId::of(request.extensions());
        (!good).then(|| site.complaint(id(), Complaint::misdirected()))
    })
}

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
