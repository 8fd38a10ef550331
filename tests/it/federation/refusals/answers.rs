//! Answers of the token endpoint in which there is no token to look at.

use serde_json::json;

use super::{Row, UNTRUSTED};
use crate::federation::{
    fake::Manner,
    kind::Kind,
    world::{World, with_param},
};

#[tokio::test]
async fn a_token_response_that_is_none_is_refused() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let wide = json!({ "scope": "x".repeat(70_000) }).to_string();
        for (status, body, why) in [
            (200, "<html>Sign in</html>", "it is not a token response"),
            (200, "", "it is empty or not JSON"),
            (200, "[]", "it is not a token response"),
            (200, "{\"access_token\":", "it is not a token response"),
            (200, wide.as_str(), "it is too long"),
            (400, "<html>No</html>", "it is not"),
            (401, r#"{"error":"invalid_client"}"#, "refuses the code: invalid_client"),
            (400, r#"{"error":"line\nbreak"}"#, "refuses the code: unknown"),
            (403, r#"{"error":"access_denied"}"#, "refuses the code: access_denied"),
        ] {
            world.provider.now(|desk| desk.token = Manner::Body(status, body.to_owned()));
            let answer = world.walk().await;
            world.was_refused(&answer, UNTRUSTED, why);
        }
    }
}

#[tokio::test]
async fn an_error_that_quotes_what_we_sent_is_neither_logged_nor_passed_on() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        let quotes = world.provider.secrets().join(" ");
        let body = json!({ "error": "invalid_grant", "error_description": quotes }).to_string();
        world.provider.now(|desk| desk.token = Manner::Body(400, body));
        let answer = browser.get(&back).await;
        world.was_refused(&answer, UNTRUSTED, "refuses the code: invalid_grant");
    }
}

#[tokio::test]
async fn an_invented_code_is_refused_by_the_provider() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        let answer = browser.get(&with_param(&back, "code", Some("invented"))).await;
        world.was_refused(&answer, UNTRUSTED, "refuses the code: invalid_grant");
    }
}

/// Answers without a bearer token and its ID token.
pub(crate) const REPLIES: &[Row] = &[
    ("no ID token", "it has no ID token", |draft| draft.reply = json!({ "id_token": null })),
    ("an ID token that is no text", "it is not a token response", |draft| {
        draft.reply = json!({ "id_token": { "sub": "alice" } });
    }),
    ("a MAC token", "its token type is not Bearer", |draft| {
        draft.reply = json!({ "token_type": "mac" });
    }),
    ("a DPoP token", "its token type is not Bearer", |draft| {
        draft.reply = json!({ "token_type": "DPoP" });
    }),
    ("no token type", "it is not a token response", |draft| {
        draft.reply = json!({ "token_type": null });
    }),
    ("no access token", "it is not a token response", |draft| {
        draft.reply = json!({ "access_token": null });
    }),
    ("its access token as the ID token", "not three segments", |draft| {
        draft.finish = |_| "upstream-access-token".to_owned();
    }),
];
