//! Good tokens that are no ID tokens of the project: the nearest ones to confuse with them.

use serde_json::json;

use super::{Row, UNTRUSTED, World, refused};
use crate::federation::{
    keys::{CURRENT, NEXT},
    token::Draft,
};

#[tokio::test]
async fn another_token_of_google_s_is_refused_in_place_of_an_id_token() {
    refused(&[], UNTRUSTED, GOOGLES).await;
}

#[tokio::test]
async fn a_session_cookie_is_refused_by_its_own_keys_and_under_the_right_issuer_too() {
    let world = World::sdk().await;
    let cookies_key: fn(&mut Draft) = |draft| {
        draft.signed_by(&NEXT);
        draft.claim("iss", "https://session.firebase.google.com/example-1a2b3");
    };
    world.refuses(cookies_key, UNTRUSTED, ISSUER).await;
    let why = "the token's key is unknown";
    world.refuses(|draft| draft.signed_by(&NEXT), UNTRUSTED, why).await;
}

#[tokio::test]
async fn an_access_token_of_ours_is_refused() {
    let world = World::sdk().await;
    let tokens = world.tokens(&world.walk().await.landing()).await;
    let access = tokens["access_token"].as_str().unwrap();
    world.google.now(|desk| desk.speaks(access));
    let why = "the signature algorithm is not allowed";
    world.refuses_token(access, UNTRUSTED, why).await;
}

#[tokio::test]
async fn no_other_text_is_taken_for_a_token() {
    let world = World::sdk().await;
    let tokens = world.tokens(&world.walk().await.landing()).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    for text in [refresh, "", ".", "..", "...", "AMf-vBz_refresh-token-of-firebase"] {
        world.refuses_token(text, UNTRUSTED, "malformed").await;
    }
}

#[tokio::test]
async fn a_key_of_googles_own_sign_in_signs_nobody_in() {
    let world = World::sdk().await;
    world.google.now(|desk| desk.keys = vec![CURRENT.jwk()]);
    world.refuses(|draft| draft.signed_by(&NEXT), UNTRUSTED, "the token's key is unknown").await;
}

const ISSUER: &str = "claim `iss` is not the provider";

const GOOGLES: &[Row] = &[
    ("a session cookie", ISSUER, |draft| {
        draft.claim("iss", "https://session.firebase.google.com/example-1a2b3");
    }),
    ("a custom token, before it is traded", ISSUER, |draft| {
        let robot = "firebase-adminsdk@example-1a2b3.iam.gserviceaccount.com";
        draft.claim("iss", robot);
        draft.claim("sub", robot);
        draft.claim("aud", "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit");
        draft.claim("uid", "8CRvXeWc2fTz0bYmPq5sAlice001");
    }),
    ("an App Check token", ISSUER, |draft| {
        draft.claim("iss", "https://firebaseappcheck.googleapis.com/123456789012");
        draft.claim("aud", json!(["projects/123456789012", "projects/example-1a2b3"]));
        draft.claim("sub", "1:123456789012:web:abcdef");
    }),
    ("Google's own ID token", ISSUER, |draft| {
        draft.claim("iss", "https://accounts.google.com");
        draft.claim("aud", "1234-web.apps.googleusercontent.com");
        draft.claim("sub", "110169484474386276334");
    }),
    ("a service account's ID token", ISSUER, |draft| {
        draft.claim("iss", "https://accounts.google.com");
        draft.claim("email", "robot@example-1a2b3.iam.gserviceaccount.com");
    }),
    ("a workload of GitHub's", ISSUER, |draft| {
        draft.claim("iss", "https://token.actions.githubusercontent.com");
    }),
    ("an ID token of ours", ISSUER, |draft| draft.claim("iss", "http://localhost:8000")),
];
