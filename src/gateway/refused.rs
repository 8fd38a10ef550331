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
};

/// Why a request goes no further.
pub(super) enum Refused {
    /// By the guard's words and challenge.
    Guard(GuardRefusal),
    /// It is no JSON-RPC that can be judged; with the id to answer to.
    Unfit(Unfit, Value),
    /// The tool is for nobody; with the id to answer to.
    Denied(Value),
    /// The body is over the most there may be, or broke off.
    TooLong,
    /// The body took too long.
    TooSlow,
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
                error(StatusCode::FORBIDDEN, -32602, "This tool is not offered here.", &id)
            }
            Self::TooLong => {
                let text = "The body is longer than 1 MiB, or ended early.";
                error(StatusCode::PAYLOAD_TOO_LARGE, -32600, text, &Value::Null)
            }
            Self::TooSlow => {
                let text = "The body did not arrive in time.";
                error(StatusCode::REQUEST_TIMEOUT, -32600, text, &Value::Null)
            }
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
