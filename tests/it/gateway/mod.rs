//! The gateway in front of a server that nobody here wrote: what reaches it, what comes back, and what
//! does neither.

mod back;
mod failures;
mod identity;
mod limits;
mod list;
mod onward;
mod session;
mod stdio;
mod streams;
pub(crate) mod upstream;

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use countersign::{
    ambient::SeededEntropy,
    engine::policy::{Access, CallLimit, Policy, Rule, ScopeRule, Unlisted},
    flow::keys::{Keys, SigningKeys},
    gateway::{
        Allowances, Assertions, Door, Gate, Identity, Proxy, Room, SessionSeal, gated, pool,
        proxied,
    },
    jose::seal::Vault,
    protocol::{id::ServerId, issuer::Issuer, scope::Scopes},
};
use http::{Method, Request, Response, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use zeroize::Zeroizing;

pub(crate) use self::stdio::PYTHON;
use self::upstream::Upstream;
use crate::guard::{ISSUER, World};

/// A gateway and what stands behind it.
pub(crate) struct Setup {
    pub(crate) world: World,
    pub(crate) upstream: Upstream,
    app: Router,
}

/// How a setup differs from the ordinary one.
#[derive(Clone, Copy)]
pub(crate) struct Unlike {
    pub(crate) identity: Option<fn(&World, &Upstream) -> Identity>,
    pub(crate) signed_in: bool,
    pub(crate) first_byte: Duration,
    pub(crate) idle: Duration,
}

impl Default for Unlike {
    fn default() -> Self {
        let (first_byte, idle) = (Duration::from_secs(20), Duration::from_secs(20));
        Self { identity: None, signed_in: true, first_byte, idle }
    }
}

pub(crate) fn assertions(world: &World, upstream: &Upstream) -> Identity {
    Identity::Assertion(Assertions {
        keys: Keys::new(SigningKeys::new(world.key.clone(), vec![world.key.clone()]).unwrap()),
        issuer: ISSUER.to_owned(),
        audience: upstream.url.to_string(),
    })
}

fn per_hour(calls: u32) -> CallLimit {
    CallLimit { calls, window: Duration::from_hours(1) }
}

fn policy() -> Policy {
    let scope = |name: &str, implies: &str| ScopeRule {
        name: name.parse().unwrap(),
        says: name.to_owned(),
        implies: Scopes::parse(implies).unwrap(),
    };
    let tool = |name: &str, needs: &str| Rule::needing(name, Scopes::parse(needs).unwrap());
    let mut slow = tool("slow", "read");
    if let Access::Those { limit, .. } = &mut slow.access {
        *limit = Some(per_hour(2));
    }
    Policy::new(
        vec![scope("read", ""), scope("admin", "read")],
        vec![tool("look", "read"), tool("delete", "admin"), slow],
        Vec::new(),
        Unlisted::Allow,
    )
    .unwrap()
}

impl Setup {
    pub(crate) async fn new() -> Self {
        Self::unlike(Unlike::default()).await
    }

    pub(crate) async fn unlike(unlike: Unlike) -> Self {
        Self::before(Upstream::start().await, unlike)
    }

    pub(crate) fn before(upstream: Upstream, unlike: Unlike) -> Self {
        let world = World::guarding("http://localhost:8000/mcp");
        let proxy = Proxy {
            pool: pool(Duration::from_secs(2)).unwrap(),
            upstream: upstream.url.clone(),
            identity: unlike.identity.map_or(Identity::Headers, |make| make(&world, &upstream)),
            headers: [("x-api-key".parse().unwrap(), "the key".parse().unwrap())]
                .into_iter()
                .collect(),
            policy: Arc::new(policy()),
            sessions: SessionSeal {
                vault: Arc::new(Vault::new(vec![Zeroizing::new([7; 32])]).unwrap()),
                entropy: Arc::new(SeededEntropy::new(1)),
                server: ServerId::new("tools"),
            },
            first_byte: unlike.first_byte,
            idle: unlike.idle,
            clock: world.clock.clone(),
        };
        let gate = Gate {
            guard: unlike.signed_in.then(|| world.guard.clone()),
            policy: Arc::new(policy()),
            allowances: Arc::new(Allowances::new(
                Some(per_hour(8)),
                [("slow".to_owned(), per_hour(2))],
            )),
            door: Door {
                names: vec![Issuer::parse("http://localhost:8000").unwrap()],
                origins: Vec::new(),
            },
            room: Room::new(64 << 20),
            most: 4 << 20,
            patience: Duration::from_secs(5),
            stop: tokio_util::sync::CancellationToken::new(),
        };
        let app = gated("/mcp", gate, proxied(proxy));
        Self { world, upstream, app }
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.app.clone().oneshot(request).await.unwrap()
    }

    /// A request of alice's with more headers.
    pub(crate) fn request(
        &self,
        method: Method,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Request<Body> {
        self.request_of("usr_alice", method, headers, body)
    }

    pub(crate) fn request_of(
        &self,
        user: &str,
        method: Method,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Request<Body> {
        let token = self.world.token(&json!({"sub": user}));
        let mut request = Request::builder()
            .method(method)
            .uri("/mcp")
            .header(header::HOST, "localhost:8000")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::from(body.to_owned())).unwrap()
    }

    /// Alice's POST of one message.
    pub(crate) async fn post(&self, message: &Value) -> Response<Body> {
        self.send(self.request(Method::POST, &[], &message.to_string())).await
    }
}

/// A call of `tool`, numbered 7.
pub(crate) fn call(tool: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": tool, "arguments": {}}})
}

/// A ping, numbered 7.
pub(crate) fn ping() -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": "ping"})
}

pub(crate) async fn text(response: Response<Body>) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}
