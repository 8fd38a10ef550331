//! Providers that are out: their keys, their token endpoint, their discovery, or all of them.

use serde_json::json;

use super::{
    fake::Manner,
    keys::CURRENT,
    kind::Kind,
    world::{World, pass},
};

#[tokio::test]
async fn an_unknown_key_during_an_outage_is_not_judged() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes());
        let rows = world.service.rows();
        world.provider.now(|desk| {
            desk.key_set = Manner::Status(500);
            desk.signer = &super::keys::NEXT;
        });
        pass(6).await;
        let answer = world.walk().await;
        world.was_shown(&answer, "503 The sign-in was interrupted");
        assert_eq!(world.service.rows(), rows);
    }
}

#[tokio::test]
async fn a_key_set_that_was_never_seen_leads_to_a_page() {
    for kind in Kind::ALL {
        let many = json!({ "keys": vec![CURRENT.jwk(); 65] }).to_string();
        let huge = json!({ "keys": [CURRENT.jwk()], "padding": "x".repeat(70_000) }).to_string();
        let manners = [
            Manner::Status(404),
            Manner::Status(500),
            Manner::Status(429),
            Manner::Body(200, "<html>".to_owned()),
            Manner::Body(200, json!({ "keys": [] }).to_string()),
            Manner::Body(200, many),
            Manner::Body(200, huge),
        ];
        let count = if kind == Kind::Oidc { manners.len() } else { 2 };
        for manner in manners.into_iter().take(count) {
            let world = World::of(kind).await;
            world.provider.now(|desk| desk.key_set = manner);
            let answer = world.walk().await;
            world.was_shown(&answer, "503 The sign-in was interrupted");
            world.nothing_is_stored();
        }
    }
}

#[tokio::test]
async fn a_token_endpoint_that_is_out_leads_to_a_page_and_another_provider() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        for status in [500, 502, 429] {
            world.provider.now(|desk| desk.token = Manner::Status(status));
            let answer = world.walk().await;
            world.was_shown(&answer, "503 The sign-in was interrupted");
            world.nothing_is_stored();
        }
        world.provider.now(|desk| desk.token = Manner::Status(503));
        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        let answer = browser.get(&back).await;
        world.nothing_is_stored();
        world.another_can_be_chosen(&mut browser, &answer).await;
    }
}

#[tokio::test]
async fn a_google_where_nobody_listens_leads_to_a_page_and_another_provider() {
    let dead = |file: &str| {
        let (before, after) = file.split_once("token = \"http://").unwrap();
        let (_, rest) = after.split_once('/').unwrap();
        format!("{before}token = \"http://127.0.0.1:1/{rest}")
    };
    let world = World::with(Kind::Google, dead).await;
    let mut browser = world.service.browser();
    let back = world.callback(&mut browser).await;
    let answer = browser.get(&back).await;
    world.nothing_is_stored();
    world.another_can_be_chosen(&mut browser, &answer).await;
}

#[tokio::test]
async fn metadata_once_seen_serve_through_a_day_of_outage() {
    for kind in [Kind::Oidc, Kind::Auth0] {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes());
        world.provider.now(|desk| desk.discovery = Manner::Status(503));
        world.service.wait(24 * 3600);
        assert_eq!(world.scopes().await, kind.scopes(), "{kind:?}");
    }
}

/// The page says that the provider cannot be reached, and offers the other, which works.
pub(crate) async fn is_passed_over(world: &World) {
    let mut browser = world.service.browser();
    let here = format!("{}/authorize?{}", world.service.issuer, world.ask().encoded());
    let page = browser.get(&here).await;
    let again = browser.press(&here, &page, ("provider", world.kind.id())).await;
    assert_eq!(again.status, 503);
    let notice = again.body.split("role=\"status\">").nth(1).unwrap().split("</p>").next().unwrap();
    let told = format!("“{}” cannot be reached right now.", world.label());
    assert!(notice.contains(&told), "{notice}");
    assert!(again.body.contains("not reachable right now"), "{}", again.body);
    let fresh = world.service.browser().get(&here).await;
    assert_eq!(fresh.status, 200);
    assert_eq!(fresh.body.matches("not reachable right now").count(), 1, "known as down by now");
    world.nothing_is_stored();
    assert_eq!(world.health(world.kind.id()).await, "down");
    assert_eq!(world.health("spare").await, "ok");
    world.chooses_the_other(&mut browser, &here, &again).await;
    world.log_keeps_secrets();
}
