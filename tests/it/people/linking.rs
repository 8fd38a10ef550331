//! A second identity for one person: both proven in one browser, and nothing less.

use serde_json::json;

use super::steps::*;
use crate::{
    federation::{
        kind::{EMAIL, Kind},
        world::{World, way_back},
    },
    harness::{Answer, Browser, Form},
};

/// Alice, signed in by one provider.
struct Home {
    world: World,
    browser: Browser,
}

impl Home {
    async fn start() -> Self {
        let world = World::of(Kind::Oidc).await;
        let mut browser = world.service.browser();
        enter(&world, &mut browser, "oidc").await;
        Self { world, browser }
    }

    /// Alice presses "add" and signs in at the other provider: the callback's URL, yet to be opened.
    async fn way_to_callback(&mut self) -> String {
        let left = press(&self.world.service, &mut self.browser, ("add", "spare")).await;
        way_back(&self.world.spare, left.location().unwrap())
    }

    async fn add(&mut self) -> Answer {
        let back = self.way_to_callback().await;
        self.browser.get(&back).await
    }

    /// Asserts that the page says so, and that Alice has the one identity that she came with.
    fn nothing_was_added(&self, answer: &Answer, page: &str) {
        assert_eq!(answer.page(), page);
        let rows = self.world.service.rows().replace(" sign_ins 1,", "");
        assert_eq!(rows, "clients 1, identities 1, users 1");
    }
}

const NOTHING: &str = "403 Nothing was added";

/// Who is signed in after a sign-in by this provider in a new browser.
async fn whose(world: &World, provider: &str) -> String {
    let answer = match provider {
        "spare" => world.walk_by_spare().await,
        _ => world.walk().await,
    };
    world.user_of(&answer.landing()).await
}

#[tokio::test]
async fn two_identities_proven_in_one_browser_are_one_person() {
    let mut home = Home::start().await;
    let before = session(&home.browser);
    let answer = home.add().await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, Some("/account")));
    assert_eq!(session(&home.browser), before, "the session is the one it was");
    assert_eq!(home.world.service.rows(), "clients 1, identities 2, users 1");
    let page = home.browser.get("/account").await;
    assert!(page.body.contains("alice-at-oidc") && page.body.contains("alice-at-spare"));
    assert_eq!(whose(&home.world, "oidc").await, whose(&home.world, "spare").await);
    home.world.log_keeps_secrets();
}

#[tokio::test]
async fn what_one_identity_may_the_other_does_not() {
    let mut home = Home::start().await;
    home.add().await;
    let by_spare = home.world.walk_by_spare().await.landing();
    assert_eq!(home.world.scopes_of(&by_spare).await, "read");
    assert_eq!(home.world.scopes().await, "admin read write");
}

#[tokio::test]
async fn adding_an_identity_again_changes_nothing() {
    let mut home = Home::start().await;
    for _ in 0..2 {
        assert_eq!(home.add().await.location(), Some("/account"));
        assert_eq!(home.world.service.rows(), "clients 1, identities 2, users 1");
    }
}

#[tokio::test]
async fn a_plain_sign_in_beside_a_session_links_nothing() {
    let mut home = Home::start().await;
    enter(&home.world, &mut home.browser, "spare").await;
    assert_eq!(home.world.service.rows(), "clients 1, identities 2, users 2");
    let page = home.browser.get("/account").await;
    assert!(!page.body.contains("alice-at-oidc"), "the browser is the other person's now");
}

#[tokio::test]
async fn an_identity_of_somebody_else_does_not_move() {
    let mut home = Home::start().await;
    let theirs = whose(&home.world, "spare").await;
    let mine = whose(&home.world, "oidc").await;
    let answer = home.add().await;
    assert_eq!(answer.page(), NOTHING);
    assert!(answer.body.contains("belongs to another person here"));
    assert_eq!(whose(&home.world, "spare").await, theirs);
    assert_eq!(whose(&home.world, "oidc").await, mine);
    let page = home.browser.get("/account").await;
    assert!(!page.body.contains("alice-at-spare"), "{}", page.body);
}

