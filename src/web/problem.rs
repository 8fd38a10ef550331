//! Errors on the wire: one place where a fault becomes a status, headers and a body.

use std::borrow::Cow;

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    engine::authorize::PageFault,
    flow::{account::AccountFault, callback::CallbackFault, sign_in::StepFault},
    protocol::error::{TokenError, TokenErrorCode},
    web::{
        Site,
        headers::{FormTarget, Opener, PageSafety, page_headers},
        pages::{ErrorPage, Link},
        request::RequestId,
    },
};

/// An error document of RFC 6749 §5.2.
pub(super) struct TokenProblem {
    status: StatusCode,
    error: TokenError,
}

impl TokenProblem {
    /// An error that HTTP has a closer status for than its code.
    pub(super) const fn with_status(status: StatusCode, error: TokenError) -> Self {
        Self { status, error }
    }
}

impl From<TokenError> for TokenProblem {
    fn from(error: TokenError) -> Self {
        let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, error }
    }
}

impl IntoResponse for TokenProblem {
    fn into_response(self) -> Response {
        let Self { status, error: TokenError { code, description } } = self;
        // What was composed may repeat a stranger's words: an address with a password in it, say.
        let why = if let Cow::Borrowed(fixed) = description { fixed } else { "" };
        tracing::debug!(error = code.as_str(), why, "refused");
        let body = Json(json!({ "error": code.as_str(), "error_description": description }));
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        // RFC 6749 §5.2: tell which scheme would do.
        if code == TokenErrorCode::InvalidClient {
            let scheme = HeaderValue::from_static("Basic realm=\"countersign\"");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// What a person is told on the error page.
pub(super) struct Complaint {
    status: StatusCode,
    title: &'static str,
    detail: String,
    remedy: Option<&'static str>,
    again: Option<String>,
}

impl Complaint {
    fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), remedy: None, again: None }
    }

    /// The query or form cannot be read.
    pub(super) fn malformed(why: &str) -> Self {
        let detail = format!("The app sent a request that cannot be read: {why}.");
        Self { remedy: Some(TELL_THE_APP), ..Self::new(StatusCode::BAD_REQUEST, REQUEST, detail) }
    }

    /// A form posted from another site.
    pub(super) fn foreign_form() -> Self {
        let detail = "The answer did not come from our own page, so nothing was done.";
        Self { remedy: Some(START_AGAIN), ..Self::new(StatusCode::FORBIDDEN, REQUEST, detail) }
    }

    /// A sign-out at nobody we know.
    pub(super) fn unknown_provider() -> Self {
        let detail = "There is no such identity provider here, so nobody was signed out.";
        Self::new(StatusCode::BAD_REQUEST, "This sign-out cannot be done", detail)
    }

    /// A request that names another host: a page elsewhere whose name was bound to our address (DNS
    /// rebinding), or a proxy that does not pass `Host` on.
    pub(super) fn misdirected() -> Self {
        let detail = "It was sent to another address than the one this service is known by.";
        Self::new(StatusCode::MISDIRECTED_REQUEST, "This request is for somebody else", detail)
    }

    /// More requests than are allowed; `detail` says how many are, and when to come back.
    pub(super) fn too_often(detail: String) -> Self {
        let remedy = Some("Wait that long, then do again what you did.");
        Self { remedy, ..Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests", detail) }
    }

    /// A request that led to no step.
    pub(super) fn of_step(fault: &StepFault) -> Self {
        match fault {
            StepFault::Request(fault) => {
                let remedy = Some(match fault {
                    PageFault::UnknownClient => REGISTER_AGAIN,
                    _ => TELL_THE_APP,
                });
                Self { remedy, ..Self::new(StatusCode::BAD_REQUEST, REQUEST, fault.to_string()) }
            }
            StepFault::Document(why) => {
                tracing::warn!(why, "client metadata document refused");
                let detail = format!("The app's description of itself cannot be used: {why}.");
                Self {
                    remedy: Some(TELL_THE_APP),
                    ..Self::new(StatusCode::BAD_REQUEST, REQUEST, detail)
                }
            }
            StepFault::Later(why) => {
                tracing::warn!(why, "client metadata document not to be had");
                let detail = format!("The app's description of itself cannot be fetched: {why}.");
                let remedy = Some("Try again in a minute.");
                Self { remedy, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, LATER, detail) }
            }
            StepFault::Form { again } => Self {
                remedy: Some(START_AGAIN),
                again: again.clone(),
                ..Self::new(StatusCode::BAD_REQUEST, EXPIRED, fault.to_string())
            },
            StepFault::Store(error) => Self::of_store(error),
        }
    }

