//! What was verified once is still judged on every call.

use std::time::Duration;

use countersign::{ambient::Timestamp, protocol::id::GrantId};
use serde_json::json;

use super::{NOW, World, key, key_set};

#[tokio::test]
async fn a_revoked_grant_is_refused_fresh_and_cached() {
    let world = World::new();
    let (seen, unseen) = (world.token(&json!({})), world.token(&json!({"jti": "t2"})));
    assert!(world.call(&seen).await.is_ok());
    let now = Timestamp::from_unix(NOW);
    let until = now.plus(Duration::from_hours(2));
    world.revocations.revoke(GrantId::from_bytes([7; 16]), until, now);
    assert_eq!(world.refusal(&seen).await, "revoked");
    assert_eq!(world.refusal(&unseen).await, "revoked");
    let other = GrantId::from_bytes([8; 16]);
    assert!(world.call(&world.token(&json!({"grant_id": other}))).await.is_ok());
}

#[tokio::test]
async fn a_cached_token_expires_like_any_other() {
    let world = World::new();
    let token = world.token(&json!({"exp": NOW + 30}));
    assert!(world.call(&token).await.is_ok());
    world.clock.advance(Duration::from_secs(90));
    assert_eq!(world.refusal(&token).await, "expired");
}

#[tokio::test]
async fn a_cached_token_dies_with_its_key() {
    let world = World::new();
    let token = world.token(&json!({}));
    assert!(world.call(&token).await.is_ok());
    world.keys.replace(key_set(&[&key()]));
    assert_eq!(world.refusal(&token).await, "unknown_key");
}

#[tokio::test]
async fn a_key_set_that_grows_leaves_good_tokens_good() {
    let world = World::new();
    let token = world.token(&json!({}));
    assert!(world.call(&token).await.is_ok());
    world.keys.replace(key_set(&[&key(), &world.key]));
    assert!(world.call(&token).await.is_ok());
}
