//! `/callback/{provider}`: the way back from an identity provider.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    flow::callback::{CallbackFault, suffix_of},
    protocol::{form::Params, id::ProviderId},
    web::{Site, problem::Complaint, request::RequestId},
};

/// `HEAD` is for looking, and a code looked at would be spent; axum would answer it as `GET`.
pub(super) async fn not_by_head() -> impl IntoResponse {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET,POST")])
}

/// `GET /callback/{provider}` (RFC 6749 §4.1.2, OpenID Connect Core §3.1.2.5).
pub(super) async fn callback(
    State(site): State<Arc<Site>>,
    Extension(id): Extension<RequestId>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let params = match Params::parse(&query.unwrap_or_default()) {
        Ok(params) => params,
        Err(fault) => return site.complaint(&id, Complaint::malformed(&fault.to_string())),
    };
    let suffix = suffix_of(&params).unwrap_or_default();
    let browser = site.shown.cookies.sign_in(&headers, &suffix);
    let provider = ProviderId::new(provider);
    let finished = site.callbacks.finish(&provider, &params, browser.as_ref()).await;
    // After trouble with the store a reload is enough: the sign-in may still stand.
    let over = !matches!(finished, Err(CallbackFault::Store(_)));
    let mut response = match finished {
        Ok(answer) => site.redirect(&answer.location(&site.shown.issuer)),
        Err(fault) => site.complaint(&id, Complaint::of_callback(&fault)),
    };
    if let Some(cookie) =
        browser.filter(|_| over).and_then(|_| site.shown.cookies.clear_sign_in(&suffix))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
