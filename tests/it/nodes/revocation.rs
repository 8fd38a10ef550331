//! What one node ended is refused by the others at their next look, two seconds later at most: also where
//! a guard had verified the token before.

use std::time::Duration;

use countersign::store::{Issued as _, Nodes as _, People as _};
use http::{Method, Request, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::Nodes;
use crate::{
    harness::{Form, Service, Setup},
    tokens::{hand, person, wish},
};

impl Nodes {
    /// Both nodes know the token; after `end` at one of them the other refuses it at its next look.
    async fn ends_everywhere(&self, token: &str, end: impl AsyncFnOnce(&Service)) {
        assert_eq!((self.here.mcp(token).await, self.there.mcp(token).await), (OK, OK));
        end(&self.here).await;
        self.there.look().await;
        assert_eq!(self.there.mcp(token).await, 401);
    }
}

const OK: http::StatusCode = http::StatusCode::OK;

#[tokio::test]
async fn an_app_that_was_disconnected() {
    let nodes = Nodes::of("alice").await;
    let alice = person(&nodes.here, "Alice Admin").await.id;
    let client = countersign::protocol::id::ClientId::new(nodes.client.as_str());
    let end =
        async |here: &Service| here.store.disconnect(&alice, &client, here.now()).await.unwrap();
    nodes.ends_everywhere(&nodes.access, end).await;
    assert!(nodes.turn(&nodes.there, &nodes.refresh).await.is_err());
}

#[tokio::test]
async fn a_person_who_was_disabled() {
    let nodes = Nodes::of("alice").await;
    let alice = person(&nodes.here, "Alice Admin").await.id;
    let end = async |here: &Service| {
        assert!(here.store.disable(&alice, true, here.now()).await.unwrap());
    };
    nodes.ends_everywhere(&nodes.access, end).await;
    assert!(nodes.turn(&nodes.there, &nodes.refresh).await.is_err());
}

#[tokio::test]
async fn a_family_whose_token_was_used_twice() {
    let nodes = Nodes::of("alice").await;
    let next = nodes.turn(&nodes.here, &nodes.refresh).await.unwrap();
    nodes.turn(&nodes.there, &next).await.unwrap();
    let end = async |_: &Service| {
        assert!(nodes.turn(&nodes.here, &nodes.refresh).await.unwrap_err().contains("revoked"));
    };
    nodes.ends_everywhere(&nodes.access, end).await;
}

#[tokio::test]
async fn a_token_that_its_client_revoked() {
    let nodes = Nodes::of("alice").await;
    let form = Form::of(&[("client_id", &nodes.client), ("token", &nodes.access)]);
    let end = async |here: &Service| {
        assert_eq!(here.post("/revoke", &form, &[]).await.status, 200);
    };
    nodes.ends_everywhere(&nodes.access, end).await;
}

#[tokio::test]
async fn a_personal_token() {
    let nodes = Nodes::of("alice").await;
    let alice = person(&nodes.here, "Alice Admin").await;
    let made = hand(&nodes.here).create_for(&alice, &wish("demo", "read")).await;
    let (token, _) = made.unwrap_or_else(|_| panic!("no token"));
    let id = nodes.here.store.personal_tokens(Some(&alice.id)).await.unwrap()[0].grant.id;
    let end = async |here: &Service| {
        assert!(here.revoker.revoke(&id, here.now()).await.unwrap());
    };
    nodes.ends_everywhere(token.reveal(), end).await;
}

#[tokio::test]
async fn an_opaque_token() {
    let setup =
        Setup::new().edit("servers/demo.toml", |text| format!("tokens = \"opaque\"\n{text}"));
    let nodes = Nodes::on(setup.start().await, "alice").await;
    assert!(nodes.access.starts_with("cs_at_"));
    let alice = person(&nodes.here, "Alice Admin").await.id;
    let end = async |here: &Service| here.store.sign_out(&alice, here.now()).await.unwrap();
    nodes.ends_everywhere(&nodes.access, end).await;
}

#[tokio::test]
async fn a_stream_that_is_open_at_another_node_ends() {
    let nodes = Nodes::of("alice").await;
    let mut stream = nodes.stream().await;
    let alice = person(&nodes.here, "Alice Admin").await.id;
    nodes.here.store.sign_out(&alice, nodes.here.now()).await.unwrap();
    assert!(!ends(&mut stream).await, "not before that node looked");
    nodes.there.look().await;
    assert!(ends(&mut stream).await);
}

impl Nodes {
    /// The server's own event stream, at the other node.
    async fn stream(&self) -> axum::body::Body {
        let request = |method: Method, session: Option<&str>, body: &str| {
            let mut request = Request::builder()
                .method(method)
                .uri("/mcp")
                .header(header::HOST, "localhost:8000")
                .header(header::AUTHORIZATION, format!("Bearer {}", self.access))
                .header(header::ACCEPT, "application/json, text/event-stream")
                .header(header::CONTENT_TYPE, "application/json");
            if let Some(session) = session {
                request = request.header("mcp-session-id", session);
            }
            request.body(axum::body::Body::from(body.to_owned())).unwrap()
        };
        let hello = request(Method::POST, None, INITIALIZE);
        let hello = self.there.router().oneshot(hello).await.unwrap();
        let session = hello.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let opened = request(Method::GET, Some(&session), "");
        let opened = self.there.router().oneshot(opened).await.unwrap();
        assert_eq!(opened.status(), 200);
        opened.into_body()
    }
}

/// Whether a body ends within a while; whatever it says before is passed over.
async fn ends(body: &mut axum::body::Body) -> bool {
    let end = async { while body.frame().await.is_some() {} };
    tokio::time::timeout(Duration::from_millis(300), end).await.is_ok()
}

#[tokio::test]
async fn what_was_ended_while_the_database_was_out_of_reach_is_seen_afterwards() {
    let nodes = Nodes::of("alice").await;
    assert_eq!(nodes.there.mcp(&nodes.access).await, 200);
    nodes.there.store.breaks("revoked_since");
    let alice = person(&nodes.here, "Alice Admin").await.id;
    nodes.here.store.sign_out(&alice, nodes.here.now()).await.unwrap();
    for _ in 0..10 {
        nodes.here.wait(120);
        assert!(nodes.there.try_look().await.is_err());
    }
    nodes.there.store.heals();
    nodes.there.look().await;
    assert_eq!(nodes.there.mcp(&nodes.access).await, 401);
}

#[tokio::test]
async fn a_node_whose_clock_is_a_minute_behind_is_heard_at_the_next_look_and_at_ten_within_half_a_minute()
 {
    for (behind, looks) in [(59, 1), (590, 15)] {
        let nodes = Nodes::of("alice").await;
        assert_eq!(nodes.there.mcp(&nodes.access).await, 200);
        let alice = person(&nodes.here, "Alice Admin").await.id;
        let theirs = nodes.here.now().minus(Duration::from_secs(behind));
        nodes.here.store.sign_out(&alice, theirs).await.unwrap();
        for _ in 0..looks {
            nodes.here.wait(2);
            nodes.there.look().await;
        }
        assert_eq!(nodes.there.mcp(&nodes.access).await, 401, "{behind} s behind");
    }
}

#[tokio::test]
async fn a_restored_backup_ends_at_every_node_what_was_issued_before() {
    let nodes = Nodes::of("alice").await;
    let end = async |here: &Service| {
        here.store.begin_epoch(here.now()).await.unwrap();
    };
    nodes.ends_everywhere(&nodes.access, end).await;
    assert!(nodes.turn(&nodes.here, &nodes.refresh).await.is_err());
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;

#[tokio::test]
async fn what_a_clock_forgot_while_it_ran_ahead_is_refused_again_once_it_is_set_back() {
    let nodes = Nodes::of("alice").await;
    let alice = person(&nodes.here, "Alice Admin").await.id;
    let end = async |here: &Service| {
        assert!(here.store.disable(&alice, true, here.now()).await.unwrap());
    };
    nodes.ends_everywhere(&nodes.access, end).await;
    let clock = &nodes.there.clock;
    clock.advance(Duration::from_mins(20));
    nodes.there.look().await;
    let right = nodes.there.now();
    clock.advance(Duration::from_hours(2));
    nodes.there.look().await;
    clock.set(right);
    nodes.there.look().await;
    assert_eq!(nodes.there.mcp(&nodes.access).await, 401);
}
