//! `/sign-out`: RP-initiated logout at the identity provider (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};

use crate::web::{
    Site,
    form::OwnForm,
    headers::{FormTarget, Opener},
    pages::{Link, SignOutPage, SignedOutPage},
    problem::Complaint,
    request::RequestId,
};

/// `GET /sign-out`: asks first, so that no link signs anybody out.
pub(super) async fn ask(State(site): State<Arc<Site>>) -> Response {
    let targets = site.shown.form_targets.iter().map(String::as_str).chain(["https:"]);
    let mut forms: Vec<FormTarget> = targets.filter_map(FormTarget::of).collect();
    forms.push(FormTarget::Own);
    let page = SignOutPage { providers: site.shown.buttons.clone() };
    site.page(StatusCode::OK, &forms, Opener::Severed, site.shown.pages.sign_out(&page))
}

/// `POST /sign-out`: ends our own session, then to the provider, which returns to `/signed-out`.
pub(super) async fn leave(
    State(site): State<Arc<Site>>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    OwnForm(params): OwnForm,
) -> Response {
    let chosen = params.one("provider").unwrap_or_default();
    let known = site.shown.buttons.iter().find(|known| known.id == chosen);
    let Some(known) = known else { return site.complaint(id, Complaint::unknown_provider()) };
    let session = site.shown.cookies.session(&headers);
    if let Err(error) = site.accounts.sessions.end(session.as_ref()).await {
        return site.complaint(id, Complaint::of_store(&error));
    }
    let back = site.shown.issuer.join("/signed-out");
    let mut response = match site.sign_ins.sign_out_url(chosen, &back).await {
        Some(location) => site.redirect(&location),
        None => site.signed_out_page(Some(known.label.clone())),
    };
    let line = site.shown.cookies.clear_session();
    response.headers_mut().extend(line.map(|line| (header::SET_COOKIE, line)));
    response
}

/// `GET /signed-out`: where the provider sends the browser afterwards.
pub(super) async fn done(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    // Whoever opens the address while signed in must not be told otherwise.
    if site.shown.cookies.session(&headers).is_some() {
        return site.redirect("/account");
    }
    site.signed_out_page(None)
}

impl Site {
    fn signed_out_page(&self, provider: Option<String>) -> Response {
        let back = Link { href: "/".to_owned(), label: "Home".to_owned() };
        let page = SignedOutPage { provider, back: Some(back) };
        self.page(StatusCode::OK, &[], Opener::Severed, self.shown.pages.signed_out(&page))
    }
}
