//! `/token`, `/register`, `/revoke`: JSON for machines, never cached.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tracing::Instrument as _;

use crate::{
    protocol::error::{TokenError, TokenErrorCode},
    web::{Site, form::MachineForm, problem::TokenProblem},
};

/// `POST /token` (RFC 6749 §3.2).
pub(super) async fn token(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, TokenProblem> {
    let MachineForm { authorization, params } = MachineForm::read(&headers, &body)?;
    let answer = async move { site.tokens.token(authorization.as_deref(), &params).await };
    Ok((NO_STORE, Json(to_the_end(answer).await?)).into_response())
}

/// `POST /revoke` (RFC 7009 §2).
pub(super) async fn revoke(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, TokenProblem> {
    let MachineForm { authorization, params } = MachineForm::read(&headers, &body)?;
    let answer = async move { site.revocation.revoke(authorization.as_deref(), &params).await };
    to_the_end(answer).await?;
    Ok((NO_STORE, StatusCode::OK).into_response())
}

/// `POST /register` (RFC 7591 §3).
pub(super) async fn register(
    State(site): State<Arc<Site>>,
    body: Bytes,
) -> Result<Response, TokenProblem> {
    let response = site.registrations.register(&body).await?;
    Ok((StatusCode::CREATED, NO_STORE, Json(response)).into_response())
}

/// Runs a flow to its end even when the client hangs up: between finding a replay and revoking the
/// grant nobody may step out.
async fn to_the_end<T: Send + 'static>(
    flow: impl Future<Output = Result<T, TokenError>> + Send + 'static,
) -> Result<T, TokenError> {
    let done = tokio::spawn(flow.in_current_span()).await;
    done.unwrap_or_else(|_| {
        let why = "Something went wrong here; try again.";
        Err(TokenError::new(TokenErrorCode::TemporarilyUnavailable, why))
    })
}

/// RFC 6749 §5.1.
const NO_STORE: [(header::HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
