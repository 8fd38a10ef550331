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
    protocol::{
        error::{TokenError, TokenErrorCode},
        form::Params,
    },
    web::{Site, problem::TokenProblem},
};

/// `POST /token` (RFC 6749 §3.2).
pub(super) async fn token(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, TokenProblem> {
    let params = form(&headers, &body)?;
    let authorization = authorization(&headers)?.map(str::to_owned);
    let response =
        to_the_end(async move { site.tokens.token(authorization.as_deref(), &params).await });
    Ok((NO_STORE, Json(response.await?)).into_response())
}

/// `POST /revoke` (RFC 7009 §2).
pub(super) async fn revoke(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, TokenProblem> {
    let params = form(&headers, &body)?;
    let authorization = authorization(&headers)?.map(str::to_owned);
    let revoked =
        to_the_end(async move { site.revocation.revoke(authorization.as_deref(), &params).await });
    revoked.await?;
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

/// RFC 6749 §3.2: parameters come as a form in the body, and nowhere else.
fn form(headers: &HeaderMap, body: &[u8]) -> Result<Params, TokenError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let why = "Send the parameters as application/x-www-form-urlencoded.";
        return Err(TokenError::invalid_request(why));
    }
    let text = std::str::from_utf8(body);
    let text = text.map_err(|_| TokenError::invalid_request("The body is not UTF-8."))?;
    Params::parse(text).map_err(|fault| TokenError::invalid_request(format!("{fault}.")))
}

fn authorization(headers: &HeaderMap) -> Result<Option<&str>, TokenError> {
    let mut values = headers.get_all(header::AUTHORIZATION).into_iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = value.to_str();
            text.map(Some).map_err(|_| TokenError::invalid_request("Authorization is malformed."))
        }
        _ => Err(TokenError::invalid_request("Authorization is given more than once.")),
    }
}

/// RFC 6749 §5.1.
const NO_STORE: [(header::HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
