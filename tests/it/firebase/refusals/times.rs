//! What ties a token without a nonce to a sign-in is its times.

use serde_json::json;

use super::{Row, UNTRUSTED, World, refused};

#[tokio::test]
async fn a_token_made_before_the_sign_in_began_is_refused() {
    refused(&[], UNTRUSTED, BEFORE).await;
}

#[tokio::test]
async fn a_token_without_a_good_time_of_sign_in_is_refused() {
    refused(&[], UNTRUSTED, AUTH_TIMES).await;
}

#[tokio::test]
async fn a_token_of_an_earlier_sign_in_that_was_refreshed_is_refused() {
    let world = World::sdk().await;
    let stolen = world.google.token();
    world.service.wait(31);
    world.refuses_token(&stolen, UNTRUSTED, "claim `iat` is before the sign-in began").await;
    let refreshed = world.google.bad_token(|draft| draft.claim("auth_time", draft.now() - 31));
    let why = "claim `auth_time` is before the sign-in began";
    world.refuses_token(&refreshed, UNTRUSTED, why).await;
}

const BEFORE: &[Row] = &[
    ("issued 31 s before", "claim `iat` is before the sign-in began", |draft| {
        let then = draft.now() - 31;
        draft.claim("auth_time", then);
        draft.claim("iat", then);
    }),
    ("signed in 31 s before", "claim `auth_time` is before the sign-in began", |draft| {
        draft.claim("auth_time", draft.now() - 31);
    }),
    ("signed in 30 days before", "claim `auth_time` is before the sign-in began", |draft| {
        draft.claim("auth_time", draft.now() - 2_592_000);
    }),
    ("signed in in 1970", "claim `auth_time` is before the sign-in began", |draft| {
        draft.claim("auth_time", 0);
    }),
    ("signed in after it was issued", "claim `auth_time` is later than `iat`", |draft| {
        draft.claim("auth_time", draft.now());
        draft.claim("iat", draft.now() - 1);
    }),
];

const AUTH_TIMES: &[Row] = &[
    ("none", "claim `auth_time` is missing", |draft| draft.without("auth_time")),
    ("in the future", "not valid yet", |draft| draft.claim("auth_time", draft.now() + 61)),
    ("a text", "claim `auth_time` is not a date", |draft| {
        draft.claim("auth_time", draft.now().to_string());
    }),
    ("null", "claim `auth_time` is not a date", |draft| draft.claim("auth_time", json!(null))),
    ("negative", "claim `auth_time` is not a date", |draft| draft.claim("auth_time", -1)),
    ("a list", "claim `auth_time` is not a date", |draft| {
        draft.claim("auth_time", json!([draft.now()]));
    }),
];
