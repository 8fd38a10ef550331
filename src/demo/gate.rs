//! Scopes per tool, judged before the MCP server sees the call: what is not covered is HTTP 403 with
//! a challenge that names every scope of the operation (RFC 6750 §3.1, MCP 2026-07-28).

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, Response, StatusCode, header},
    middleware::Next,
};
use serde_json::{Value, json};
use tracing::Instrument as _;

use crate::{
    demo::{
        call::{Message, Unfit},
        session::{Place, SESSION_ID, Sessions},
    },
    engine::policy::{Policy, Verdict},
    guard::{Caller, Guard, GuardRefusal},
    protocol::scope::Scopes,
};

/// What stands between the guard and the tools.
pub(super) struct Gate {
    /// None: everybody may call everything, and nobody is known.
    pub(super) guard: Option<Arc<Guard>>,
    pub(super) policy: Policy,
    pub(super) sessions: Sessions,
    /// The time a client has to send its body. Event streams, which are answers, have all the time.
    pub(super) patience: Duration,
}

/// A middleware: lets a request of the caller pass when its session is theirs and their scopes cover
/// every tool it calls.
pub(super) async fn gate(
    State(gate): State<Arc<Gate>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let caller = request.extensions().get::<Caller>().cloned();
    if gate.guard.is_some() && caller.is_none() {
        return gate.refuse(Refused::Guard(GuardRefusal::Missing));
    }
    match gate.judge(caller.as_ref(), request).await {
        Ok((request, None)) => next.run(request).await,
        Ok((request, Some(place))) => opening(place, request, next).await,
        Err(refused) => gate.refuse(refused),
    }
}

/// Runs to its end even when the client hangs up: a session that is opened must be noted.
async fn opening(place: Place, request: Request, next: Next) -> Response<Body> {
    let opened = tokio::spawn(
        async move {
            let response = next.run(request).await;
            place.note(response.headers());
            response
        }
        .in_current_span(),
    );
    opened.await.unwrap_or_else(|_| {
        error(StatusCode::INTERNAL_SERVER_ERROR, -32603, "Something went wrong here.", &Value::Null)
    })
}

/// Why a request goes no further.
enum Refused {
    /// By the guard's words and challenge.
    Guard(GuardRefusal),
    /// It is no JSON-RPC that can be judged; with the id to answer to.
    Unfit(Unfit, Value),
    /// The tool is for nobody; with the id to answer to.
    Denied(Value),
    /// The body is over [`MAX_BODY`], or broke off.
    TooLong,
    /// The body took too long.
    TooSlow,
    /// There are as many sessions as we can have.
    Full,
    /// The session is not the caller's, or does not exist: the same to them.
    NoSession,
}

impl Gate {
    /// The request, and a place for the session that it opens, if it opens one.
    async fn judge(
        &self,
        caller: Option<&Caller>,
        request: Request,
    ) -> Result<(Request, Option<Place>), Refused> {
        if caller.is_some_and(|caller| !self.sessions.admit(request.headers(), caller.user())) {
            return Err(Refused::NoSession);
        }
        if request.method() != Method::POST {
            return Ok((request, None));
        }
        let (parts, body) = request.into_parts();
        let body = self.whole(body).await?;
        let messages =
            Message::read_all(&body).map_err(|unfit| Refused::Unfit(unfit, Value::Null))?;
        if let Some(caller) = caller {
            self.judge_all(caller, &parts.headers, &messages)?;
        }
        let in_session = parts.headers.contains_key(SESSION_ID);
        let place = if !in_session && messages.iter().any(Message::opens_a_session) {
            let place = self.sessions.place(caller.map(Caller::user)).await;
            Some(place.ok_or(Refused::Full)?)
        } else {
            None
        };
        Ok((Request::from_parts(parts, Body::from(body)), place))
    }

    async fn whole(&self, body: Body) -> Result<Bytes, Refused> {
        let body = tokio::time::timeout(self.patience, to_bytes(body, MAX_BODY)).await;
        body.map_err(|_| Refused::TooSlow)?.map_err(|_| Refused::TooLong)
    }

    fn judge_all(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
        messages: &[Message],
    ) -> Result<(), Refused> {
        let mut lacking = Scopes::default();
        for message in messages {
            let id = || message.id.clone().unwrap_or_default();
            let unfit = |unfit| Refused::Unfit(unfit, id());
            message.agrees_with(headers).map_err(unfit)?;
            let Some(tool) = message.tool().map_err(unfit)? else { continue };
            match self.policy.verdict(tool, caller.scopes()) {
                Verdict::Allowed => {}
                Verdict::InsufficientScope { needs } => lacking = lacking.union(&needs),
                Verdict::Denied => return Err(Refused::Denied(id())),
            }
        }
        if lacking.is_empty() {
            return Ok(());
        }
        Err(Refused::Guard(GuardRefusal::InsufficientScope(lacking)))
    }

    fn refuse(&self, refused: Refused) -> Response<Body> {
        match refused {
            Refused::Guard(refusal) => match &self.guard {
                Some(guard) => guard.refuse(&refusal).map(Body::new),
                None => error(StatusCode::UNAUTHORIZED, -32600, "Not signed in.", &Value::Null),
            },
            Refused::Unfit(unfit, id) => {
                error(StatusCode::BAD_REQUEST, unfit.code(), &unfit.to_string(), &id)
            }
            Refused::Denied(id) => {
                error(StatusCode::FORBIDDEN, -32602, "This tool is not offered here.", &id)
            }
            Refused::TooLong => {
                let text = "The body is longer than 1 MiB, or ended early.";
                error(StatusCode::PAYLOAD_TOO_LARGE, -32600, text, &Value::Null)
            }
            Refused::TooSlow => {
                let text = "The body did not arrive in time.";
                error(StatusCode::REQUEST_TIMEOUT, -32600, text, &Value::Null)
            }
            Refused::Full => full(),
            Refused::NoSession => {
                error(StatusCode::NOT_FOUND, -32001, "There is no such session.", &Value::Null)
            }
        }
    }
}

fn error(status: StatusCode, code: i32, message: &str, id: &Value) -> Response<Body> {
    let body = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}});
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn full() -> Response<Body> {
    let text = "Too many sessions are open. Try again later.";
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, -32000, text, &Value::Null);
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("60"));
    response
}

const MAX_BODY: usize = 1024 * 1024;
