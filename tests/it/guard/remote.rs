//! A guard elsewhere, which finds and fetches the keys.

use std::{sync::Arc, time::Duration};

use countersign::{
    ambient::{ManualClock, Timestamp},
    guard::{Caller, Guard, GuardRefusal, Protected, RemoteKeys},
    jose::sign::SigningKey,
    protocol::{resource::Resource, scope::Scopes},
};
use http::{HeaderMap, Uri, header};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use super::{NOW, RESOURCE, World, key, shown};

const METADATA: &str = "/.well-known/oauth-authorization-server";

/// An authorization server on loopback and a guard that trusts it.
struct Elsewhere {
    server: MockServer,
    guard: Guard,
    clock: Arc<ManualClock>,
    key: SigningKey,
}

impl Elsewhere {
    async fn new() -> Self {
        let server = MockServer::start().await;
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix(NOW)));
        let keys = RemoteKeys::with_clock(&server.uri(), clock.clone()).unwrap();
        let protected = Protected {
            resource: Resource::new(RESOURCE),
            issuer: server.uri(),
            scopes: Scopes::default(),
            name: "Elsewhere".to_owned(),
        };
        let guard = Guard::remote(protected, keys).with_clock(clock.clone());
        Self { server, guard, clock, key: key() }
    }

    async fn answers(&self, at: &str, status: u16, body: Value) {
        let response = ResponseTemplate::new(status).set_body_json(body);
        let mock = Mock::given(method("GET")).and(path(at));
        mock.respond_with(response).mount(&self.server).await;
    }

    async fn publishes(&self) {
        let uri = self.server.uri();
        let metadata = json!({"issuer": uri, "jwks_uri": format!("{uri}/jwks")});
        self.answers(METADATA, 200, metadata).await;
        self.answers("/jwks", 200, json!({"keys": [self.key.public_jwk()]})).await;
    }

    async fn call(&self, token: &str) -> Result<Caller, GuardRefusal> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        self.guard.caller(&headers, &Uri::from_static("/")).await
    }

    async fn call_good(&self) -> Result<Caller, GuardRefusal> {
        self.call(&token(&self.key, &self.server.uri())).await
    }

    async fn requests(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }
}

fn token(key: &SigningKey, iss: &str) -> String {
    let mut claims = World::new().claims();
    claims["iss"] = json!(iss);
    key.sign(Some("at+jwt"), &claims).unwrap()
}

#[tokio::test]
async fn keys_are_found_by_the_metadata_and_fetched_once() {
    let there = Elsewhere::new().await;
    there.publishes().await;
    for _ in 0..3 {
        assert_eq!(there.call_good().await.unwrap().user().as_str(), "usr_alice");
    }
    assert_eq!(there.requests().await, 2);
}

#[tokio::test]
async fn a_token_of_another_issuer_costs_no_request() {
    let there = Elsewhere::new().await;
    there.publishes().await;
    let token = token(&there.key, "https://evil.example");
    assert_eq!(there.call(&token).await.expect_err("refused").code(), "claim");
    assert_eq!(there.requests().await, 0);
}

#[tokio::test]
async fn a_key_that_the_issuer_does_not_have_is_401() {
    let there = Elsewhere::new().await;
    there.publishes().await;
    let token = token(&key(), &there.server.uri());
    assert_eq!(there.call(&token).await.expect_err("refused").code(), "unknown_key");
}

#[tokio::test]
async fn metadata_that_names_another_issuer_is_not_believed() {
    let there = Elsewhere::new().await;
    let jwks_uri = format!("{}/jwks", there.server.uri());
    let metadata = json!({"issuer": "https://evil.example", "jwks_uri": jwks_uri});
    there.answers(METADATA, 200, metadata).await;
    assert_eq!(there.call_good().await.expect_err("refused").code(), "unavailable");
    assert_eq!(there.requests().await, 1);
}

#[tokio::test]
async fn an_issuer_out_of_reach_is_503_and_not_asked_at_each_call() {
    let there = Elsewhere::new().await;
    there.answers(METADATA, 503, json!({})).await;
    let refusal = there.call_good().await.expect_err("refused");
    assert!(there.call_good().await.is_err());
    assert_eq!(there.requests().await, 1);
    let response = shown(there.guard.refuse(&refusal)).await;
    assert!(response.starts_with("503 Service Unavailable\nretry-after: 5\n"), "{response}");
}

#[tokio::test]
async fn an_outage_ends_when_the_issuer_is_back() {
    let there = Elsewhere::new().await;
    assert!(there.call_good().await.is_err());
    there.publishes().await;
    there.clock.advance(Duration::from_secs(5));
    assert!(there.call_good().await.is_ok());
}

#[tokio::test]
async fn keys_once_fetched_outlive_an_outage() {
    let there = Elsewhere::new().await;
    there.publishes().await;
    assert!(there.call_good().await.is_ok());
    there.server.reset().await;
    there.clock.advance(Duration::from_secs(3590));
    assert!(there.call_good().await.is_ok());
}

#[tokio::test]
async fn a_key_withdrawn_by_the_issuer_dies_here_within_a_quarter_of_an_hour() {
    let there = Elsewhere::new().await;
    there.publishes().await;
    let stolen = token(&there.key, &there.server.uri());
    assert!(there.call(&stolen).await.is_ok());
    there.server.reset().await;
    there.answers("/jwks", 200, json!({"keys": [key().public_jwk()]})).await;
    there.clock.advance(Duration::from_mins(15));
    assert_eq!(there.call(&stolen).await.expect_err("refused").code(), "unknown_key");
}
