//! The posted intake over HTTP: the page with the Firebase SDK, its post, and the confirmation.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    flow::{
        pending::cookie_suffix,
        posted::{Confirmation, PostFault, SdkPage},
    },
    protocol::{
        form::Params,
        id::ProviderId,
        redirect::RedirectUri,
        secret::{BrowserToken, UpstreamState},
    },
    provider::{
        secret::Secret,
        settings::firebase::{FirebaseSettings, has_button},
    },
    web::{
        Site,
        form::OwnForm,
        headers::{FormTarget, Opener, SdkSafety, sdk_headers},
        pages::{ConfirmPage, FirebasePage, ProviderButton},
        problem::Complaint,
        request::RequestId,
    },
};

/// `GET /sign-in/{provider}`: the page that runs the SDK.
pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(id): Extension<RequestId>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Stage { provider, state, browser } =
        site.stage(&headers, provider, state_of(query.as_deref()));
    let found = site.callbacks.sdk_page(&provider, state.as_ref(), browser.as_ref()).await;
    match (found, state) {
        (Ok(page), Some(state)) => site.sdk_page(&page, &state),
        (Ok(_), None) => site.complaint(id, Complaint::malformed("state is missing")),
        (Err(fault), _) => site.complaint(id, Complaint::of_callback(&fault)),
    }
}

/// `POST /callback/{provider}`: the ID token, in a JSON body that only our own page can send: the
/// content type and the header make any other origin ask first, and it is told no.
pub(super) async fn post(
    State(site): State<Arc<Site>>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !site.is_our_script(&headers) {
        return refused(StatusCode::FORBIDDEN, "foreign", "This did not come from our own page.");
    }
    let Ok(posted) = serde_json::from_slice::<Posted>(&body) else {
        return refused(StatusCode::BAD_REQUEST, "malformed", "The page sent what cannot be read.");
    };
    let state = UpstreamState::parse(&posted.state);
    let Stage { provider, state, browser } = site.stage(&headers, provider, state);
    let token = posted.id_token.reveal();
    let done = site.callbacks.posted(&provider, state.as_ref(), browser.as_ref(), token).await;
    match (done, browser) {
        (Ok(next), Some(browser)) => {
            let next_page = format!("/confirm/{provider}?state={}", next.state.reveal());
            let mut response = answer(StatusCode::OK, json!({ "next": next_page }));
            let cookies = &site.shown.cookies;
            if let Some(cookie) = cookies.set_sign_in(&next.suffix, &browser) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        (Err(fault), _) => of_post(&fault),
        (Ok(_), None) => of_post(&PostFault::NoSignIn),
    }
}

/// `GET /confirm/{provider}`: which account, for whom.
pub(super) async fn ask(
    State(site): State<Arc<Site>>,
    Extension(id): Extension<RequestId>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Stage { provider, state, browser } =
        site.stage(&headers, provider, state_of(query.as_deref()));
    let found = site.callbacks.confirmation(&provider, state.as_ref(), browser.as_ref()).await;
    match (found, state) {
        (Ok(found), Some(state)) => site.confirm_page(&provider, &found, &state),
        (Ok(_), None) => site.complaint(id, Complaint::malformed("state is missing")),
        (Err(fault), _) => site.complaint(id, Complaint::of_callback(&fault)),
    }
}

/// `POST /confirm/{provider}`: the person's word, from our own page only.
pub(super) async fn confirm(
    State(site): State<Arc<Site>>,
    Extension(id): Extension<RequestId>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    OwnForm(params): OwnForm,
) -> Response {
    let state = params.one("state").and_then(UpstreamState::parse);
    let Stage { provider, state, browser } = site.stage(&headers, provider, state);
    let agreed = params.one("confirm").is_some();
    let (state, browser, visitor) = (state.as_ref(), browser.as_ref(), site.visitor(&headers));
    let done = site.callbacks.confirm(&provider, state, browser, agreed, &visitor).await;
    site.finished(id, done)
}

/// Where a request stands in a sign-in: the three that must agree.
struct Stage {
    provider: ProviderId,
    state: Option<UpstreamState>,
    browser: Option<BrowserToken>,
}

/// What the page posts. Nothing else may stand beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Posted {
    state: String,
    id_token: Secret,
}

impl Site {
    /// The browser is known by the cookie that the state names.
    fn stage(&self, headers: &HeaderMap, provider: String, state: Option<UpstreamState>) -> Stage {
        let suffix = state.as_ref().map(cookie_suffix);
        let browser = suffix.and_then(|suffix| self.shown.cookies.sign_in(headers, &suffix));
        Stage { provider: ProviderId::new(provider), state, browser }
    }

