//! Tokens that are not access tokens of this issuer for this server, now.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::jose::{algorithm::Algorithm, sign::SigningKey};
use serde_json::json;

use super::{NOW, World, key, key_set};

#[tokio::test]
async fn a_good_token_tells_who_calls() {
    let world = World::new();
    let caller = world.call(&world.token(&json!({"scope": "write read"}))).await.unwrap();
    assert_eq!(caller.user().as_str(), "usr_alice");
    assert_eq!(caller.client().as_str(), "dyn_client");
    assert_eq!(caller.scopes().to_string(), "read write");
    assert_eq!(caller.claims().email.as_deref(), Some("alice@example.com"));
}

#[tokio::test]
async fn an_eddsa_token_is_as_good() {
    let world = World::new();
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap().0;
    world.keys.replace(key_set(&[&world.key, &key]));
    let token = key.sign(Some("application/at+jwt"), &world.claims()).unwrap();
    assert!(world.call(&token).await.is_ok());
}

#[tokio::test]
async fn a_token_for_another_server_is_refused() {
    let world = World::new();
    for aud in [
        json!("https://mcp.example/other"),
        json!("https://mcp.example/mcp/"),
        json!("https://MCP.example/mcp"),
        json!(["https://mcp.example/mcp"]),
        json!(null),
    ] {
        let token = world.token(&json!({"aud": aud}));
        assert!(matches!(world.refusal(&token).await, "claim" | "malformed"), "{aud}");
    }
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    let world = World::new();
    for iss in [json!("https://evil.example"), json!("https://auth.example/"), json!(null)] {
        assert_eq!(world.refusal(&world.token(&json!({"iss": iss}))).await, "claim", "{iss}");
    }
}

#[tokio::test]
async fn an_expired_token_is_refused_after_the_leeway() {
    let world = World::new();
    let token = world.token(&json!({}));
    world.clock.advance(Duration::from_secs(3600 + 59));
    assert!(world.call(&token).await.is_ok());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.refusal(&token).await, "expired");
}

#[tokio::test]
async fn a_token_from_the_future_is_refused() {
    let world = World::new();
    let token = world.token(&json!({"iat": NOW + 61}));
    assert_eq!(world.refusal(&token).await, "not_yet_valid");
}

#[tokio::test]
async fn a_token_that_lacks_a_claim_is_refused() {
    let world = World::new();
    for name in ["sub", "client_id", "scope", "jti", "iat", "exp", "auth_time", "idp", "grant_id"] {
        let token = world.token(&json!({name: null}));
        assert!(world.call(&token).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let world = World::new();
    let refresh = format!("cs_rt_{}", URL_SAFE_NO_PAD.encode([5; 68]));
    assert_eq!(world.refusal(&refresh).await, "malformed");
}

#[tokio::test]
async fn an_id_token_is_no_access_token() {
    let world = World::new();
    for typ in [None, Some("JWT"), Some("id_token+jwt")] {
        let token = world.key.sign(typ, &world.claims()).unwrap();
        assert_eq!(world.refusal(&token).await, "type", "{typ:?}");
    }
}

#[tokio::test]
async fn a_token_without_a_signature_is_refused() {
    let world = World::new();
    for alg in ["none", "None", "NONE"] {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": world.key.kid()}).to_string();
        let claims = world.claims().to_string();
        let parts = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        for signature in ["", "AAAA"] {
            let token = format!("{}.{}.{signature}", parts[0], parts[1]);
            assert!(matches!(world.refusal(&token).await, "algorithm" | "malformed"), "{alg}");
        }
    }
}

#[tokio::test]
async fn a_token_under_an_unknown_key_is_refused() {
    let world = World::new();
    let token = key().sign(Some("at+jwt"), &world.claims()).unwrap();
    assert_eq!(world.refusal(&token).await, "unknown_key");
}

#[tokio::test]
async fn a_token_that_borrows_the_name_of_our_key_is_refused() {
    let world = World::new();
    let good = world.token(&json!({}));
    let forged = key().sign(Some("at+jwt"), &world.claims()).unwrap();
    let (head, _) = good.split_once('.').unwrap();
    let (_, tail) = forged.split_once('.').unwrap();
    assert_eq!(world.refusal(&format!("{head}.{tail}")).await, "bad_signature");
}

#[tokio::test]
async fn a_token_with_one_byte_changed_is_refused() {
    let world = World::new();
    let token = world.token(&json!({}));
    assert!(world.call(&token).await.is_ok());
    for at in [5, token.len() / 2, token.len() - 10] {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(world.call(&String::from_utf8(bytes).unwrap()).await.is_err(), "{at}");
    }
}

#[tokio::test]
async fn a_flood_of_bytes_is_refused_unread() {
    let world = World::new();
    assert_eq!(world.refusal(&"a".repeat(100_000)).await, "too_long");
}
