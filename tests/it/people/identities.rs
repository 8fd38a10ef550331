//! Taking an identity away: what came by it ends, and the last one stays.

use super::steps::*;
use crate::{
    federation::{
        kind::Kind,
        world::{World, way_back},
    },
    harness::{Answer, Browser, Form},
};

/// Alice with two identities: a browser and an app by each.
struct Double {
    world: World,
    oidc: (Browser, Connected),
    spare: (Browser, Connected),
}

impl Double {
    async fn start() -> Self {
        let world = World::of(Kind::Oidc).await;
        let mut first = world.service.browser();
        enter(&world, &mut first, "oidc").await;
        let left = press(&world.service, &mut first, ("add", "spare")).await;
        first.get(&way_back(&world.spare, left.location().unwrap())).await;
        let mut second = world.service.browser();
        enter(&world, &mut second, "spare").await;
        let oidc = connect(&world, &mut first).await;
        let spare = connect(&world, &mut second).await;
        assert_eq!(oidc.person(), spare.person());
        Self { world, oidc: (first, oidc), spare: (second, spare) }
    }
}

async fn connect(world: &World, browser: &mut Browser) -> Connected {
    let here = format!("{}{}", world.service.issuer, path(&world.ask()));
    let page = browser.get(&here).await;
    let answer = browser.press(&here, &page, ("continue", "1")).await;
    Connected::by(&world.service, &world.ask(), &answer).await
}

/// What the page's form calls the identity of this subject.
fn name_of(page: &Answer, subject: &str) -> String {
    let after = page.body.split(&format!("<code>{subject}</code>")).nth(1).unwrap();
    let name = after.split("name=\"remove\" value=\"").nth(1).unwrap();
    name.split('"').next().unwrap().to_owned()
}

/// Presses "remove" beside this subject.
async fn remove(world: &World, browser: &mut Browser, subject: &str) -> Answer {
    let page = browser.get("/account").await;
    let name = name_of(&page, subject);
    browser.press(&format!("{}/account", world.service.issuer), &page, ("remove", &name)).await
}

#[tokio::test]
async fn a_removed_identity_takes_its_browsers_and_grants_along_and_no_others() {
    let mut double = Double::start().await;
    let answer = remove(&double.world, &mut double.oidc.0, "alice-at-spare").await;
    assert_eq!((answer.location(), answer.header("set-cookie")), (Some("/account"), ""));
    assert_eq!(person(&mut double.spare.0).await, None);
    assert_eq!(double.world.service.mcp(&double.spare.1.access).await, 401, "at once");
    assert!(!double.spare.1.lives(&double.world.service).await);
    assert_eq!(person(&mut double.oidc.0).await.as_deref(), Some("Alice Liddell"));
    assert!(double.oidc.1.lives(&double.world.service).await);
}

#[tokio::test]
async fn removing_the_identity_of_this_browser_signs_it_out() {
    let mut double = Double::start().await;
    let answer = remove(&double.world, &mut double.oidc.0, "alice-at-oidc").await;
    assert_eq!(answer.location(), Some("/sign-out"));
    assert_eq!(session(&double.oidc.0), "");
    assert!(!double.oidc.1.lives(&double.world.service).await);
    assert!(double.spare.1.lives(&double.world.service).await);
    assert!(person(&mut double.spare.0).await.is_some());
}

#[tokio::test]
async fn a_removed_identity_is_another_person_from_then_on() {
    let mut double = Double::start().await;
    remove(&double.world, &mut double.oidc.0, "alice-at-spare").await;
    let landing = double.world.walk_by_spare().await.landing();
    assert_ne!(double.world.user_of(&landing).await, double.oidc.1.person());
    let landing = double.world.walk().await.landing();
    assert_eq!(double.world.user_of(&landing).await, double.oidc.1.person());
}

#[tokio::test]
async fn a_waiting_code_of_a_removed_identity_is_worth_nothing() {
    let mut double = Double::start().await;
    let landing = double.world.walk_by_spare().await.landing();
    remove(&double.world, &mut double.oidc.0, "alice-at-spare").await;
    let form = double.world.service.exchange(&double.world.client, &landing["code"]);
    assert_eq!(double.world.service.token(&form).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn the_last_identity_stays_even_by_a_form_made_when_there_were_two() {
    let mut double = Double::start().await;
    let page = double.oidc.0.get("/account").await;
    let last = name_of(&page, "alice-at-oidc");
    let form: Form = Form::on(&page.body).1.and("remove", &last);
    remove(&double.world, &mut double.oidc.0, "alice-at-spare").await;
    assert!(buttons(&double.oidc.0.get("/account").await, "remove").is_empty());
    let answer = double.oidc.0.post("/account", &form).await;
    assert_eq!((answer.location(), answer.header("set-cookie")), (Some("/account"), ""));
    assert!(person(&mut double.oidc.0).await.is_some());
    assert!(double.oidc.1.lives(&double.world.service).await);
}

#[tokio::test]
async fn trouble_with_the_store_removes_nothing() {
    let mut double = Double::start().await;
    double.world.service.store.breaks("unlink");
    let answer = remove(&double.world, &mut double.oidc.0, "alice-at-spare").await;
    assert_eq!(answer.page(), "503 Not available right now");
    double.world.service.store.heals();
    assert!(double.spare.1.lives(&double.world.service).await);
    assert!(person(&mut double.spare.0).await.is_some());
}