    /// Unlike a form, a script of ours always says its origin.
    fn is_our_script(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let json = text("content-type").is_some_and(|kind| kind == "application/json");
        let same = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
        let ours = text("origin") == Some(self.shown.issuer.as_str());
        json && same && ours && text("x-countersign") == Some("sign-in")
    }

    fn sdk_page(&self, page: &SdkPage<'_>, state: &UpstreamState) -> Response {
        let Some(firebase) = page.provider.firebase.as_deref() else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let emulator = firebase.emulator.as_ref().map(|url| url.origin().ascii_serialization());
        let safety =
            SdkSafety { auth_domain: &firebase.auth_domain, emulator: emulator.as_deref() };
        let post = format!("/callback/{}", page.provider.id);
        let config = json!({
            "apiKey": firebase.api_key,
            "authDomain": firebase.auth_domain,
            "projectId": firebase.project,
            "tenantId": firebase.tenant(),
            "state": state.reveal(),
            "post": post,
            "emulator": emulator,
        });
        let html = self.shown.pages.firebase(&FirebasePage {
            label: page.provider.label.clone(),
            client_name: page.client_name.clone(),
            providers: buttons(firebase),
            config_json: script_data(&config),
            emulator: emulator.is_some(),
            back: page.again.clone(),
        });
        let headers = sdk_headers(&safety, self.shown.issuer.is_https());
        (StatusCode::OK, headers, html).into_response()
    }

    fn confirm_page(
        &self,
        provider: &ProviderId,
        found: &Confirmation,
        state: &UpstreamState,
    ) -> Response {
        let client = found.redirect.as_ref();
        let back = client.and_then(|uri| FormTarget::of(uri.as_str()));
        let forms: Vec<FormTarget> = back.into_iter().chain([FormTarget::Own]).collect();
        let html = self.shown.pages.confirm(&ConfirmPage {
            action: format!("/confirm/{provider}"),
            state: state.reveal().to_owned(),
            name: found.name.clone(),
            email: found.email.clone(),
            client_name: found.client_name.clone(),
            redirect_host: client.map(RedirectUri::display_host),
            link: found.link,
            back: found.again.clone(),
        });
        self.page(StatusCode::OK, &forms, Opener::Kept, html)
    }
}

fn state_of(query: Option<&str>) -> Option<UpstreamState> {
    let params = Params::parse(query?).ok()?;
    UpstreamState::parse(params.one("state")?)
}

fn buttons(firebase: &FirebaseSettings) -> Vec<ProviderButton> {
    let with_button = firebase.sign_in.iter().filter(|way| has_button(way));
    with_button
        .map(|way| ProviderButton {
            id: way.clone(),
            label: format!("Continue with {}", name_of(way)),
            note: None,
        })
        .collect()
}

/// Names of the sign-in methods of Firebase's console; of others, the id says it.
fn name_of(way: &str) -> &str {
    match way {
        "google.com" => "Google",
        "github.com" => "GitHub",
        "apple.com" => "Apple",
        "microsoft.com" => "Microsoft",
        "facebook.com" => "Facebook",
        "twitter.com" => "X",
        "yahoo.com" => "Yahoo",
        other => other.split_once('.').map_or(other, |(_, name)| name),
    }
}

/// JSON that stands in a script element: nothing in it can end the element (HTML §4.12.1.3).
fn script_data(config: &serde_json::Value) -> String {
    config.to_string().replace('<', "\\u003c")
}

fn of_post(fault: &PostFault) -> Response {
    let status = match fault {
        PostFault::NoSignIn | PostFault::Replayed => StatusCode::BAD_REQUEST,
        PostFault::Refused(_) => StatusCode::FORBIDDEN,
        PostFault::Down | PostFault::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let (code, message) = match fault {
        PostFault::NoSignIn => ("expired", fault.to_string()),
        PostFault::Replayed => ("replayed", fault.to_string()),
        PostFault::Refused(error) => (error.code.as_str(), error.description.to_string()),
        PostFault::Down => ("unavailable", fault.to_string()),
        PostFault::Store(error) => {
            tracing::error!(%error, "the store failed");
            ("unavailable", "Our database does not answer. Try again in a few seconds.".to_owned())
        }
    };
    refused(status, code, &message)
}

/// A refusal, in the form that the page's script reads.
pub(super) fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    answer(status, json!({ "error": code, "message": message }))
}

fn answer(status: StatusCode, body: serde_json::Value) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
