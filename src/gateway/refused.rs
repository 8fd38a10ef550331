//! Why a request goes no further, and how that is said: by the guard's challenge, or as a JSON-RPC
//! error with an HTTP status.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::{Value, json};

use crate::{
    gateway::message::Unfit,
    guard::{Guard, GuardRefusal},
    rate::Exceeded,
};

/// Why a request goes no further.
pub(super) enum Refused {
    /// By the guard's words and challenge.
    Guard(GuardRefusal),
    /// It is no JSON-RPC that can be judged; with the id to answer to.
    Unfit(Unfit, Value),
    /// The tool or method is not for this caller; with the id to answer to.
    Denied(Value),
    /// MCP has no such method, and no rule names it; with the status, and the id to answer to.
    UnknownMethod(StatusCode, Value),
    /// The caller called too often; with the id to answer to.
    TooOften(Exceeded, Value),
    /// The body is over the most there may be, or broke off.
    TooLong,
    /// The body took too long.
    TooSlow,
    /// The body is said to be something else than JSON in UTF-8.
    Coded,
    /// The bodies under way take all the memory they may.
    Busy,
    /// It names a host that is not ours.
    Host,
    /// It comes from a page that may not call here.
    Origin,
    /// The session is not the caller's, or does not exist: the same to them.
    NoSession,
}

impl Refused {
    /// The response; the guard's own words where it is the guard's to refuse.
    pub(super) fn response(self, guard: Option<&Guard>) -> Response<Body> {
        match self {
            Self::Guard(refusal) => match guard {
                Some(guard) => guard.refuse(&refusal).map(Body::new),
                None => error(StatusCode::UNAUTHORIZED, -32600, "Not signed in.", &Value::Null),
            },
            Self::Unfit(unfit, id) => {
                error(StatusCode::BAD_REQUEST, unfit.code(), &unfit.to_string(), &id)
            }
            Self::Denied(id) => {
                error(StatusCode::FORBIDDEN, -32602, "This is not offered here.", &id)
            }
            Self::TooOften(exceeded, id) => {
                let text = exceeded.to_string();
                let mut response = error(StatusCode::TOO_MANY_REQUESTS, -32000, &text, &id);
                exceeded.tell(response.headers_mut());
                response
            }
            Self::UnknownMethod(status, id) => error(status, -32601, "Method not found", &id),
            other => {
                let (status, code, text) = other.plainly();
                let mut response = error(status, code, text, &Value::Null);
                if status == StatusCode::SERVICE_UNAVAILABLE {
                    let soon = HeaderValue::from_static("1");
                    response.headers_mut().insert(header::RETRY_AFTER, soon);
                }
                response
            }
        }
    }

    const fn plainly(&self) -> (StatusCode, i32, &'static str) {
        match self {
            Self::TooLong => (
                StatusCode::PAYLOAD_TOO_LARGE,
                -32600,
                "The body is longer than this server accepts, or ended early.",
            ),
            Self::TooSlow => {
                (StatusCode::REQUEST_TIMEOUT, -32600, "The body did not arrive in time.")
            }
            Self::Coded => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                -32600,
                "Send application/json in UTF-8, without a content coding.",
            ),
            Self::Host => (StatusCode::FORBIDDEN, -32600, "This host is not served here."),
            Self::Origin => {
                (StatusCode::FORBIDDEN, -32600, "Pages of this origin may not call this server.")
            }
            Self::NoSession => (StatusCode::NOT_FOUND, -32001, "There is no such session."),
            _ => (StatusCode::SERVICE_UNAVAILABLE, -32000, "Too much is under way. Try again."),
        }
    }
}

/// A JSON-RPC error under an HTTP status, in answer to `id`.
pub(crate) fn error(status: StatusCode, code: i32, message: &str, id: &Value) -> Response<Body> {
    let body = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}});
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
