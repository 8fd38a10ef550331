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
}

#[tokio::test]
async fn a_token_that_can_be_read_in_two_ways_is_refused() {
    refused(&[], UNTRUSTED, structure::READINGS).await;
}

#[tokio::test]
async fn a_token_of_another_algorithm_is_refused() {
    refused(&[], UNTRUSTED, algorithms::ALGORITHMS).await;
}

#[tokio::test]
async fn a_token_that_brings_its_own_key_is_refused() {
    let (foreign, borrowed): (Vec<Row>, Vec<Row>) =
        algorithms::KEYS.iter().partition(|(_, why, _)| *why == algorithms::UNKNOWN);
    for row in foreign {
        // Each costs a fetch of the key set, and those are rationed.
        refused(&[], UNTRUSTED, &[row]).await;
    }
    refused(&[], UNTRUSTED, &borrowed).await;
}

#[tokio::test]
async fn a_token_that_asks_for_an_extension_or_is_of_another_type_is_refused() {
    refused(&[], UNTRUSTED, algorithms::HEADERS).await;
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    refused(&[], UNTRUSTED, parties::ISSUERS).await;
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
async fn a_token_about_nobody_is_refused() {
    refused(&[], UNTRUSTED, people::SUBJECTS).await;
}

#[tokio::test]
async fn an_address_that_is_not_verified_lets_nobody_in() {
    refused(&[], DENIED, people::ADDRESSES).await;
}

#[tokio::test]
async fn a_key_that_is_published_for_something_else_verifies_nothing() {
    let unfit: [(&'static TestKey, Value); 5] = [
        (&NEXT, NEXT.jwk_with(&json!({ "use": "enc", "alg": null }))),
        (&NEXT, NEXT.jwk_with(&json!({ "use": null, "key_ops": ["encrypt"] }))),
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
