//! The redirect mode when Google or Identity Toolkit answers badly, or about somebody else.

use serde_json::json;

use super::{
    toolkit::{SIGN_IN, refusal},
    world::World,
};
use crate::federation::{
    fake::Manner,
    keys::{ATTACKER, CURVE},
    token::Defect,
    world::{query, with_param},
};

/// What is wrong, what the client is told, what the log says, how it is done.
type Row = (&'static str, &'static str, &'static str, Defect);

const UNTRUSTED: &str = "server_error";
const DENIED: &str = "access_denied";
const PAGE: &str = "503 The sign-in was interrupted";

#[tokio::test]
async fn a_token_of_googles_that_is_not_for_this_sign_in_never_reaches_the_toolkit() {
    for (name, error, why, defect) in GOOGLES {
        let world = World::redirect(&[]).await;
        world.google.now(|desk| desk.flow.defect = *defect);
        let answer = world.walk_by_google().await;
        world.client_was_told(&answer, error, why);
        assert_eq!(world.service.rows(), "clients 1", "{name}");
        assert_eq!(world.google.asked(SIGN_IN).await, 0, "{name}");
    }
}

#[tokio::test]
async fn a_firebase_token_that_breaks_a_rule_is_refused_of_the_toolkit_too() {
    let world = World::redirect(&[]).await;
    for (name, error, why, defect) in FIREBASES {
        world.google.now(|desk| desk.defect = *defect);
        let answer = world.walk_by_google().await;
        world.client_was_told(&answer, error, why);
        assert_eq!(world.service.rows(), "clients 1", "{name}");
    }
}

#[tokio::test]
async fn an_account_that_the_toolkit_refuses_is_refused() {
    let world = World::redirect(&[]).await;
    let words = [
        ("USER_DISABLED", DENIED, "the account no longer stands: USER_DISABLED"),
        ("USER_DISABLED : by its operator", DENIED, "no longer stands: USER_DISABLED"),
        ("USER_NOT_FOUND", DENIED, "the account no longer stands: USER_NOT_FOUND"),
        ("INVALID_IDP_RESPONSE : x", UNTRUSTED, "Identity Toolkit refuses: INVALID_IDP_RESPONSE"),
        ("API key not valid. Use another.", UNTRUSTED, "Identity Toolkit refuses: API"),
        ("alice.liddell@example.com", UNTRUSTED, "Identity Toolkit refuses: UNKNOWN"),
    ];
    for (word, error, why) in words {
        let body = refusal(word).to_string();
        world.google.now(|desk| desk.toolkit.sign_in = Manner::Body(400, body));
        let answer = world.walk_by_google().await;
        world.client_was_told(&answer, error, why);
        assert_eq!(world.service.rows(), "clients 1", "{word}");
    }
}

#[tokio::test]
async fn a_toolkit_that_is_out_leads_to_a_page() {
    let world = World::redirect(&[]).await;
    for status in [500, 502, 503, 429] {
        world.google.now(|desk| desk.toolkit.sign_in = Manner::Status(status));
        let answer = world.walk_by_google().await;
        assert_eq!(answer.page(), PAGE, "{status}");
        world.keeps_secrets(&answer);
        world.log_says("sign-in interrupted");
        assert_eq!(world.service.rows(), "clients 1");
    }
    world.google.now(|desk| desk.toolkit.sign_in = Manner::Well);
    assert!(world.walk_by_google().await.landing().contains_key("code"));
}

#[tokio::test]
async fn google_s_token_endpoint_or_keys_that_are_out_lead_to_a_page() {
    let world = World::redirect(&[]).await;
    world.google.now(|desk| desk.flow.token = Manner::Status(503));
    assert_eq!(world.walk_by_google().await.page(), PAGE);
    world.google.now(|desk| {
        desk.flow.token = Manner::Well;
        desk.key_set = Manner::Status(503);
    });
    assert_eq!(world.walk_by_google().await.page(), PAGE, "the keys of the project's tokens");
    assert_eq!(world.service.rows(), "clients 1");
    world.log_keeps_secrets();
}

#[tokio::test]
async fn a_toolkit_that_answers_with_something_else_is_not_believed() {
    let world = World::redirect(&[]).await;
    let bodies = [
        "<html>",
        "",
        "[]",
        "{}",
        r#"{ "idToken": null }"#,
        r#"{ "idToken": 1 }"#,
        r#"{ "idToken": "x" }"#,
        r#"{ "needConfirmation": true, "email": "alice.liddell@example.com" }"#,
    ];
    for body in bodies {
        world.google.now(|desk| desk.toolkit.sign_in = Manner::Body(200, body.to_owned()));
        let answer = world.walk_by_google().await;
        world.client_was_told(&answer, UNTRUSTED, "provider's answer refused");
        assert_eq!(world.service.rows(), "clients 1", "{body}");
    }
    let elsewhere = format!("{}/elsewhere", world.google.uri);
    world.google.now(|desk| desk.toolkit.sign_in = Manner::Redirect(302, elsewhere));
    let answer = world.walk_by_google().await;
    assert_eq!(answer.page(), PAGE, "a redirect is not followed");
    assert_eq!(world.google.asked("/elsewhere").await, 0);
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_refused_because_its_verifier_is_another() {
    let world = World::redirect(&[]).await;
    let (mut victim, mut attacker) = (world.service.browser(), world.service.browser());
    let theirs = world.leave(&mut victim).await;
    let theirs = world.google.now(|desk| desk.sign_in(&theirs));
    let own = world.leave(&mut attacker).await;
    let own = world.google.now(|desk| desk.sign_in(&own));
    let injected = with_param(&own, "code", query(&theirs, "code").as_deref());
    let answer = attacker.get(&injected).await;
    world.client_was_told(&answer, UNTRUSTED, "invalid_grant");
    assert_eq!(world.google.asked(SIGN_IN).await, 0);
    assert!(!world.service.rows().contains("codes"));
}

#[tokio::test]
async fn an_answer_that_names_another_issuer_is_refused() {
    let world = World::redirect(&[]).await;
    let others = ["https://accounts.google.com", "https://securetoken.google.com/example-1a2b3"];
    for iss in others {
        let mut browser = world.service.browser();
        let leaving = world.leave(&mut browser).await;
        let back = world.google.now(|desk| desk.sign_in(&leaving));
        let answer = browser.get(&with_param(&back, "iss", Some(iss))).await;
        world.client_was_told(&answer, UNTRUSTED, "the answer came from another issuer");
        assert_eq!(world.service.rows(), "clients 1", "{iss}");
    }
    let mut browser = world.service.browser();
    let leaving = world.leave(&mut browser).await;
    let back = world.google.now(|desk| desk.sign_in(&leaving));
    let uri = world.google.uri.clone();
    let answer = browser.get(&with_param(&back, "iss", Some(&uri))).await;
    assert!(answer.landing().contains_key("code"));
}

#[tokio::test]
async fn another_browser_cannot_finish_the_sign_in() {
    let world = World::redirect(&[]).await;
    let leaving = world.leave(&mut world.service.browser()).await;
    let back = world.google.now(|desk| desk.sign_in(&leaving));
    let answer = world.service.browser().get(&back).await;
    assert_eq!(answer.page(), super::world::EXPIRED);
    assert_eq!(world.service.rows(), "clients 1, sign_ins 1");
}

const GOOGLES: &[Row] = &[
    ("another nonce", UNTRUSTED, "claim `nonce` is not the one we sent", |draft| {
        draft.claim("nonce", "0".repeat(64));
    }),
    ("no nonce", UNTRUSTED, "claim `nonce` is missing", |draft| draft.without("nonce")),
    ("another client", UNTRUSTED, "claim `aud` is another client", |draft| {
        draft.claim("aud", "another.apps.googleusercontent.com");
    }),
    ("another party", UNTRUSTED, "claim `azp` is another client", |draft| {
        draft.claim("azp", "another.apps.googleusercontent.com");
    }),
    ("another issuer", UNTRUSTED, "claim `iss` is not the provider", |draft| {
        draft.claim("iss", "https://accounts.google.com.evil.example");
    }),
    ("expired", UNTRUSTED, "the token has expired", |draft| {
        draft.claim("exp", draft.now() - 61);
    }),
    ("unsigned", UNTRUSTED, "the signature algorithm is not allowed", |draft| {
        draft.head("alg", "none");
    }),
    ("the attacker's key", UNTRUSTED, "the signature is wrong", |draft| draft.signer = &ATTACKER),
    ("a curve", UNTRUSTED, "the signature algorithm is not allowed", |draft| {
        draft.signed_by(&CURVE);
    }),
    ("a Firebase token", UNTRUSTED, "claim `iss` is not the provider", |draft| {
        draft.claim("iss", "https://securetoken.google.com/example-1a2b3");
        draft.claim("aud", "example-1a2b3");
    }),
];

const FIREBASES: &[Row] = &[
    ("another project", UNTRUSTED, "claim `iss` is not the provider", |draft| {
        draft.claim("iss", "https://securetoken.google.com/attackers-project");
        draft.claim("aud", "attackers-project");
    }),
    ("an older sign-in", UNTRUSTED, "claim `auth_time` is before the sign-in", |draft| {
        draft.claim("auth_time", draft.now() - 31);
    }),
    ("no time of sign-in", UNTRUSTED, "claim `auth_time` is missing", |draft| {
        draft.without("auth_time");
    }),
    ("the attacker's key", UNTRUSTED, "the signature is wrong", |draft| draft.signer = &ATTACKER),
    ("unsigned", UNTRUSTED, "the signature algorithm is not allowed", |draft| {
        draft.head("alg", "none");
        draft.head("kid", json!(null));
        draft.finish = |token| format!("{}.", token.rsplit_once('.').unwrap().0);
    }),
    ("another tenant", DENIED, "is absent", |draft| {
        draft.claims["firebase"]["tenant"] = json!("corp-x1y2z");
    }),
    ("another way", DENIED, "and not so: claim", |draft| {
        draft.claims["firebase"]["sign_in_provider"] = json!("custom");
    }),
    ("two uids", DENIED, "the subject claim is missing or malformed", |draft| {
        draft.claim("user_id", "mallory");
    }),
    ("an address that is not verified", DENIED, "no verified e-mail address", |draft| {
        draft.claim("email_verified", false);
    }),
];
