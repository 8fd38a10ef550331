//! The gate between the guard and the server behind: reads the whole message, has it judged, and lets
//! through what the caller may do. What is not covered by their scopes is HTTP 403 with a challenge
//! that names every scope of the operation (RFC 6750 §3.1, MCP 2026-07-28).

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::Request,
    http::{Method, Response},
    response::IntoResponse,
    routing::any,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt as _};

use crate::{
    engine::policy::Policy,
    gateway::{
        allowance::Allowances,
        body::{self, Room},
        door::Door,
        hiding::Hiding,
        judge::{Asked, asker, judge},
        message::Message,
        refused::Refused,
        watch::Watched,
    },
    guard::{Caller, Guard, GuardRefusal},
    rate::Left,
};

/// What stands in front of one server.
pub struct Gate {
    /// The guard at its door; none: `auth = "none"`, everybody may call everything.
    pub guard: Option<Arc<Guard>>,
    /// What each tool needs.
    pub policy: Arc<Policy>,
    /// How often each person may call.
    pub allowances: Arc<Allowances>,
    /// The hosts and origins that may be named here.
    pub door: Door,
    /// The memory for bodies under way.
    pub room: Room,
    /// The longest body, in bytes.
    pub most: usize,
    /// The time a client has to send its body. Event streams, which are answers, have all the time.
    pub patience: Duration,
    /// Ends what only listens when the service stops: it would never end by itself.
    pub stop: CancellationToken,
}

/// `server` at `path`, such as `/mcp`, behind its gate on every method. One handler, not a layer for
/// each step: axum would box and clone every layer for every request.
pub fn gated<S>(path: &str, gate: Gate, server: S) -> Router
where
    S: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    let gate = Arc::new(gate);
    let answer = move |request: Request| {
        let (gate, server) = (Arc::clone(&gate), server.clone());
        async move { gate.answer(request, server).await }
    };
    // With its state at once: a handler that waits for one is made into a service by every request.
    Router::new().route(path, any(answer)).with_state(())
}

impl Gate {
    async fn answer<S>(&self, mut request: Request, server: S) -> Response<Body>
    where
        S: Service<Request, Error = Infallible>,
        S::Response: IntoResponse,
    {
        if let Err(refused) = self.door.admit(request.headers(), request.uri()) {
            return refused.response(None);
        }
        let caller = match &self.guard {
            Some(guard) => match guard.enter(&mut request).await {
                Ok(caller) => Some(caller),
                Err(refusal) => return guard.refuse(&refusal).map(Body::new),
            },
            None => None,
        };
        match self.passed(caller, request, server).await {
            Ok(answer) => answer,
            Err(refused) => refused.response(self.guard.as_deref()),
        }
    }

    /// What the server answers to a request that its caller may make.
    async fn passed<S>(
        &self,
        caller: Option<Caller>,
        request: Request,
        server: S,
    ) -> Result<Response<Body>, Refused>
    where
        S: Service<Request, Error = Infallible>,
        S::Response: IntoResponse,
    {
        let method = request.method().clone();
        let (asked, left, request) = self.admitted(caller.as_ref(), request).await?;
        let Ok(answer) = server.oneshot(request).await;
        let mut answer = answer.into_response();
        left.tell(answer.headers_mut());
        // A stream that is taken up again may bring answers to what was asked before.
        let listens = method == Method::GET || asked.listens;
        let lists = method == Method::GET || asked.lists_tools;
        let hiding = Hiding::of(&self.policy, caller.as_ref()).filter(|_| lists);
        let answer = match hiding {
            Some(hiding) => hiding.applied(answer, &asked.id).await,
            None => answer,
        };
        Ok(self.watched(answer, caller, listens))
    }

    /// The request as it travels on, with [`Asked`] among its extensions.
    async fn admitted(
        &self,
        caller: Option<&Caller>,
        request: Request,
    ) -> Result<(Arc<Asked>, Left, Request), Refused> {
        if self.guard.is_some() && caller.is_none() {
            return Err(Refused::Guard(GuardRefusal::Missing));
        }
        let (mut parts, body) = request.into_parts();
        if parts.method != Method::POST {
            let request = Request::from_parts(parts, Body::empty());
            return Ok((Arc::default(), Left::default(), request));
        }
        body::is_plain(&parts.headers).then_some(()).ok_or(Refused::Coded)?;
        let user = caller.map(Caller::user);
        let (body, taken) = self.room.read(user, body, self.most, self.patience).await?;
        let messages =
            Message::read_all(&body).map_err(|unfit| Refused::Unfit(unfit, Value::Null))?;
        let who = caller.map(asker);
        let asked = judge(&self.policy, who.as_ref(), &parts.headers, &messages)?;
        let left = self.counted(caller, &asked)?;
        let asked = Arc::new(asked);
        parts.extensions.insert(Arc::clone(&asked));
        parts.extensions.insert(taken);
        Ok((asked, left, Request::from_parts(parts, Body::from(body))))
    }

    /// Only what may be called counts: a refusal costs nothing.
    fn counted(&self, caller: Option<&Caller>, asked: &Asked) -> Result<Left, Refused> {
        let rule = |tool| self.policy.limit_of(tool).map_or(tool, |(rule, _)| rule);
        let calls: Vec<&str> = asked.calls.iter().map(|tool| rule(tool)).collect();
        let taken = self.allowances.take(caller.map(Caller::user), &calls);
        taken.map_err(|exceeded| Refused::TooOften(exceeded, asked.id.clone()))
    }

    /// An answer that ends with the permission it was begun under.
    fn watched(
        &self,
        answer: Response<Body>,
        caller: Option<Caller>,
        listens: bool,
    ) -> Response<Body> {
        let short = answer.body().size_hint().exact().is_some_and(|bytes| bytes <= SHORT);
        if short || answer.body().is_end_stream() {
            return answer;
        }
        let (guard, stop) = (self.guard.clone(), self.stop.clone());
        let refused = async move {
            match (guard, caller) {
                (Some(guard), Some(caller)) if listens => guard.refused(&caller).await,
                (Some(guard), Some(caller)) => guard.revoked(&caller).await,
                _ => std::future::pending().await,
            }
        };
        let end = async move {
            tokio::select! {
                () = refused => {}
                () = stop.cancelled(), if listens => {}
            }
        };
        answer.map(|body| Body::new(Watched::new(body, end)))
    }
}

/// An answer that is over as soon as it has begun, in bytes.
const SHORT: u64 = 64 * 1024;
