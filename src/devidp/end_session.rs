//! `/end_session` (OpenID Connect RP-Initiated Logout §2). There is no session to end, only a way back.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::Response,
};
use url::Url;

use crate::{
    devidp::{Provider, respond},
    protocol::form::Params,
};

/// Returns to a registered `post_logout_redirect_uri` with the `state` given, or says goodbye.
pub(super) async fn ended(
    State(provider): State<Arc<Provider>>,
    RawQuery(query): RawQuery,
    body: String,
) -> Response<Body> {
    let text = query.unwrap_or(body);
    let params = match Params::parse(&text) {
        Ok(params) => params,
        Err(fault) => return respond::fault(&fault.to_string()),
    };
    let Some(asked) = params.one("post_logout_redirect_uri") else { return goodbye() };
    if !provider.idp.client.post_logout_redirect_uris.iter().any(|known| known == asked) {
        return respond::fault("the post_logout_redirect_uri is not registered.");
    }
    let Ok(mut url) = Url::parse(asked) else { return goodbye() };
    if let Some(state) = params.one("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    respond::see_other(url.as_str())
}

fn goodbye() -> Response<Body> {
    respond::note("Signed out", "You are signed out of the development identity provider.")
}
