//! `/token` of the development identity provider.

use std::time::Duration;

use countersign::{
    ambient::Timestamp,
    jose::{
        algorithm::Algorithm,
        id_token::{IdTokenExpectations, verify_id_token},
        keys::KeySet,
    },
    protocol::pkce::Verifier,
};
use serde_json::Value;

use super::{Form, NOW, SECRET, World, exchange, json_of, text};

const BASIC: &str = "countersign-dev:not+a+secret";

async fn error(world: &World, form: &Form, basic: Option<&str>) -> (u16, String) {
    let response = world.post("/token", form, basic).await;
    let status = response.status().as_u16();
    assert_eq!(response.headers()["cache-control"], "no-store");
    (status, json_of(response).await["error"].as_str().unwrap().to_owned())
}

async fn keys(world: &World) -> KeySet {
    let body = text(world.get("/jwks").await).await;
    KeySet::parse(body.as_bytes(), &[Algorithm::Es256]).unwrap()
}

#[tokio::test]
async fn a_code_buys_an_id_token_that_passes_every_clause() {
    let world = World::new();
    let form = exchange(&world.code().await);
    world.wait(30);
    let tokens = json_of(world.post("/token", &form, Some(BASIC)).await).await;
    assert_eq!(tokens["token_type"], "Bearer");
    let expect = IdTokenExpectations {
        issuers: &["http://localhost:8001".to_owned()],
        audience: "countersign-dev",
        nonce: Some("n1"),
        algorithms: &[Algorithm::Es256],
        access_token: tokens["access_token"].as_str(),
        code: None,
        max_age: Some(Duration::from_mins(1)),
        leeway: Duration::ZERO,
        max_token_age: Duration::from_mins(10),
        max_lifetime: Duration::from_mins(5),
        allow_missing_kid: false,
        single_audience: false,
        since: None,
    };
    let raw = tokens["id_token"].as_str().unwrap();
    let now = Timestamp::from_unix(NOW + 30);
    let token = verify_id_token(raw, &keys(&world).await, &expect, now).unwrap();
    assert_eq!(token.subject(), "alice");
    assert_eq!(token.auth_time(), Some(Timestamp::from_unix(NOW)));
    let claim = |name: &str| token.claims()[name].clone();
    assert_eq!(claim("email"), "alice@example.com");
    assert_eq!(claim("email_verified"), Value::Bool(true));
    assert_eq!(claim("roles")[0], "admin");
}

#[tokio::test]
async fn the_secret_may_come_in_the_body() {
    let world = World::new();
    let form = exchange(&world.code().await)
        .with("client_id", "countersign-dev")
        .with("client_secret", SECRET);
    assert_eq!(world.post("/token", &form, None).await.status(), 200);
}

#[tokio::test]
async fn a_code_is_spent_by_its_first_use() {
    let world = World::new();
    let form = exchange(&world.code().await);
    assert_eq!(world.post("/token", &form, Some(BASIC)).await.status(), 200);
    assert_eq!(error(&world, &form, Some(BASIC)).await, (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn a_code_dies_after_a_minute() {
    let world = World::new();
    let form = exchange(&world.code().await);
    world.wait(60);
    assert_eq!(error(&world, &form, Some(BASIC)).await.1, "invalid_grant");
}

#[tokio::test]
async fn a_wrong_verifier_or_redirect_burns_the_code() {
    let world = World::new();
    let other = Verifier::from_entropy([8; 32]);
    for spoil in [
        ("code_verifier", other.reveal()),
        ("code_verifier", ""),
        ("redirect_uri", "http://localhost:8000/callback/other"),
    ] {
        let good = exchange(&world.code().await);
        let bad = good.clone().with(spoil.0, spoil.1);
        assert_eq!(error(&world, &bad, Some(BASIC)).await.1, "invalid_grant", "{spoil:?}");
        assert_eq!(error(&world, &good, Some(BASIC)).await.1, "invalid_grant", "{spoil:?}");
    }
}

#[tokio::test]
async fn a_client_that_cannot_prove_itself_spends_nothing() {
    let world = World::new();
    let form = exchange(&world.code().await);
    for basic in [None, Some("countersign-dev:wrong"), Some("other:not+a+secret"), Some("nocolon")]
    {
        assert_eq!(error(&world, &form, basic).await, (401, "invalid_client".to_owned()));
    }
    let named = form.clone().with("client_id", "countersign-dev");
    assert_eq!(error(&world, &named, None).await.1, "invalid_client");
    assert_eq!(world.post("/token", &form, Some(BASIC)).await.status(), 200);
}

#[tokio::test]
async fn malformed_requests_are_named_by_the_book() {
    let world = World::new();
    let form = exchange(&world.code().await);
    let other = form.clone().with("grant_type", "password");
    assert_eq!(error(&world, &other, Some(BASIC)).await.1, "unsupported_grant_type");
    let none = form.clone().without("code");
    assert_eq!(error(&world, &none, Some(BASIC)).await.1, "invalid_request");
    assert_eq!(world.get("/token").await.status(), 405);
    assert_eq!(world.post("/token", &form, Some(BASIC)).await.status(), 200);
}
