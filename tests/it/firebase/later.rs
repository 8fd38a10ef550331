//! What becomes of a Firebase sign-in afterwards: the account is asked for again, and an emulator's
//! people are nobody once the emulator is gone.

use super::{service_account, toolkit::SERVICE_TOKEN, world::World};
use crate::{federation::fake::Manner, harness::Browser};

pub(crate) async fn signed_in(world: &World) -> (Browser, String) {
    let mut browser = world.service.browser();
    let here = world.to_confirm(&mut browser).await;
    let landing = world.says_yes(&mut browser, &here).await.landing();
    let tokens = world.tokens(&landing).await;
    (browser, tokens["refresh_token"].as_str().unwrap().to_owned())
}

pub(crate) async fn is_known(browser: &mut Browser) -> bool {
    browser.get("/account").await.body.contains("name=\"sign_out\"")
}

#[tokio::test]
async fn while_google_is_out_a_refresh_waits_and_nothing_ends() {
    let world = service_account::world(&[]).await;
    let (mut browser, token) = signed_in(&world).await;
    world.google.now(|desk| desk.toolkit.lookup = Manner::Status(503));
    let form = world.service.refresh(&world.client, &token);
    assert_eq!(world.service.token(&form).await.status, 503);
    assert!(is_known(&mut browser).await);
    world.google.now(|desk| desk.toolkit.lookup = Manner::Well);
    assert_eq!(world.service.token(&form).await.status, 200);
}

#[tokio::test]
async fn a_token_endpoint_that_failed_is_left_alone_for_ten_seconds() {
    let world = service_account::world(&["revocation_fails = \"open\""]).await;
    world.google.now(|desk| desk.toolkit.service = Manner::Status(503));
    for _ in 0..3 {
        assert!(world.walk().await.landing().contains_key("code"));
        world.service.wait(1);
    }
    assert_eq!(world.google.asked(SERVICE_TOKEN).await, 1);
    world.service.wait(10);
    assert!(world.walk().await.landing().contains_key("code"));
    assert_eq!(world.google.asked(SERVICE_TOKEN).await, 2);
}

#[tokio::test]
async fn the_people_of_an_emulator_are_kept_under_an_issuer_that_no_project_has() {
    let world = World::with(super::emulator::KEYS, &[]).await;
    world.google.now(|desk| desk.defect = super::emulator::unsigned);
    world.redeem(&world.walk().await.landing()).await;
    let database = world.service.root().join("data/countersign.db");
    let connection = rusqlite::Connection::open(database).unwrap();
    let issuer: String =
        connection.query_row("SELECT issuer FROM identities", [], |row| row.get(0)).unwrap();
    assert_eq!(issuer, "emulator:example-1a2b3");
    let real = World::sdk().await;
    assert_eq!(
        real.service.config.providers[0].issuers,
        ["https://securetoken.google.com/example-1a2b3"]
    );
}
