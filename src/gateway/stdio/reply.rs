//! Responses: what went wrong, in one JSON-RPC error with its HTTP status, or the answers.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};

use super::{
    frame,
    pool::NoProcess,
    traffic::{Item, ItemKind},
};

/// Why a request is not answered by the process. The id of the request, as JSON, goes beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// No JSON-RPC message, or an ambiguous one.
    Unreadable,
    TooLong,
    /// `initialize` among others, or in a session.
    Initialized,
    /// Of the older eras, and no session is named.
    Sessionless,
    /// It does not exist, or is another person's: the same to them.
    NoSession,
    /// A stream is asked for, and the client does not take events.
    NotAcceptable,
    Method,
    Busy,
    /// The process does not read its input.
    NotRead,
    NoProcess(NoProcess),
    /// It ended; with what to tell.
    Ended(String),
    /// It was too slow to start.
    Slow(String),
}

impl Failed {
    pub(super) fn response(&self, id: &str) -> Response<Body> {
        let (status, code, text) = self.told();
        let mut response = json(status, frame::error(id, code, &text));
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        if *self == Self::Method {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, POST, DELETE"));
        }
        response
    }

    fn told(&self) -> (StatusCode, i32, String) {
        let (status, code, text) = match self {
            Self::Unreadable => (StatusCode::BAD_REQUEST, -32700, UNREADABLE),
            Self::TooLong => {
                (StatusCode::PAYLOAD_TOO_LARGE, -32600, "The body is too long, or ended early.")
            }
            Self::Initialized => {
                (StatusCode::BAD_REQUEST, -32600, "initialize comes alone, and once.")
            }
            Self::Sessionless => (StatusCode::BAD_REQUEST, -32000, SESSIONLESS),
            Self::NoSession => (StatusCode::NOT_FOUND, -32001, "There is no such session."),
            Self::NotAcceptable => {
                (StatusCode::NOT_ACCEPTABLE, -32000, "A stream is text/event-stream: accept it.")
            }
            Self::Method => {
                (StatusCode::METHOD_NOT_ALLOWED, -32000, "The method is not allowed here.")
            }
            Self::Busy => {
                let text = "Too many requests are under way. Try again once some are answered.";
                (StatusCode::SERVICE_UNAVAILABLE, -32000, text)
            }
            Self::NotRead => {
                (StatusCode::GATEWAY_TIMEOUT, -32000, "The server process does not take requests.")
            }
            Self::NoProcess(why) => why.told(),
            Self::Ended(text) => (StatusCode::BAD_GATEWAY, -32000, text.as_str()),
            Self::Slow(text) => (StatusCode::GATEWAY_TIMEOUT, -32000, text.as_str()),
        };
        (status, code, text.to_owned())
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::NoProcess(NoProcess::BackingOff(wait)) => Some(*wait + Duration::from_secs(1)),
            Self::NoProcess(NoProcess::Full | NoProcess::Stopping) | Self::Busy => Some(LATER),
            _ => None,
        }
    }
}

impl NoProcess {
    const fn told(&self) -> (StatusCode, i32, &'static str) {
        match self {
            Self::Full => {
                let text = "Too many server processes are running. Try again later.";
                (StatusCode::SERVICE_UNAVAILABLE, -32000, text)
            }
            Self::BackingOff(_) => {
                let text = "The server process keeps ending. Try again later.";
                (StatusCode::SERVICE_UNAVAILABLE, -32000, text)
            }
            Self::CannotStart => {
                let text = "The server process cannot be started. Whoever runs this service finds the reason in its log.";
                (StatusCode::BAD_GATEWAY, -32000, text)
            }
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, -32000, "The service stops."),
        }
    }
}

/// The answers as one JSON text.
pub(super) fn answers(items: &[Item], batch: bool) -> Response<Body> {
    let failed = items.iter().any(|item| item.kind == ItemKind::Failure);
    let status = if failed { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
    let texts: Vec<_> = items.iter().map(|item| item.text.as_str()).collect();
    let text = texts.join(",");
    json(status, if batch { format!("[{text}]") } else { text })
}

/// An event stream.
pub(super) fn events(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
    response
}

/// A status and no more.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

pub(super) fn json(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

const UNREADABLE: &str = "The body is not one unambiguous JSON-RPC message, or a batch of them.";
const SESSIONLESS: &str =
    "Mcp-Session-Id is missing. Initialize first, or say MCP-Protocol-Version: 2026-07-28.";
/// Proxies do not collect the events (nginx).
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
const LATER: Duration = Duration::from_secs(10);
