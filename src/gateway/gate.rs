//! The gate between the guard and the server behind: reads the whole message, has it judged, and lets
//! through what the caller may do. What is not covered by their scopes is HTTP 403 with a challenge
//! that names every scope of the operation (RFC 6750 §3.1, MCP 2026-07-28).

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{Method, Response},
    middleware::{self, Next},
    response::IntoResponse,
};
use serde_json::Value;
use tower::{Layer as _, Service};

use crate::{
    engine::policy::Policy,
    gateway::{
        judge::{Asked, judge},
        message::Message,
        refused::Refused,
    },
    guard::{Caller, Guard, GuardRefusal},
};

/// What stands in front of one server.
pub struct Gate {
    /// The guard at its door; none: `auth = "none"`, everybody may call everything.
    pub guard: Option<Arc<Guard>>,
    /// What each tool needs.
    pub policy: Policy,
    /// The time a client has to send its body. Event streams, which are answers, have all the time.
    pub patience: Duration,
}

/// `server` at `path`, such as `/mcp`, behind its gate on every method.
pub fn gated<S>(path: &str, gate: Gate, server: S) -> Router
where
    S: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    let guard = gate.guard.clone();
    let gated = middleware::from_fn_with_state(Arc::new(gate), pass).layer(server);
    match guard {
        Some(guard) => Router::new().route_service(path, guard.layer().layer(gated)),
        None => Router::new().route_service(path, gated),
    }
}

async fn pass(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response<Body> {
    match gate.admitted(request).await {
        Ok(request) => next.run(request).await,
        Err(refused) => refused.response(gate.guard.as_deref()),
    }
}

impl Gate {
    /// The request as it travels on, with [`Asked`] among its extensions.
    async fn admitted(&self, request: Request) -> Result<Request, Refused> {
        let caller = request.extensions().get::<Caller>().cloned();
        if self.guard.is_some() && caller.is_none() {
            return Err(Refused::Guard(GuardRefusal::Missing));
        }
        let (mut parts, body) = request.into_parts();
        if parts.method != Method::POST {
            parts.extensions.insert(Asked::default());
            return Ok(Request::from_parts(parts, body));
        }
        let body = self.whole(body).await?;
        let messages =
            Message::read_all(&body).map_err(|unfit| Refused::Unfit(unfit, Value::Null))?;
        let asked = judge(&self.policy, caller.as_ref(), &parts.headers, &messages)?;
        parts.extensions.insert(asked);
        Ok(Request::from_parts(parts, Body::from(body)))
    }

    async fn whole(&self, body: Body) -> Result<Bytes, Refused> {
        let body = tokio::time::timeout(self.patience, to_bytes(body, MAX_BODY)).await;
        body.map_err(|_| Refused::TooSlow)?.map_err(|_| Refused::TooLong)
    }
}

const MAX_BODY: usize = 1024 * 1024;
