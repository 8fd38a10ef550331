//! `revocation = "lookup"`: Google is asked whether the account still stands, in the person's name.

use serde_json::{Value, json};

use super::{
    google::UID,
    toolkit::{LOOKUP, refusal},
    world::{DENIED, World},
};
use crate::federation::fake::Manner;

const KEY: &str = "revocation = \"lookup\"";
const OPEN: &str = "revocation_fails = \"open\"";
const DOWN: &str = "503 unavailable";

#[tokio::test]
async fn an_account_that_stands_signs_in_in_both_modes() {
    let world = World::with(&[KEY], &[]).await;
    let token = world.google.token();
    let landing = world.walk().await.landing();
    assert_eq!(world.redeem(&landing).await.0, "admin read write");
    let asked = world.google.requests(LOOKUP).await;
    let body: Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!((asked.len(), body), (1, json!({ "idToken": token })), "once per sign-in");
    world.log_keeps_secrets();
    let world = World::redirect(&[KEY]).await;
    assert!(world.walk_by_google().await.landing().contains_key("code"));
    assert_eq!(world.google.asked(LOOKUP).await, 1);
}

#[tokio::test]
async fn without_the_key_google_is_not_asked() {
    let world = World::sdk().await;
    world.google.now(|desk| desk.toolkit.accounts[0]["disabled"] = json!(true));
    assert!(world.walk().await.landing().contains_key("code"));
    assert_eq!(world.google.asked(LOOKUP).await, 0);
}

#[tokio::test]
async fn an_account_that_no_longer_stands_is_refused_however_the_check_fails() {
    let since = |world: &World, offset: i64| {
        let time = (world.service.now().unix() + offset).to_string();
        world.google.now(|desk| desk.toolkit.accounts[0]["validSince"] = json!(time));
    };
    for keys in [&[KEY][..], &[KEY, OPEN]] {
        let world = World::with(keys, &[]).await;
        world.google.now(|desk| desk.toolkit.accounts[0]["disabled"] = json!(true));
        world.refuses(|_| {}, DENIED, "the account no longer stands: disabled").await;
        world.google.now(|desk| desk.toolkit.accounts[0]["disabled"] = json!(false));
        since(&world, 1);
        world.refuses(|_| {}, DENIED, "no longer stands: signed out everywhere").await;
        since(&world, 0);
        world.google.now(|desk| desk.toolkit.accounts[0]["localId"] = json!("mallory"));
        world.refuses(|_| {}, DENIED, "no longer stands: another account was found").await;
        world.google.now(|desk| desk.toolkit.accounts[0]["localId"] = json!(UID));
        assert!(world.walk().await.landing().contains_key("code"), "signed out just before");
    }
}

#[tokio::test]
async fn a_session_signed_out_is_judged_by_its_sign_in_and_not_by_its_refresh() {
    let world = World::with(&[KEY], &[]).await;
    let since = (world.service.now().unix() - 10).to_string();
    world.google.now(|desk| desk.toolkit.accounts[0]["validSince"] = json!(since));
    let why = "no longer stands: signed out everywhere";
    world.refuses(|draft| draft.claim("auth_time", draft.now() - 11), DENIED, why).await;
}

#[tokio::test]
async fn an_account_that_google_does_not_find_is_refused_however_the_check_fails() {
    for keys in [&[KEY][..], &[KEY, OPEN]] {
        let world = World::with(keys, &[]).await;
        world.google.now(|desk| desk.toolkit.accounts.clear());
        world.refuses(|_| {}, DENIED, "no longer stands: USER_NOT_FOUND").await;
        world.google.now(|desk| {
            desk.toolkit.accounts = vec![json!({ "localId": UID }), json!({ "localId": "b" })];
        });
        world.refuses(|_| {}, DENIED, "no longer stands: USER_NOT_FOUND").await;
        let words = ["USER_DISABLED", "USER_NOT_FOUND", "TOKEN_EXPIRED", "INVALID_ID_TOKEN : x"];
        for word in words {
            let body = refusal(word).to_string();
            world.google.now(|desk| desk.toolkit.lookup = Manner::Body(400, body));
            let why = format!("no longer stands: {}", word.split(' ').next().unwrap());
            world.refuses(|_| {}, DENIED, &why).await;
        }
    }
}

#[tokio::test]
async fn while_google_cannot_be_asked_nobody_enters() {
    let world = World::with(&[KEY], &[]).await;
    for manner in unanswered() {
        world.google.now(|desk| desk.toolkit.lookup = manner);
        world.refuses(|_| {}, DOWN, "posted sign-in interrupted").await;
    }
    world.google.now(|desk| desk.toolkit.lookup = Manner::Well);
    assert!(world.walk().await.landing().contains_key("code"), "no refusal spent the token");
}

#[tokio::test]
async fn while_google_cannot_be_asked_everybody_enters_if_the_file_says_so_and_it_is_logged() {
    let world = World::with(&[KEY, OPEN], &[]).await;
    for manner in unanswered() {
        world.google.now(|desk| desk.toolkit.lookup = manner);
        assert!(world.walk().await.landing().contains_key("code"));
        world.log_says("revocation check passed over");
        world.log_keeps_secrets();
        world.service.wait(1);
    }
}

#[tokio::test]
async fn an_outage_in_the_redirect_mode_leads_to_a_page() {
    let world = World::redirect(&[KEY]).await;
    world.google.now(|desk| desk.toolkit.lookup = Manner::Status(503));
    let answer = world.walk_by_google().await;
    assert_eq!(answer.page(), "503 The sign-in was interrupted");
    assert_eq!(world.service.rows(), "clients 1");
    world.google.now(|desk| desk.toolkit.lookup = Manner::Well);
    world.google.now(|desk| desk.toolkit.accounts[0]["disabled"] = json!(true));
    let answer = world.walk_by_google().await;
    world.client_was_told(&answer, "access_denied", "no longer stands: disabled");
    assert_eq!(world.service.rows(), "clients 1");
}

#[tokio::test]
async fn a_token_that_is_refused_is_not_shown_to_google() {
    let world = World::with(&[KEY], &[]).await;
    world.refuses(|draft| draft.claim("aud", "x"), super::world::UNTRUSTED, "`aud`").await;
    assert_eq!(world.google.asked(LOOKUP).await, 0);
}

/// Answers that say nothing about the account.
fn unanswered() -> Vec<Manner> {
    vec![
        Manner::Status(500),
        Manner::Status(503),
        Manner::Status(429),
        Manner::Status(403),
        Manner::Body(200, "<html>".to_owned()),
        Manner::Body(
            200,
            json!({ "users": [{ "localId": UID, "validSince": "soon" }] }).to_string(),
        ),
        Manner::Body(400, refusal("API key not valid.").to_string()),
    ]
}
