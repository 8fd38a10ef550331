//! Keys that change, or that cannot be had.

use super::world::{DENIED, World};
use crate::federation::{
    fake::Manner,
    keys::{CURRENT, NEXT},
    world::pass,
};

const DOWN: &str = "503 unavailable";

#[tokio::test]
async fn a_known_key_serves_for_six_hours_while_google_is_out() {
    let world = World::sdk().await;
    assert!(world.walk().await.landing().contains_key("code"));
    world.google.now(|desk| desk.key_set = Manner::Status(503));
    for _ in 0..3 {
        world.service.wait(7190);
        assert!(world.walk().await.landing().contains_key("code"));
    }
    world.service.wait(60);
    world.refuses(|_| {}, DOWN, "posted sign-in interrupted").await;
}

#[tokio::test]
async fn a_token_that_could_not_be_judged_is_not_spent() {
    let world = World::sdk().await;
    world.google.now(|desk| desk.key_set = Manner::Status(503));
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let token = world.google.token();
    let answer = world.post(&mut browser, &page.state, &token).await;
    world.was_told(&answer, DOWN, "its signing keys cannot be had right now");
    assert_eq!(world.service.rows(), "clients 1, sign_ins 1");
    world.google.now(|desk| desk.key_set = Manner::Well);
    pass(70).await;
    let answer = world.post(&mut browser, &page.state, &token).await;
    let here = world.next_of(&answer);
    assert!(world.says_yes(&mut browser, &here).await.landing().contains_key("code"));
}

#[tokio::test]
async fn a_key_published_only_after_the_first_fetch_signs_people_in() {
    let world = World::sdk().await;
    assert!(world.walk().await.landing().contains_key("code"));
    pass(6).await;
    world.google.now(|desk| {
        desk.keys = vec![NEXT.jwk(), CURRENT.jwk()];
        desk.signer = &NEXT;
    });
    world.service.wait(1);
    assert!(world.walk().await.landing().contains_key("code"));
    assert_eq!(world.google.asked("/securetoken/keys").await, 2);
}

#[tokio::test]
async fn a_key_withdrawn_since_the_last_fetch_is_refused_within_the_hour() {
    let world = World::sdk().await;
    assert!(world.walk().await.landing().contains_key("code"));
    world.google.now(|desk| desk.keys = vec![NEXT.jwk()]);
    world.service.wait(3601);
    let untrusted = super::world::UNTRUSTED;
    world.refuses(|_| {}, untrusted, "the token's key is unknown").await;
}

#[tokio::test]
async fn a_key_too_new_to_be_judged_is_no_attack() {
    let world = World::sdk().await;
    assert!(world.walk().await.landing().contains_key("code"));
    world.google.now(|desk| {
        desk.keys.push(NEXT.jwk());
        desk.signer = &NEXT;
    });
    world.refuses(|_| {}, DOWN, "posted sign-in interrupted").await;
}

#[tokio::test]
async fn a_key_that_goes_out_while_the_person_confirms_leads_to_a_page() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let here = world.to_confirm(&mut browser).await;
    world.google.now(|desk| desk.key_set = Manner::Status(503));
    world.service.wait(500);
    assert!(world.says_yes(&mut browser, &here).await.landing().contains_key("code"));
}

#[tokio::test]
async fn a_forged_token_costs_google_nothing() {
    let world = World::sdk().await;
    world.refuses(|draft| draft.claim("aud", "other"), super::world::UNTRUSTED, "`aud`").await;
    world.refuses(|draft| draft.head("alg", "HS256"), super::world::UNTRUSTED, "algorithm").await;
    world.refuses(|draft| draft.claim("exp", 1), super::world::UNTRUSTED, "expired").await;
    assert_eq!(world.google.asked("/securetoken/keys").await, 0);
    world.refuses(|draft| draft.claim("email_verified", 0), DENIED, "e-mail").await;
    assert_eq!(world.google.asked("/securetoken/keys").await, 1);
}

#[tokio::test]
async fn a_store_that_fails_is_said_and_nothing_is_half_done() {
    for verb in ["once", "take_sign_in", "put_sign_in"] {
        let world = World::sdk().await;
        let mut browser = world.service.browser();
        let page = world.open(&mut browser).await;
        world.service.store.breaks(verb);
        let answer = world.post(&mut browser, &page.state, &world.google.token()).await;
        world.was_told(&answer, DOWN, "the store failed");
        assert_eq!(answer.header("retry-after"), "5", "{verb}");
        world.service.store.heals();
        world.service.wait(1);
        let confirm = browser.get(&format!("/confirm/firebase?state={}", page.state)).await;
        assert_eq!(confirm.page(), super::world::EXPIRED, "{verb}");
    }
}
