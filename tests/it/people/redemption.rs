//! When a code is redeemed the person and the rules are looked at again.

use countersign::store::People as _;
use serde_json::json;

use super::steps::*;
use crate::{
    federation::{
        kind::{Kind, with_keys},
        world::World,
    },
    harness::{Answer, Form},
};

/// Alice's code for everything, not redeemed yet.
async fn code() -> (World, String) {
    let world = World::of(Kind::Oidc).await;
    let code = world.walk().await.landing()["code"].clone();
    (world, code)
}

async fn redeem(world: &World, code: &str) -> Answer {
    let form: Form = world.service.exchange(&world.client, code);
    world.service.token(&form).await
}

/// Asserts that this refused the code, that it is burnt, and that it opened no grant.
async fn burnt(world: &World, code: &str, why: &str) {
    let told = redeem(world, code).await.refusal();
    assert_eq!(told, format!("400 invalid_grant: {why}"));
    assert!(!world.service.rows().contains("grants"));
}

#[tokio::test]
async fn a_group_that_went_meanwhile_is_not_granted() {
    let (world, code) = code().await;
    world.provider.now(|desk| desk.person["groups"] = json!([]));
    enter(&world, &mut world.service.browser(), "oidc").await;
    let tokens = redeem(&world, &code).await.json();
    assert_eq!(tokens["scope"], "read");
    let alice = user(&world.service, "Alice Liddell").await;
    let grants = grants_of(&world.service, &alice).await;
    assert_eq!(grants[0].authorization.scopes.to_string(), "read");
}

#[tokio::test]
async fn somebody_disabled_meanwhile_gets_no_tokens_even_when_let_in_again() {
    let (world, code) = code().await;
    let alice = user(&world.service, "Alice Liddell").await.id;
    world.service.execute("UPDATE users SET disabled = 1 WHERE id = ?", alice.as_str());
    burnt(&world, &code, "The account is disabled here.").await;
    assert!(world.service.store.disable(&alice, false, world.service.now()).await.unwrap());
    burnt(&world, &code, "The code was used before; its tokens are revoked.").await;
}

#[tokio::test]
async fn disabling_a_person_takes_their_codes_away() {
    let (world, code) = code().await;
    let alice = user(&world.service, "Alice Liddell").await.id;
    for disabled in [true, false] {
        world.service.store.disable(&alice, disabled, world.service.now()).await.unwrap();
        burnt(&world, &code, "The code is unknown; start again.").await;
    }
}

#[tokio::test]
async fn somebody_no_longer_admitted_gets_no_tokens() {
    let (world, code) = code().await;
    let world = world
        .changed(|setup| {
            let path = setup.root().join("providers/oidc.toml");
            let shipped = with_keys(&std::fs::read_to_string(path).unwrap(), "");
            let closed = format!("{shipped}[[allow]]\nemail_domain = \"elsewhere.example\"\n");
            setup.file("providers/oidc.toml", &closed)
        })
        .await;
    burnt(&world, &code, "This account is no longer admitted here.").await;
    burnt(&world, &code, "The code was used before; its tokens are revoked.").await;
}

#[tokio::test]
async fn without_its_provider_a_code_is_worth_nothing() {
    let (world, code) = code().await;
    let world = world.changed(|setup| setup.variable("COUNTERSIGN_PROVIDERS", "spare")).await;
    burnt(&world, &code, "That identity provider is no longer used here.").await;
    let world = world.changed(|setup| setup.variable("COUNTERSIGN_PROVIDERS", "oidc,spare")).await;
    burnt(&world, &code, "The code was used before; its tokens are revoked.").await;
}

#[tokio::test]
async fn trouble_with_the_store_burns_no_code() {
    let (world, code) = code().await;
    for verb in ["present_code", "spend"] {
        world.service.store.breaks(verb);
        let answer = redeem(&world, &code).await;
        assert_eq!(answer.status, 503, "{verb}: {}", answer.body);
        world.service.store.heals();
    }
    assert_eq!(redeem(&world, &code).await.status, 200);
}
