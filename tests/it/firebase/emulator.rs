//! The Firebase emulator, whose tokens nobody signs: believed on this machine, by the file's word.

use serde_json::json;

use super::world::{UNTRUSTED, World};
use crate::federation::token::{Defect, Draft};

pub(super) const KEYS: &[&str] = &[
    "emulator = \"127.0.0.1:9099\"",
    "endpoints = { toolkit = \"http://127.0.0.1:9099/identitytoolkit.googleapis.com/v1/\" }",
];

const ALGORITHM: &str = "the signature algorithm is not allowed";

/// A token as the emulator writes it: `{"alg":"none","typ":"JWT"}`, no key, no signature.
pub(super) fn unsigned(draft: &mut Draft) {
    draft.header = json!({ "alg": "none", "typ": "JWT" });
    draft.finish = |token| format!("{}.", token.rsplit_once('.').unwrap().0);
}

#[tokio::test]
async fn an_unsigned_token_signs_in_where_the_file_names_an_emulator() {
    let world = World::with(KEYS, &[]).await;
    world.google.now(|desk| desk.defect = unsigned);
    let landing = world.walk().await.landing();
    assert_eq!(world.redeem(&landing).await.0, "admin read write");
    world.log_keeps_secrets();
}

#[tokio::test]
async fn an_unsigned_token_is_refused_where_the_file_names_none() {
    let world = World::sdk().await;
    world.refuses(unsigned, UNTRUSTED, ALGORITHM).await;
    assert_eq!(world.google.asked("/securetoken/keys").await, 0);
}

#[tokio::test]
async fn an_environment_variable_turns_no_signature_off() {
    let world = World::with(&[], &[("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099")]).await;
    world.refuses(unsigned, UNTRUSTED, "the ID token was refused").await;
}

#[tokio::test]
async fn only_a_token_that_says_it_is_unsigned_is_believed_of_the_emulator() {
    let world = World::with(KEYS, &[]).await;
    let rows: &[(&str, Defect)] = &[
        ("a signed one", |_| {}),
        ("one that names a key", |draft| {
            unsigned(draft);
            draft.header["kid"] = json!("k");
        }),
        ("one that only says RS256", |draft| {
            unsigned(draft);
            draft.header["alg"] = json!("RS256");
        }),
        ("one of another type", |draft| {
            unsigned(draft);
            draft.header["typ"] = json!("at+jwt");
        }),
        ("None", |draft| {
            unsigned(draft);
            draft.header["alg"] = json!("None");
        }),
        ("none with a signature", |draft| draft.header = json!({ "alg": "none", "typ": "JWT" })),
        ("an extension", |draft| {
            unsigned(draft);
            draft.header["crit"] = json!(["exp"]);
        }),
    ];
    for (name, defect) in rows {
        let why = match *name {
            "a signed one" | "none with a signature" => "malformed: not three segments",
            _ => ALGORITHM,
        };
        world.refuses(*defect, UNTRUSTED, why).await;
    }
}

#[tokio::test]
async fn every_rule_but_the_signature_holds_for_the_emulator() {
    let world = World::with(KEYS, &[]).await;
    let rows: &[(&str, &str, Defect)] = &[
        (UNTRUSTED, "claim `iss` is not the provider", |draft| {
            unsigned(draft);
            draft.claim("iss", "https://securetoken.google.com/other");
        }),
        (UNTRUSTED, "claim `aud` is another client", |draft| {
            unsigned(draft);
            draft.claim("aud", "other");
        }),
        (UNTRUSTED, "claim `aud` is not one string", |draft| {
            unsigned(draft);
            draft.claim("aud", json!(["example-1a2b3"]));
        }),
        (UNTRUSTED, "the token has expired", |draft| {
            unsigned(draft);
            draft.claim("exp", draft.now() - 61);
        }),
        (UNTRUSTED, "claim `auth_time` is before the sign-in", |draft| {
            unsigned(draft);
            draft.claim("auth_time", draft.now() - 31);
        }),
        (UNTRUSTED, "malformed: payload", |draft| {
            unsigned(draft);
            let twice = draft.claims.to_string().replacen('{', "{\"sub\":\"mallory\",", 1);
            draft.claims_bytes = Some(twice.into_bytes());
        }),
        (super::world::DENIED, "and not so: claim", |draft| {
            unsigned(draft);
            draft.claims["firebase"]["sign_in_provider"] = json!("anonymous");
        }),
        (super::world::DENIED, "no verified e-mail address", |draft| {
            unsigned(draft);
            draft.claim("email_verified", false);
        }),
    ];
    for (error, why, defect) in rows {
        world.refuses(*defect, error, why).await;
    }
}

#[tokio::test]
async fn an_unsigned_token_counts_once_too() {
    let world = World::with(KEYS, &[]).await;
    let token = world.google.bad_token(unsigned);
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    assert_eq!(world.post(&mut browser, &page.state, &token).await.status, 200);
    world.refuses_token(&token, "400 replayed", "").await;
}

#[tokio::test]
async fn the_page_says_aloud_that_identities_are_invented() {
    let world = World::with(KEYS, &[]).await;
    let page = world.open(&mut world.service.browser()).await;
    assert!(page.answer.body.contains("class=\"loud\""));
    assert!(page.answer.body.contains("Anyone who can open this page can be anyone."));
    let policy = page.answer.header("content-security-policy");
    let names = policy.matches("http://127.0.0.1:9099").count();
    assert_eq!(names, 2, "connect-src and frame-src: {policy}");
    let without = World::sdk().await;
    let page = without.open(&mut without.service.browser()).await;
    assert!(!page.answer.body.contains("class=\"loud\""));
    assert!(!page.answer.header("content-security-policy").contains("127.0.0.1"));
}
