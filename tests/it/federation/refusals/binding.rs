//! Good statements that belong to another sign-in.

use serde_json::json;

use super::{Row, UNTRUSTED};
use crate::federation::{
    kind::Kind,
    world::{World, query, with_param},
};

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

pub(crate) const NONCES: &[Row] = &[
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

/// What came beside the token is not what it was issued with.
pub(crate) const HASHES: &[Row] = &[
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
