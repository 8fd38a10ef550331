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
        return gate.refuse(&GuardRefusal::Missing);
    };
    if !gate.owners.admit(request.headers(), caller.user()) {
        return error(StatusCode::NOT_FOUND, -32001, "There is no such session.", Value::Null);
    }
    let request = match gate.judge(&caller, request).await {
        Ok(request) => request,
        Err(refused) => return *refused,
    };
    let response = next.run(request).await;
    gate.owners.note(response.headers(), caller.user());
    response
}

impl Gate {
    async fn judge(&self, caller: &Caller, request: Request) -> Result<Request, Refused> {
        if request.method() != Method::POST {
            return Ok(request);
        }
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MAX_BODY).await.map_err(|_| too_long())?;
        let messages = Message::read_all(&body).map_err(|unfit| unfit_for(unfit, None))?;
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
            let unfit = |unfit| unfit_for(unfit, message.id.as_ref());
            message.agrees_with(headers).map_err(unfit)?;
            let Some(tool) = message.tool().map_err(unfit)? else { continue };
            match self.policy.verdict(tool, caller.scopes()) {
                Verdict::Allowed => {}
                Verdict::InsufficientScope { needs } => lacking = lacking.union(&needs),
                Verdict::Denied => return Err(denied(message.id.as_ref())),
            }
        }
        if lacking.is_empty() {
            return Ok(());
        }
        Err(Box::new(self.refuse(&GuardRefusal::InsufficientScope(lacking))))
    }

    fn refuse(&self, refusal: &GuardRefusal) -> Response<Body> {
        self.guard.refuse(refusal).map(Body::new)
    }
}

type Refused = Box<Response<Body>>;

fn unfit_for(unfit: Unfit, id: Option<&Value>) -> Refused {
    let id = id.cloned().unwrap_or_default();
    Box::new(error(StatusCode::BAD_REQUEST, unfit.code(), &unfit.to_string(), id))
}

fn denied(id: Option<&Value>) -> Refused {
    let id = id.cloned().unwrap_or_default();
    Box::new(error(StatusCode::FORBIDDEN, -32602, "This tool is not offered here.", id))
}

fn too_long() -> Refused {
    let text = "The body is longer than 1 MiB, or ended early.";
    Box::new(error(StatusCode::PAYLOAD_TOO_LARGE, -32600, text, Value::Null))
}

fn error(status: StatusCode, code: i32, message: &str, id: Value) -> Response<Body> {
    let body = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}});
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

const MAX_BODY: usize = 1024 * 1024;
