//! `/callback/{provider}`: the way back from an identity provider.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    flow::{
        callback::{CallbackFault, Finished, To, suffix_of},
        session::Visitor,
    },
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
        Err(fault) => return site.complaint(id, Complaint::malformed(&fault.to_string())),
    };
    let suffix = suffix_of(&params).unwrap_or_default();
    let browser = site.shown.cookies.sign_in(&headers, &suffix);
    let provider = ProviderId::new(provider);
    let visitor = site.visitor(&headers);
    let finished = site.callbacks.finish(&provider, &params, browser.as_ref(), &visitor).await;
    // After trouble with the store a reload is enough: the sign-in may still stand.
    let over = !matches!(finished, Err(CallbackFault::Store(_)));
    let mut response = site.finished(id, finished);
    if let Some(cookie) =
        browser.filter(|_| over).and_then(|_| site.shown.cookies.clear_sign_in(&suffix))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

impl Site {
    /// What this browser brings along.
    pub(super) fn visitor(&self, headers: &HeaderMap) -> Visitor {
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let session = self.shown.cookies.session(headers);
        Visitor { session, label: browser_label(agent.unwrap_or_default()) }
    }

    /// The end of a sign-in, with the new session's cookie.
    pub(super) fn finished(
        &self,
        id: RequestId,
        finished: Result<Finished, CallbackFault>,
    ) -> Response {
        let Finished { to, session } = match finished {
            Ok(finished) => finished,
            Err(fault) => return self.complaint(id, Complaint::of_callback(&fault)),
        };
        let mut response = match to {
            To::Client(answer) => self.redirect(&answer.location(&self.shown.issuer)),
            To::Account => self.redirect("/account"),
        };
        let line = session.and_then(|session| self.shown.cookies.set_session(&session));
        response.headers_mut().extend(line.map(|line| (header::SET_COOKIE, line)));
        response
    }
}

/// A browser in a few words, for its owner to tell it from others. It is what the browser says, and
/// nothing is decided by it.
fn browser_label(agent: &str) -> String {
    let first = |table: &[(&str, &'static str)]| {
        table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (first(BROWSERS), first(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "A browser".to_owned(),
    }
}

/// The order matters: most browsers also name those that they descend from.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];
