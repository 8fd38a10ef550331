//! What a setting changes, and what it must not.

use serde_json::json;

use crate::harness::{Service, Setup, claims};

fn ed_dsa() -> Setup {
    Setup::new().variable("COUNTERSIGN_SIGNING_ALG", "EdDSA")
}

#[tokio::test]
async fn tokens_are_signed_by_ed_dsa_when_that_is_set() {
    let service = ed_dsa().start().await;
    let tokens = service.tokens("alice").await;
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(claims(access).0["alg"], "EdDSA");
    assert_eq!(service.mcp(access).await, 200);
    let mut key = service.get("/jwks").await.json()["keys"][0].take();
    assert_eq!(key["kid"], claims(access).0["kid"]);
    for fresh in ["kid", "x"] {
        assert_eq!(key[fresh].take().as_str().unwrap().len(), 43);
    }
    insta::assert_snapshot!(key, @r#"{"alg":"EdDSA","crv":"Ed25519","kid":null,"kty":"OKP","use":"sig","x":null}"#);
}

#[tokio::test]
async fn tokens_signed_before_the_algorithm_changed_are_still_good() {
    let setup = ed_dsa();
    let service = setup.clone().start().await;
    let before = service.tokens("alice").await;
    let before = before["access_token"].as_str().unwrap();
    drop(service);
    let service = setup.variable("COUNTERSIGN_SIGNING_ALG", "ES256").start().await;
    assert_eq!(service.get("/jwks").await.json()["keys"].as_array().unwrap().len(), 2);
    assert_eq!(service.mcp(before).await, 200);
    let after = service.tokens("alice").await;
    assert_eq!(claims(after["access_token"].as_str().unwrap()).0["alg"], "ES256");
}

#[tokio::test]
async fn the_same_key_signs_after_a_restart() {
    let service = Service::start().await;
    let tokens = service.tokens("alice").await;
    let keys = service.get("/jwks").await.body;
    let service = service.restart().await;
    assert_eq!(service.get("/jwks").await.body, keys);
    assert_eq!(service.mcp(tokens["access_token"].as_str().unwrap()).await, 200);
}

#[tokio::test]
async fn an_access_token_lives_as_long_as_is_set_and_no_longer() {
    let service = Setup::new().variable("COUNTERSIGN_ACCESS_TTL", "5m").start().await;
    let tokens = service.tokens("bob").await;
    assert_eq!(tokens["expires_in"], 300);
    let access = tokens["access_token"].as_str().unwrap();
    let claims = claims(access).1;
    assert_eq!(claims["exp"], json!(claims["iat"].as_i64().unwrap() + 300));
    service.wait(299);
    assert_eq!(service.mcp(access).await, 200);
    service.wait(1 + 60);
    assert_eq!(service.mcp(access).await, 401);
}

#[tokio::test]
async fn a_rotated_master_key_still_opens_what_the_old_one_sealed() {
    let setup = Setup::new();
    // The issuer of the development provider must stay what it was.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let setup = setup.variable("COUNTERSIGN_DEV_IDP_LISTEN", &port.to_string());
    let with = |keys: &str| setup.clone().variable("COUNTERSIGN_MASTER_KEY", keys);
    let service = with(OLD).start().await;
    let (client, token) = service.lineage("alice").await;
    drop(service);
    let service = with(&format!("{NEW},{OLD}")).start().await;
    let rotated = service.token(&service.refresh(&client, &token)).await;
    assert_eq!(rotated.status, 200, "{}", rotated.body);
    let token = rotated.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(service.token(&service.refresh(&client, &token)).await.status, 200);
}

const OLD: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
const NEW: &str = "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P0A";
