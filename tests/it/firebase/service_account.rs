//! The revocation check in the project's own name, by a service account.

use serde_json::json;

use super::{
    toolkit::{LOOKUP, ROBOT, ROBOT_KEY, SERVICE_TOKEN},
    world::{DENIED, World},
};
use crate::federation::{fake::Manner, keys::ATTACKER};

const BY_PROJECT: &str = "/toolkit/v1/projects/example-1a2b3/accounts:lookup";
const KEYS: &[&str] = &[
    "revocation = \"lookup\"",
    "service_account = { email = \"${FIREBASE_CLIENT_EMAIL}\", private_key = \"${FIREBASE_PRIVATE_KEY}\" }",
];

pub(crate) async fn world(keys: &[&str]) -> World {
    signed(keys, &ROBOT_KEY.private_pem()).await
}

async fn signed(keys: &[&str], pem: &str) -> World {
    let variables = [("FIREBASE_CLIENT_EMAIL", ROBOT), ("FIREBASE_PRIVATE_KEY", pem)];
    World::with(&[KEYS, keys].concat(), &variables).await
}

#[tokio::test]
async fn the_access_token_of_the_account_serves_many_sign_ins() {
    let world = world(&[]).await;
    for _ in 0..3 {
        assert!(world.walk().await.landing().contains_key("code"));
        world.service.wait(1);
    }
    assert_eq!(world.google.asked(SERVICE_TOKEN).await, 1);
    assert_eq!(world.google.asked(BY_PROJECT).await, 3);
    assert_eq!(world.google.asked(LOOKUP).await, 0, "the person's token is not needed");
    world.service.wait(3600);
    assert!(world.walk().await.landing().contains_key("code"));
    assert_eq!(world.google.asked(SERVICE_TOKEN).await, 2, "it had lapsed");
    world.log_keeps_secrets();
    world.service.log.keeps(&["PRIVATE KEY", ROBOT_KEY.private_pem().lines().nth(1).unwrap()]);
}

#[tokio::test]
async fn a_key_written_with_escaped_line_ends_is_the_same_key() {
    let pem = ROBOT_KEY.private_pem().replace('\n', "\\n");
    assert!(signed(&[], &pem).await.walk().await.landing().contains_key("code"));
}

#[tokio::test]
async fn the_lookup_names_the_tenant() {
    let world = world(&["tenant = \"corp-x1y2z\""]).await;
    world.google.now(|desk| {
        desk.toolkit.tenant = Some("corp-x1y2z");
        desk.person["firebase"]["tenant"] = json!("corp-x1y2z");
    });
    assert!(world.walk().await.landing().contains_key("code"));
}

#[tokio::test]
async fn an_account_that_no_longer_stands_is_refused() {
    let world = world(&[]).await;
    world.google.now(|desk| desk.toolkit.accounts[0]["disabled"] = json!(true));
    world.refuses(|_| {}, DENIED, "no longer stands: disabled").await;
    world.google.now(|desk| desk.toolkit.accounts.clear());
    world.refuses(|_| {}, DENIED, "no longer stands: USER_NOT_FOUND").await;
}

#[tokio::test]
async fn an_account_whose_key_google_does_not_know_lets_nobody_in() {
    let world = signed(&[], &ATTACKER.private_pem()).await;
    world.refuses(|_| {}, "503 unavailable", "Identity Toolkit refuses").await;
}

#[tokio::test]
async fn a_token_endpoint_that_is_out_fails_as_the_file_says() {
    let closed = world(&[]).await;
    closed.google.now(|desk| desk.toolkit.service = Manner::Status(503));
    closed.refuses(|_| {}, "503 unavailable", "posted sign-in interrupted").await;
    let open = world(&["revocation_fails = \"open\""]).await;
    open.google.now(|desk| desk.toolkit.service = Manner::Status(503));
    assert!(open.walk().await.landing().contains_key("code"));
    open.log_says("revocation check passed over");
}
