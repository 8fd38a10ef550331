//! The demo MCP server behind the guard.

mod client;
mod gate;
mod rules;
mod session;
mod tools;

use std::sync::Arc;

use axum::{Router, body::Body};
use countersign::{
    ambient::Timestamp,
    demo::{Demo, demo_service},
    engine::{
        policy::{Policy, Rule, ScopeRule, Unlisted},
        record::User,
    },
    gateway::{Allowances, Door, Gate, Room, gated},
    protocol::{id::UserId, issuer::Issuer, scope::Scopes},
};
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::guard::{NOW, World};

pub(crate) const PUBLIC: &str = "http://localhost:8000";

pub(crate) struct Demonstration {
    pub(crate) world: World,
    pub(crate) app: Router,
}

fn rule(name: &str, implies: &str) -> ScopeRule {
    let implies = Scopes::parse(implies).unwrap();
    ScopeRule { name: name.parse().unwrap(), says: name.to_owned(), implies }
}

fn policy(unlisted: Unlisted) -> Policy {
    let tool = |name: &str, needs: &str| Rule::needing(name, Scopes::parse(needs).unwrap());
    Policy::new(
        vec![rule("read", ""), rule("write", ""), rule("admin", "read write")],
        vec![
            tool("whoami", ""),
            tool("user_profile", "read"),
            tool("read_data", "read"),
            tool("secure_operation", "admin"),
        ],
        Vec::new(),
        unlisted,
    )
    .unwrap()
}

fn alice() -> User {
    User {
        id: UserId::new("usr_alice"),
        name: Some("Alice".to_owned()),
        email: Some("alice@example.com".to_owned()),
        disabled: false,
        created_at: Timestamp::from_unix(NOW - 86_400),
        seen_at: Timestamp::from_unix(NOW),
    }
}

impl Demonstration {
    pub(crate) fn new() -> Self {
        Self::with(Unlisted::Allow)
    }

    pub(crate) fn with(unlisted: Unlisted) -> Self {
        Self::under(policy(unlisted))
    }

    pub(crate) fn under(policy: Policy) -> Self {
        let world = World::guarding("http://localhost:8000/mcp");
        let profiles = Arc::new(|id: UserId| {
            let found = (id.as_str() == "usr_alice").then(alice);
            Box::pin(std::future::ready(found)) as _
        });
        let demo = Demo {
            profiles,
            clock: world.clock.clone(),
            stop: tokio_util::sync::CancellationToken::new(),
        };
        let gate = Gate {
            guard: Some(world.guard.clone()),
            policy: policy.into(),
            allowances: Arc::new(Allowances::new(None, [])),
            door: Door { names: vec![Issuer::parse(PUBLIC).unwrap()], origins: Vec::new() },
            room: Room::new(64 << 20),
            most: 1 << 20,
            patience: std::time::Duration::from_millis(300),
            stop: tokio_util::sync::CancellationToken::new(),
        };
        let app = gated("/mcp", gate, demo_service(demo));
        Self { world, app }
    }

    pub(crate) fn token(&self, scope: &str) -> String {
        self.world.token(&json!({"scope": scope}))
    }

    /// A POST of `body` with the headers of a 2026-07-28 client, changed as a test likes.
    pub(crate) async fn post(
        &self,
        token: &str,
        body: &str,
        headers: &[(&'static str, &str)],
    ) -> Response<Body> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/mcp")
            .body(Body::from(body.to_owned()))
            .unwrap();
        *request.headers_mut() = common(token);
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        self.app.clone().oneshot(request).await.unwrap()
    }

    /// Calls a tool as a 2026-07-28 client does, without a session.
    pub(crate) async fn call(&self, scope: &str, tool: &str, arguments: &Value) -> Response<Body> {
        let body = call(tool, arguments).to_string();
        let headers = [
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", tool),
        ];
        self.post(&self.token(scope), &body, &headers).await
    }

    /// The structured result of a tool.
    pub(crate) async fn result(&self, scope: &str, tool: &str, arguments: &Value) -> Value {
        let response = self.call(scope, tool, arguments).await;
        assert_eq!(response.status(), 200, "{tool}");
        message(response).await["result"]["structuredContent"].clone()
    }
}

fn common(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    for (name, value) in [
        (header::HOST, "localhost:8000"),
        (header::ACCEPT, "application/json, text/event-stream"),
        (header::CONTENT_TYPE, "application/json"),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    headers
}

fn call(tool: &str, arguments: &Value) -> Value {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": tool, "arguments": arguments, "_meta": meta()},
    })
}

fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    })
}

/// The JSON-RPC message of a response, plain or as the event stream's last event with data.
pub(crate) async fn message(response: Response<Body>) -> Value {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut events = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let last = events.rfind(|data| data.trim().starts_with('{')).unwrap_or(&text);
    serde_json::from_str(last).unwrap_or_else(|_| panic!("no message: {text}"))
}
