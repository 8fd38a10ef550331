//! The posted intake when all is well: from the client's request to a token that works.

use serde_json::json;

use super::{google::UID, world::World};
use crate::federation::{
    keys::{CURRENT, NEXT},
    world::query,
};

#[tokio::test]
async fn a_person_signs_in_by_our_page_and_the_token_works() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    assert_eq!(page.answer.status, 200);
    assert_eq!(world.service.rows(), "clients 1, sign_ins 1");
    let answer = world.post(&mut browser, &page.state, &world.google.token()).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(world.service.rows(), "clients 1, sign_ins 1, spent_digests 1");
    let here = world.next_of(&answer);
    let confirm = browser.get(&here).await;
    for shown in ["Alice Liddell", "alice.liddell@example.com", "A test", "127.0.0.1"] {
        assert!(confirm.body.contains(shown), "{shown}: {}", confirm.body);
    }
    assert_eq!(world.service.rows(), "clients 1, sign_ins 1, spent_digests 1");
    let landing = browser.press(&here, &confirm, ("confirm", "1")).await.landing();
    assert_eq!(world.redeem(&landing).await.0, "admin read write");
    let rows = "clients 1, codes 1, consents 1, grants 1, identities 1, spent_digests 1, users 1";
    assert_eq!(world.service.rows(), rows);
    world.log_keeps_secrets();
    assert_eq!(world.google.asked("/securetoken/keys").await, 1);
}

#[tokio::test]
async fn a_person_is_the_same_user_at_every_sign_in_and_the_keys_are_kept() {
    let world = World::sdk().await;
    let (_, first) = world.redeem(&world.walk().await.landing()).await;
    for _ in 0..3 {
        world.service.wait(1);
        let (scopes, user) = world.redeem(&world.walk().await.landing()).await;
        assert_eq!((scopes.as_str(), &user), ("admin read write", &first));
    }
    assert_eq!(world.google.asked("/securetoken/keys").await, 1);
    assert!(world.service.rows().contains("identities 1"));
}

#[tokio::test]
async fn another_address_or_google_account_is_the_same_person_while_the_uid_is() {
    let world = World::sdk().await;
    let (_, first) = world.redeem(&world.walk().await.landing()).await;
    world.google.now(|desk| {
        desk.person["email"] = json!("alice@new.example");
        desk.person["firebase"]["identities"] = json!({ "google.com": ["42"] });
    });
    assert_eq!(world.redeem(&world.walk().await.landing()).await.1, first);
    world.google.now(|desk| {
        desk.person = super::google::alice();
        desk.person["sub"] = json!("another-uid");
        desk.person["user_id"] = json!("another-uid");
    });
    assert_ne!(world.redeem(&world.walk().await.landing()).await.1, first);
}

#[tokio::test]
async fn a_uid_of_two_tenants_is_two_people() {
    let world = World::sdk().await;
    let tenant = World::with(&["tenant = \"corp-x1y2z\""], &[]).await;
    tenant.google.now(|desk| desk.person["firebase"]["tenant"] = json!("corp-x1y2z"));
    for (world, subject) in [(&world, UID.to_owned()), (&tenant, format!("corp-x1y2z/{UID}"))] {
        assert_eq!(world.redeem(&world.walk().await.landing()).await.0, "admin read write");
        assert!(world.service.database_holds(&subject));
    }
    assert!(!world.service.database_holds("corp-x1y2z/"));
}

#[tokio::test]
async fn both_published_keys_sign_people_in() {
    let world = World::sdk().await;
    world.google.now(|desk| desk.keys = vec![NEXT.jwk(), CURRENT.jwk()]);
    for signer in [&CURRENT, &NEXT] {
        world.google.now(|desk| desk.signer = signer);
        assert_eq!(world.redeem(&world.walk().await.landing()).await.0, "admin read write");
    }
    assert_eq!(world.google.asked("/securetoken/keys").await, 1);
}

#[tokio::test]
async fn scopes_follow_the_custom_claim_of_the_project() {
    let world = World::sdk().await;
    world.google.now(|desk| {
        desk.person["role"] = json!("reader");
        desk.person["admin"] = json!(true);
    });
    assert_eq!(world.redeem(&world.walk().await.landing()).await.0, "read");
}

#[tokio::test]
async fn a_client_that_asks_for_more_than_the_person_has_is_told_after_the_confirmation() {
    let world = World::sdk().await;
    world.google.now(|desk| desk.person["role"] = json!("reader"));
    let mut browser = world.service.browser();
    let ask = world.service.ask(&world.client).and("scope", "admin");
    let page = world.service.to_provider(&mut browser, &ask, "firebase").await;
    let state = query(&page, "state").unwrap();
    let answer = world.post(&mut browser, &state, &world.google.token()).await;
    let here = world.next_of(&answer);
    let rows = "clients 1, spent_digests 1";
    let answer = world.says_yes(&mut browser, &here).await;
    world.client_was_told(&answer, "access_denied", "");
    assert_eq!(world.service.rows(), rows);
}

#[tokio::test]
async fn after_a_token_that_was_refused_the_person_may_try_another_account() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let bad = world.google.bad_token(|draft| draft.claim("email_verified", false));
    let answer = world.post(&mut browser, &page.state, &bad).await;
    world.was_told(&answer, super::world::DENIED, "no verified e-mail address");
    let answer = world.post(&mut browser, &page.state, &world.google.token()).await;
    let here = world.next_of(&answer);
    let landing = world.says_yes(&mut browser, &here).await.landing();
    assert_eq!(world.redeem(&landing).await.0, "admin read write");
}

#[tokio::test]
async fn two_sign_ins_of_one_browser_do_not_mix() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let (one, two) = (world.open(&mut browser).await, world.open(&mut browser).await);
    let second = world.post(&mut browser, &two.state, &world.google.token()).await;
    let second = world.next_of(&second);
    world.service.wait(2);
    let first = world.post(&mut browser, &one.state, &world.google.token()).await;
    let first = world.next_of(&first);
    for here in [second, first] {
        assert!(world.says_yes(&mut browser, &here).await.landing().contains_key("code"));
    }
}
