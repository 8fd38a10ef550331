//! `/authorize` and the small pages around it.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    flow::{
        pending::Departure,
        sign_in::{Question, Step, StepFault, Visit},
    },
    protocol::form::Params,
    web::{
        Site,
        form::OwnForm,
        headers::{FormTarget, Opener, asset_headers},
        pages::{ASSETS, AuthorizePage, KnownPerson, ProviderButton},
        problem::{self, Complaint},
        request::RequestId,
    },
};

/// `GET /`
pub(super) async fn home(State(site): State<Arc<Site>>) -> Response {
    site.page(StatusCode::OK, &[], Opener::Severed, site.shown.pages.home(&site.shown.home))
}

/// `GET /static/{file}`
pub(super) async fn asset(Path(file): Path<String>) -> Response {
    match ASSETS.iter().find(|asset| asset.path.strip_prefix("/static/") == Some(file.as_str())) {
        Some(asset) => (asset_headers(asset), asset.body).into_response(),
        None => problem::not_found().await.into_response(),
    }
}

/// `GET /authorize`: the page, fetched as often as anyone likes.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(id): Extension<RequestId>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let browser = site.shown.cookies.page(&headers).unwrap_or_else(|| site.sign_ins.new_browser());
    let step = match Params::parse_with_repeats(&query.unwrap_or_default()) {
        Ok(params) => {
            let session = site.shown.cookies.session(&headers);
            let (session, own_will) =
                (session.as_ref(), method == Method::GET && is_own_will(&headers));
            site.sign_ins.ask(&params, Visit { browser: &browser, session, own_will }).await
        }
        Err(fault) => return site.complaint(id, Complaint::malformed(&fault.to_string())),
    };
    let mut response = site.step(id, step);
    if let Some(cookie) = site.shown.cookies.set_page(&browser) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// `POST /authorize`: consent and the chosen provider, from our own page only.
pub(super) async fn answer(
    State(site): State<Arc<Site>>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    OwnForm(params): OwnForm,
) -> Response {
    let browser = site.shown.cookies.page(&headers);
    let session = site.shown.cookies.session(&headers);
    let step = site.sign_ins.consent(&params, browser.as_ref(), session.as_ref()).await;
    site.step(id, step)
}

/// Whether the person, or a page of ours, brought the browser here: no other site can then have them
/// agree without a page. A frame is never it, and a browser that does not say counts as brought by
/// another site.
fn is_own_will(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site").unwrap_or_default();
    let opened = text("sec-fetch-mode") == Some("navigate")
        && text("sec-fetch-dest") == Some("document")
        && text("sec-purpose").is_none();
    let by_hand = text("sec-fetch-user") == Some("?1");
    opened && (by_hand || ["same-origin", "same-site", "none"].contains(&site))
}

impl Site {
    fn step(&self, id: RequestId, step: Result<Step, StepFault>) -> Response {
        match step {
            Ok(Step::Ask(question)) => self.question(&question),
            Ok(Step::Answer(answer)) => self.redirect(&answer.location(&self.shown.issuer)),
            Ok(Step::Leave(departure)) => self.departed(&departure),
            Err(fault) => self.complaint(id, Complaint::of_step(&fault)),
        }
    }

    /// To a provider, with the cookie that binds the sign-in to this browser.
    pub(super) fn departed(&self, Departure { location, cookie }: &Departure) -> Response {
        let mut response = self.redirect(location);
        let line = self.shown.cookies.set_sign_in(&cookie.suffix, &cookie.token);
        response.headers_mut().extend(line.map(|line| (header::SET_COOKIE, line)));
        response
    }

    fn question(&self, question: &Question) -> Response {
        let targets = [question.asked.redirect_uri.as_str(), "https:"].into_iter();
        let targets = targets.chain(self.shown.form_targets.iter().map(String::as_str));
        let mut forms: Vec<FormTarget> = targets.filter_map(FormTarget::of).collect();
        forms.push(FormTarget::Own);
        let status = match question.unreachable {
            Some(_) => StatusCode::SERVICE_UNAVAILABLE,
            None => StatusCode::OK,
        };
        let page = self.shown.pages.authorize(&self.authorize_page(question));
        self.page(status, &forms, Opener::Kept, page)
    }

    fn authorize_page(&self, question: &Question) -> AuthorizePage {
        let Question { client, asked, form, known, unreachable } = question;
        let server = self.shown.servers.iter().find(|server| server.id == asked.server);
        let says = server.map(|server| server.scopes.as_slice()).unwrap_or_default();
        let granted = |line: &&crate::web::pages::ScopeLine| {
            line.name.parse().is_ok_and(|scope| asked.scopes.contains(&scope))
        };
        let silent = |id: &str| {
            let mut providers = self.sign_ins.providers.iter();
            providers.any(|provider| provider.id().as_str() == id && !provider.answers())
        };
        let down = |known: &ProviderButton| {
            unreachable.as_deref() == Some(known.label.as_str()) || silent(&known.id)
        };
        let button = |known: &ProviderButton| ProviderButton {
            note: down(known).then(|| "not reachable right now".to_owned()),
            ..known.clone()
        };
        AuthorizePage {
            client_name: client.name.clone(),
            client_host: client.document_host(),
            client_kind: client.kind,
            redirect_host: asked.redirect_uri.display_host(),
            loopback: asked.redirect_uri.is_loopback(),
            server_name: server.map(|server| server.name.clone()).unwrap_or_default(),
            server_url: asked.resource.to_string(),
            scopes: says.iter().filter(granted).cloned().collect(),
            providers: self.shown.buttons.iter().map(button).collect(),
            form: form.clone(),
            known: known.as_ref().map(|known| KnownPerson {
                name: known.name.clone(),
                email: known.email.clone(),
                provider: known.provider.clone(),
            }),
            unreachable: unreachable.clone(),
        }
    }

    /// 303 always: a 307 would send a form's content along (RFC 9700 §4.12).
    pub(super) fn redirect(&self, location: &str) -> Response {
        let Ok(location) = HeaderValue::try_from(location) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let mut headers = self.page_headers(&[], Opener::Kept);
        headers.remove(header::CONTENT_TYPE);
        headers.insert(header::LOCATION, location);
        (StatusCode::SEE_OTHER, headers).into_response()
    }
}
