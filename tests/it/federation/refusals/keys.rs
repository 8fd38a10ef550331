//! Keys that a provider publishes, and that yet must not verify.

use std::time::Duration;

use serde_json::json;

use super::UNTRUSTED;
use crate::federation::{
    keys::{CURRENT, CURVE, NEXT, TestKey, short_jwk},
    kind::Kind,
    world::World,
};

/// Publishes the current key and another; a token signed by that other is refused.
pub(crate) async fn refused(
    other: impl Fn() -> serde_json::Value,
    signer: &'static TestKey,
    why: &str,
) {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.provider.now(|desk| {
            desk.keys.push(other());
            desk.signer = signer;
        });
        let answer = world.walk().await;
        world.was_refused(&answer, UNTRUSTED, why);
    }
}

#[tokio::test]
async fn a_curve_key_that_is_published_is_refused_where_rs256_is_pinned() {
    refused(|| CURVE.jwk(), &CURVE, "the signature algorithm is not allowed").await;
}

#[tokio::test]
async fn a_key_of_another_rsa_algorithm_is_refused() {
    refused(|| NEXT.jwk_with(&json!({ "alg": "PS256" })), &NEXT, UNKNOWN).await;
}

#[tokio::test]
async fn a_key_published_with_its_private_half_is_refused() {
    refused(|| NEXT.jwk_with(&json!({ "d": "AQAB" })), &NEXT, UNKNOWN).await;
}

#[tokio::test]
async fn an_rsa_key_of_1024_bits_or_with_exponent_one_is_refused() {
    refused(|| short_jwk(NEXT.kid()), &NEXT, UNKNOWN).await;
    refused(|| NEXT.jwk_with(&json!({ "e": "AQ" })), &NEXT, UNKNOWN).await;
}

#[tokio::test]
async fn a_symmetric_key_is_refused() {
    let octets = || json!({ "kty": "oct", "kid": NEXT.kid(), "k": "c2VjcmV0", "alg": "HS256" });
    refused(octets, &NEXT, UNKNOWN).await;
}

#[tokio::test]
async fn a_key_withdrawn_since_the_last_fetch_is_refused_within_the_hour() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.keys.push(NEXT.jwk()));
        let answer = world.walk().await;
        assert!(answer.landing().contains_key("code"));
        let rows = world.service.rows();
        world.provider.now(|desk| desk.keys.remove(0));
        world.service.clock.advance(Duration::from_secs(3601));
        let answer = world.walk().await;
        assert_eq!(answer.landing()["error"], UNTRUSTED, "{kind:?}");
        assert!(world.service.log.text().contains(UNKNOWN));
        assert_eq!(world.service.rows(), rows);
        world.log_keeps_secrets();
        assert_eq!(CURRENT.kid(), world.provider.now(|desk| desk.signer.kid().to_owned()));
    }
}

pub(crate) const UNKNOWN: &str = "the token's key is unknown";
