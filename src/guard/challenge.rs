//! Refusals as responses: status, `WWW-Authenticate` challenge (RFC 6750 §3, RFC 9728 §5.1) and a
//! small JSON body.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;

use crate::{
    guard::refusal::GuardRefusal,
    protocol::{bearer, resource::Resource, scope::Scopes},
};

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// The response to `refusal` at `resource`, whose scopes are `scopes`.
pub(super) fn response(
    refusal: &GuardRefusal,
    resource: &Resource,
    scopes: &Scopes,
) -> Response<Full<Bytes>> {
    let why = refusal.to_string();
    let status = refusal.bearer_error().map_or(503, bearer::BearerError::status);
    let mut response = json(status, &Body { error: error_code(refusal), error_description: &why });
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match (refusal, refusal.bearer_error()) {
        (GuardRefusal::Unavailable { retry_after }, _) => {
            headers.insert(header::RETRY_AFTER, retry_after.as_secs().max(1).into());
        }
        (GuardRefusal::InsufficientScope(needed), Some(error)) => {
            challenge(headers, &bearer::challenge(error, resource, needed, &why));
        }
        (_, Some(error)) => challenge(headers, &bearer::challenge(error, resource, scopes, &why)),
        (_, None) => {}
    }
    response
}

/// A JSON response.
pub(super) fn json<T: Serialize>(status: u16, body: &T) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn error_code(refusal: &GuardRefusal) -> &'static str {
    match refusal.bearer_error() {
        Some(error) => error.code().unwrap_or("unauthorized"),
        None => "temporarily_unavailable",
    }
}

fn challenge(headers: &mut http::HeaderMap, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(header::WWW_AUTHENTICATE, value);
    }
}
