//! Several host names at one listener: each has its own protected servers, and only our public URL has
//! the authorization server.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use tower::Service as _;

use crate::{
    gateway::hosts,
    protocol::issuer::Issuer,
    web::{problem, surrounded},
};

/// `ours`, but for requests that name one of the other hosts.
pub fn by_host(ours: Router, others: Vec<(Issuer, Router)>) -> Router {
    if others.is_empty() {
        return ours;
    }
    let answering =
        |(host, router): (Issuer, Router)| (host, surrounded(router.fallback(problem::not_found)));
    let others: Arc<[_]> = others.into_iter().map(answering).collect();
    ours.layer(middleware::from_fn_with_state(others, dispatch))
}

async fn dispatch(
    State(others): State<Arc<[(Issuer, Router)]>>,
    request: Request,
    next: Next,
) -> Response {
    let named = hosts(request.headers(), request.uri());
    let meant = |host: &Issuer| !named.is_empty() && named.iter().all(|name| host.is_at(name));
    match others.iter().find(|(host, _)| meant(host)) {
        Some((_, router)) => router.clone().call(request).await.into_response(),
        None => next.run(request).await,
    }
}