#[tokio::test]
async fn an_identity_that_is_not_admitted_is_not_added() {
    let mut home = Home::start().await;
    home.world.spare.now(|desk| desk.person["email_verified"] = json!(false));
    let answer = home.add().await;
    home.nothing_was_added(&answer, "403 You cannot sign in here");
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_adds_nothing() {
    let mut home = Home::start().await;
    let back = home.way_to_callback().await;
    let mut same = home.browser.clone();
    press(&home.world.service, &mut same, ("sign_out", "1")).await;
    let answer = home.browser.get(&back).await;
    home.nothing_was_added(&answer, NOTHING);
    assert!(answer.body.contains("no longer signed in"));
}

#[tokio::test]
async fn without_the_session_cookie_nothing_is_added() {
    let mut home = Home::start().await;
    let back = home.way_to_callback().await;
    home.browser.cookies.remove("countersign-session");
    let answer = home.browser.get(&back).await;
    home.nothing_was_added(&answer, NOTHING);
}

#[tokio::test]
async fn somebody_disabled_meanwhile_adds_nothing() {
    let mut home = Home::start().await;
    let back = home.way_to_callback().await;
    let alice = user(&home.world.service, "Alice Liddell").await.id;
    home.world.service.execute("UPDATE users SET disabled = 1 WHERE id = ?", alice.as_str());
    let answer = home.browser.get(&back).await;
    home.nothing_was_added(&answer, NOTHING);
}

#[tokio::test]
async fn a_callback_opened_twice_adds_once() {
    let mut home = Home::start().await;
    let back = home.way_to_callback().await;
    let mut again = home.browser.clone();
    home.browser.get(&back).await;
    assert_eq!(again.get(&back).await.page(), "400 This sign-in has expired");
}

#[tokio::test]
async fn a_person_who_declines_there_is_told_and_keeps_what_they_had() {
    let mut home = Home::start().await;
    let back = home.way_to_callback().await;
    let declined = crate::federation::world::with_param(&back, "code", None);
    let declined = crate::federation::world::with_param(&declined, "error", Some("access_denied"));
    let answer = home.browser.get(&declined).await;
    home.nothing_was_added(&answer, "403 You cannot sign in here");
    assert!(person(&mut home.browser).await.is_some());
}

#[tokio::test]
async fn trouble_with_the_store_adds_nothing() {
    for verb in ["session", "link"] {
        let mut home = Home::start().await;
        let back = home.way_to_callback().await;
        home.world.service.store.breaks(verb);
        let answer = home.browser.get(&back).await;
        home.world.service.store.heals();
        home.nothing_was_added(&answer, "503 Not available right now");
        assert!(person(&mut home.browser).await.is_some(), "{verb}");
    }
}

#[tokio::test]
async fn nobody_signed_in_can_add_nothing() {
    let home = Home::start().await;
    let mut nobody = home.world.service.browser();
    let answer = nobody.post("/account", &Form::of(&[("add", "spare")])).await;
    home.nothing_was_added(&answer, "400 Nothing was changed");
}

#[tokio::test]
async fn a_token_carries_the_address_of_the_identity_that_vouched_for_it() {
    let mut home = Home::start().await;
    let first = home.world.walk().await.landing();
    let first = home.world.tokens(&first).await;
    home.world.spare.now(|desk| desk.person["email"] = json!("ceo@example.com"));
    home.world.spare.now(|desk| desk.person["name"] = json!("The CEO"));
    assert_eq!(home.add().await.location(), Some("/account"));
    home.world.walk_by_spare().await.landing();
    let client = home.world.client.clone();
    let token = first["refresh_token"].as_str().unwrap();
    let again = home.world.service.token(&home.world.service.refresh(&client, token)).await;
    let access = again.json()["access_token"].as_str().unwrap().to_owned();
    let (_, claims) = crate::harness::claims(&access);
    assert_eq!((claims["email"].as_str(), claims["idp"].as_str()), (Some(EMAIL), Some("oidc")));
    assert_ne!(claims["name"], "The CEO");
}
