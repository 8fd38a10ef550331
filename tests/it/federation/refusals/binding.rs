//! Good statements that belong to another sign-in.

use serde_json::json;

use super::{Row, UNTRUSTED, refused_by_every_kind};
use crate::federation::{
    fake::Manner,
    kind::Kind,
    world::{World, query, with_param},
};

#[tokio::test]
async fn a_token_of_another_sign_in_is_refused() {
    refused_by_every_kind(NONCES).await;
}

#[tokio::test]
async fn a_token_beside_another_access_token_or_code_is_refused() {
    refused_by_every_kind(HASHES).await;
}

#[tokio::test]
async fn a_token_once_used_is_refused_in_another_sign_in() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert!(world.walk().await.landing().contains_key("code"));
        let rows = world.service.rows();
        let replay = world.provider.now(|desk| desk.replied.to_string());
        world.provider.now(|desk| desk.token = Manner::Body(200, replay));
        let answer = world.walk().await;
        world.was_told(&answer, UNTRUSTED, "claim `nonce` is not the one we sent");
        assert_eq!(world.service.rows(), rows);
    }
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_refused_because_its_verifier_is_another() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let (mut victim, mut attacker) = (world.service.browser(), world.service.browser());
        let (own, other) = (world.callback(&mut attacker).await, world.callback(&mut victim).await);
        let answer =
            attacker.get(&with_param(&own, "code", query(&other, "code").as_deref())).await;
        world.was_told(&answer, UNTRUSTED, "refuses the code: invalid_grant");
        assert_eq!(world.service.rows(), "clients 1, sign_ins 1");
        let late = victim.get(&other).await;
        world.was_refused(&late, UNTRUSTED, "refuses the code: invalid_grant");
    }
}

#[tokio::test]
async fn an_answer_that_names_another_issuer_is_refused() {
    for kind in Kind::ALL {
        for other in ["https://issuer.example", "https://accounts.google.com/", " "] {
            let world = World::of(kind).await;
            let mut browser = world.service.browser();
            let back = world.callback(&mut browser).await;
            let answer = browser.get(&with_param(&back, "iss", Some(other))).await;
            world.was_refused(&answer, UNTRUSTED, "the answer came from another issuer");
            assert_eq!(world.provider.asked(kind.token_path()).await, 0, "no code leaves us");
        }
    }
}

#[tokio::test]
async fn an_answer_without_the_issuer_that_was_promised_is_refused() {
    for kind in [Kind::Oidc, Kind::Auth0] {
        let world = World::of(kind).await;
        world.provider.now(|desk| {
            desk.metadata["authorization_response_iss_parameter_supported"] = json!(true);
        });
        let answer = world.walk().await;
        world.was_refused(&answer, UNTRUSTED, "the answer came from another issuer");
        assert_eq!(world.provider.asked(kind.token_path()).await, 0, "no code leaves us");

        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        let issuer = kind.issuer(&world.provider.uri);
        let answer = browser.get(&with_param(&back, "iss", Some(&issuer))).await;
        assert!(answer.landing().contains_key("code"), "{kind:?}");
    }
}

const NONCES: &[Row] = &[
    ("no nonce", "claim `nonce` is missing", |draft| draft.without("nonce")),
    ("another nonce", "claim `nonce` is not the one we sent", |draft| {
        draft.claim("nonce", "n-0S6_WzA2Mj");
    }),
    ("an empty nonce", "claim `nonce` is not the one we sent", |draft| draft.claim("nonce", "")),
    ("a list with the nonce in it", "claim `nonce` is not a string", |draft| {
        let nonce = draft.claims["nonce"].take();
        draft.claim("nonce", json!([nonce, "another"]));
    }),
    ("a nonce of null", "claim `nonce` is not a string", |draft| draft.claim("nonce", json!(null))),
];

const HASHES: &[Row] = &[
    ("the hash of another access token", "claim `at_hash`", |draft| {
        draft.claim("at_hash", "77QmUPtjPfzWtF2AnpK9RQ");
    }),
    ("a hash that is no text", "claim `at_hash` is not a string", |draft| {
        draft.claim("at_hash", json!(["77QmUPtjPfzWtF2AnpK9RQ"]));
    }),
    ("an empty hash", "claim `at_hash`", |draft| draft.claim("at_hash", "")),
    ("another access token beside the hash", "claim `at_hash`", |draft| {
        draft.claim("at_hash", "77QmUPtjPfzWtF2AnpK9RQ");
        draft.reply = json!({ "access_token": "another" });
    }),
    ("the hash of another code", "claim `c_hash`", |draft| {
        draft.claim("c_hash", "LDktKdoQak3Pk0cnXxCltA");
    }),
];
