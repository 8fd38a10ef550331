//! What is refused of every kind of provider is refused of Firebase as well.

use serde_json::{Value, json};

use super::{DENIED, UNTRUSTED, World, refused};
use crate::federation::{
    keys::{CURRENT, CURVE, NEXT, TestKey, short_jwk},
    refusals::{Row, algorithms, parties, people, structure, times},
};

#[tokio::test]
async fn a_token_without_the_form_of_one_is_refused() {
    refused(&[], UNTRUSTED, structure::FORMS).await;
    refused(&[], UNTRUSTED, structure::KEY_IDS).await;
}

#[tokio::test]
async fn a_token_of_another_algorithm_is_refused() {
    refused(&[], UNTRUSTED, algorithms::ALGORITHMS).await;
}

#[tokio::test]
async fn a_token_under_another_key_is_refused() {
    let (unknown, known): (Vec<Row>, Vec<Row>) =
        algorithms::KEYS.iter().partition(|(_, why, _)| *why == algorithms::UNKNOWN);
    for row in unknown {
        refused(&[], UNTRUSTED, &[row]).await; // Each costs a fetch, and those are rationed.
    }
    refused(&[], UNTRUSTED, &known).await;
}

#[tokio::test]
async fn a_token_of_another_kind_is_refused() {
    refused(&[], UNTRUSTED, parties::KINDS).await;
}

#[tokio::test]
async fn a_token_that_is_not_of_this_moment_is_refused() {
    refused(&[], UNTRUSTED, times::TIMES).await;
}

#[tokio::test]
async fn an_address_that_is_not_verified_lets_nobody_in() {
    refused(&[], DENIED, people::ADDRESSES).await;
}

#[tokio::test]
async fn a_key_that_is_published_for_something_else_verifies_nothing() {
    let unfit: [(&'static TestKey, Value); 3] = [
        (&NEXT, NEXT.jwk_with(&json!({ "alg": "PS256" }))),
        (&NEXT, short_jwk(NEXT.kid())),
        (&CURVE, CURVE.jwk()),
    ];
    for (signer, jwk) in unfit {
        let world = World::sdk().await;
        world.google.now(|desk| {
            desk.keys = vec![CURRENT.jwk(), jwk];
            desk.signer = signer;
        });
        world.refuses(|_| {}, UNTRUSTED, "the ID token was refused").await;
    }
}