    /// A provider's answer that led nowhere.
    pub(super) fn of_callback(fault: &CallbackFault) -> Self {
        match fault {
            CallbackFault::NoSignIn => Self {
                remedy: Some(START_AGAIN),
                ..Self::new(StatusCode::BAD_REQUEST, EXPIRED, fault.to_string())
            },
            CallbackFault::ProviderDown { again, .. } => Self {
                remedy: Some("Choose another way to sign in, or try again in a minute."),
                again: Some(again.clone()),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The sign-in was interrupted",
                    fault.to_string(),
                )
            },
            CallbackFault::NotAdmitted(error) => Self {
                remedy: Some("Use another account, or ask the operator of this service."),
                again: Some(ACCOUNT.to_owned()),
                ..Self::new(
                    StatusCode::FORBIDDEN,
                    "You cannot sign in here",
                    error.description.clone(),
                )
            },
            CallbackFault::SomebodyElses => Self {
                remedy: Some("Sign out here, sign in with that account, and see whose it is."),
                again: Some(ACCOUNT.to_owned()),
                ..Self::new(StatusCode::FORBIDDEN, "Nothing was added", fault.to_string())
            },
            CallbackFault::SignedOut => Self {
                remedy: Some("Sign in again, then add the account."),
                again: Some(ACCOUNT.to_owned()),
                ..Self::new(StatusCode::FORBIDDEN, "Nothing was added", fault.to_string())
            },
            CallbackFault::Store(error) => Self::of_store(error),
        }
    }

    /// A change to a person's own page that was not made.
    pub(super) fn of_account(fault: &AccountFault) -> Self {
        let again = Some(ACCOUNT.to_owned());
        match fault {
            AccountFault::Form | AccountFault::NoProvider => Self {
                remedy: Some("Open the page again."),
                again,
                ..Self::new(StatusCode::BAD_REQUEST, "Nothing was changed", fault.to_string())
            },
            AccountFault::TooLongAgo => Self {
                remedy: Some(
                    "Sign out of this browser, sign in again, and do it within ten minutes.",
                ),
                again,
                ..Self::new(StatusCode::FORBIDDEN, "Nothing was changed", fault.to_string())
            },
            AccountFault::NoToken(_) => Self {
                remedy: Some("Go back, and change what the token is to be."),
                again,
                ..Self::new(StatusCode::BAD_REQUEST, "No token was made", fault.to_string())
            },
            AccountFault::ProviderDown(_) => Self {
                remedy: Some("Try again in a minute."),
                again,
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, LATER, fault.to_string())
            },
            AccountFault::Store(error) => Self::of_store(error),
        }
    }

    pub(super) fn of_store(error: &impl std::fmt::Display) -> Self {
        tracing::error!(%error, "the store failed");
        let detail = "Our database does not answer. Nothing was half done.";
        let remedy = Some("Try again in a few seconds.");
        Self { remedy, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, LATER, detail) }
    }
}

impl Site {
    /// The error page.
    pub(super) fn complaint(&self, id: RequestId, complaint: Complaint) -> Response {
        let page = ErrorPage {
            status: complaint.status.as_u16(),
            title: complaint.title.to_owned(),
            detail: complaint.detail,
            remedy: complaint.remedy.map(str::to_owned),
            request_id: id.to_string(),
            retry: complaint.again.map(|href| Link { label: back_label(&href), href }),
            back: None,
        };
        self.page(complaint.status, &[], Opener::Kept, self.shown.pages.error(&page))
    }

    /// A page with the headers of all pages.
    pub(super) fn page(
        &self,
        status: StatusCode,
        forms: &[FormTarget],
        opener: Opener,
        html: String,
    ) -> Response {
        (status, self.page_headers(forms, opener), html).into_response()
    }

    /// The headers of all pages.
    pub(super) fn page_headers(&self, forms: &[FormTarget], opener: Opener) -> HeaderMap {
        page_headers(&PageSafety { forms, opener, https: self.shown.issuer.is_https() })
    }
}

fn back_label(href: &str) -> String {
    let account = href == ACCOUNT;
    if account { "Back to your account" } else { "Back to the sign-in page" }.to_owned()
}

const ACCOUNT: &str = "/account";
const REQUEST: &str = "This sign-in request cannot be used";
const LATER: &str = "Not available right now";
const EXPIRED: &str = "This sign-in has expired";
const TELL_THE_APP: &str =
    "Go back to the app and try again. If it happens again, tell the people who make the app.";
const REGISTER_AGAIN: &str =
    "Remove the connection in the app and add it again, so that the app registers anew.";
const START_AGAIN: &str = "Go back to the app and start the sign-in again.";

/// Whatever is not available now is asked for again a little later (RFC 9110 §15.6.4).
pub(super) fn later(mut response: Response) -> Response {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        let soon = HeaderValue::from_static("5");
        response.headers_mut().entry(header::RETRY_AFTER).or_insert(soon);
    }
    response
}

/// A real 404 in JSON: clients that probe well-known places read it as "not here".
pub(super) async fn not_found() -> (StatusCode, Json<serde_json::Value>) {
    (StatusCode::NOT_FOUND, Json(json!({ "error": "not_found" })))
}
