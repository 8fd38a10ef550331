//! A session is worth what its person may do now: looked at anew each time.

use countersign::store::People as _;

use super::steps::*;
use crate::{
    federation::{
        kind::{Kind, with_keys},
        world::World,
    },
    harness::{Browser, Service},
};

/// A world, and a browser signed in by its provider.
async fn at_home() -> (World, Browser) {
    let world = World::of(Kind::Oidc).await;
    let mut browser = world.service.browser();
    assert_eq!(enter(&world, &mut browser, "oidc").await.location(), Some("/account"));
    assert_eq!(person(&mut browser).await.as_deref(), Some("Alice Liddell"));
    (world, browser)
}

/// The same browser after a restart.
async fn after(world: &World, browser: &Browser) -> Option<String> {
    let mut here = world.service.browser();
    here.cookies.clone_from(&browser.cookies);
    let ask = world.ask();
    let page = here.get(&path(&ask)).await;
    let found = person(&mut here).await;
    assert_eq!(page.body.contains("name=\"continue\""), found.is_some(), "both pages agree");
    found
}

#[tokio::test]
async fn the_session_of_somebody_disabled_is_dead_at_once() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let alice = user(&service, "Alice Admin").await.id;
    assert!(service.store.disable(&alice, true, service.now()).await.unwrap());
    assert_eq!(person(&mut browser).await, None);
    assert!(service.store.disable(&alice, false, service.now()).await.unwrap());
    assert_eq!(person(&mut browser).await, None, "it is not revived");
}

#[tokio::test]
async fn a_session_that_was_left_over_is_dead_while_its_person_is_disabled() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    service.execute("UPDATE users SET disabled = 1 WHERE name = ?", "Alice Admin");
    assert_eq!(person(&mut browser).await, None);
}

#[tokio::test]
async fn somebody_disabled_cannot_sign_in_and_gets_no_session() {
    let service = Service::start().await;
    signed_in(&service, "alice").await;
    let alice = user(&service, "Alice Admin").await;
    assert!(service.store.disable(&alice.id, true, service.now()).await.unwrap());
    let mut browser = service.browser();
    let ask = service.ask(&service.client().await);
    let answer = service.walk(&mut browser, &ask, "alice").await;
    assert_eq!(answer.landing()["error"], "access_denied");
    assert_eq!(session(&browser), "");
    assert!(sessions_of(&service, &alice).await.is_empty());
}

#[tokio::test]
async fn a_session_whose_provider_left_the_configuration_is_nobody() {
    let (world, browser) = at_home().await;
    let world = world.changed(|setup| setup.variable("COUNTERSIGN_PROVIDERS", "spare")).await;
    assert_eq!(after(&world, &browser).await, None);
    let back = world.changed(|setup| setup.variable("COUNTERSIGN_PROVIDERS", "oidc,spare")).await;
    assert!(after(&back, &browser).await.is_some());
}

#[tokio::test]
async fn a_session_whose_person_the_rules_no_longer_admit_is_nobody() {
    let (world, browser) = at_home().await;
    let file = world.setup.root().join("providers/oidc.toml");
    let shipped = std::fs::read_to_string(file).unwrap();
    let closed =
        format!("{}[[allow]]\nemail_domain = \"elsewhere.example\"\n", with_keys(&shipped, ""));
    let world = world.changed(|setup| setup.file("providers/oidc.toml", &closed)).await;
    assert_eq!(after(&world, &browser).await, None);
    let back = world.changed(|setup| setup.file("providers/oidc.toml", &shipped)).await;
    assert!(after(&back, &browser).await.is_some());
}

#[tokio::test]
async fn a_session_whose_provider_moved_to_another_issuer_is_nobody() {
    let (world, browser) = at_home().await;
    let spare = world.spare.uri.clone();
    let world = world.changed(|setup| setup.variable("OIDC_ISSUER", &spare)).await;
    assert_eq!(after(&world, &browser).await, None, "another party answers to that name now");
}

#[tokio::test]
async fn a_session_whose_identity_is_gone_or_somebody_elses_is_nobody() {
    let (world, browser) = at_home().await;
    let alice = user(&world.service, "Alice Liddell").await.id;
    let move_to = "UPDATE identities SET user_id = ?";
    world.service.execute(move_to, "usr_somebody_else");
    assert_eq!(after(&world, &browser).await, None);
    world.service.execute(move_to, alice.as_str());
    assert!(after(&world, &browser).await.is_some());
    world.service.execute("DELETE FROM identities WHERE subject = ?", "alice-at-oidc");
    assert_eq!(after(&world, &browser).await, None);
}

#[tokio::test]
async fn claims_that_another_key_sealed_are_worth_nothing() {
    let (world, browser) = at_home().await;
    world.service.execute("UPDATE identities SET claims = CAST(? AS BLOB)", "forged");
    assert_eq!(after(&world, &browser).await, None);
}
