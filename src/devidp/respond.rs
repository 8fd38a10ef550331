//! The three kinds of response.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::Value;

/// A page. No `form-action`: browsers hold it against the whole chain of redirects after the form,
/// which ends at a client unknown here.
pub(super) fn page(status: StatusCode, html: String) -> Response<Body> {
    let mut response = with_type(status, "text/html; charset=utf-8", html);
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

/// A page that says one thing, in HTML of our own.
pub(super) fn note(title: &str, says: &str) -> Response<Body> {
    let html =
        format!("<!doctype html><html lang=\"en\"><title>{title}</title><p>{says}</p></html>\n");
    page(StatusCode::OK, html)
}

/// A fault for the person: plain text of our own words.
pub(super) fn fault(why: &str) -> Response<Body> {
    let text = format!("Development identity provider: {why}\n");
    with_type(StatusCode::BAD_REQUEST, "text/plain; charset=utf-8", text)
}

/// Sends the browser on; a POST becomes a GET (RFC 9700 §4.12).
pub(super) fn see_other(location: &str) -> Response<Body> {
    let Ok(location) = HeaderValue::from_str(location) else { return fault("no place to go to") };
    let mut response = with_type(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", String::new());
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// A JSON document that is not to be kept.
pub(super) fn json(status: StatusCode, body: &Value) -> Response<Body> {
    with_type(status, "application/json", body.to_string())
}

fn with_type(status: StatusCode, kind: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
