//! Scopes per tool, judged before the MCP server sees the call: what is not covered is HTTP 403 with
//! a challenge that names every scope of the operation (RFC 6750 §3.1, MCP 2026-07-28).

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, Response, StatusCode, header},
    middleware::Next,
};
use serde_json::{Value, json};

use crate::{
    demo::{
        call::{Message, Unfit},
        session::SessionOwners,
    },
    engine::policy::{Policy, Verdict},
    guard::{Caller, Guard, GuardRefusal},
    protocol::scope::Scopes,
};

/// What stands between the guard and the tools.
pub(super) struct Gate {
    pub(super) guard: Arc<Guard>,
    pub(super) policy: Policy,
    pub(super) owners: SessionOwners,
}

/// A middleware: lets a request of the caller pass when its session is theirs and their scopes cover
/// every tool it calls.
pub(super) async fn gate(
    State(gate): State<Arc<Gate>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let Some(caller) = request.extensions().get::<Caller>().cloned() else {
        return gate.refuse(Refused::Guard(GuardRefusal::Missing));
    };
    let request = match gate.judge(&caller, request).await {
        Ok(request) => request,
        Err(refused) => return gate.refuse(refused),
    };
    let response = next.run(request).await;
    gate.owners.note(response.headers(), caller.user());
    response
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
    /// The session is not the caller's, or does not exist: the same to them.
    NoSession,
}

impl Gate {
    async fn judge(&self, caller: &Caller, request: Request) -> Result<Request, Refused> {
        if !self.owners.admit(request.headers(), caller.user()) {
            return Err(Refused::NoSession);
        }
        if request.method() != Method::POST {
            return Ok(request);
        }
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MAX_BODY).await.map_err(|_| Refused::TooLong)?;
        let messages =
            Message::read_all(&body).map_err(|unfit| Refused::Unfit(unfit, Value::Null))?;
        self.judge_all(caller, &parts.headers, &messages)?;
        Ok(Request::from_parts(parts, Body::from(body)))
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
            Refused::Guard(refusal) => self.guard.refuse(&refusal).map(Body::new),
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

const MAX_BODY: usize = 1024 * 1024;
