//! At every refresh the person and the rules are looked at again.

use countersign::{
    protocol::scope::Scopes,
    store::{People as _, Store as _},
};
use serde_json::json;

use super::steps::*;
use crate::{
    federation::{
        kind::{Kind, with_keys},
        world::World,
    },
    harness::{Answer, Setup},
};

/// Alice connected an app by her provider, for everything.
pub(crate) async fn family() -> (World, Connected) {
    let world = World::of(Kind::Oidc).await;
    let connected = connected(&world).await;
    (world, connected)
}

pub(crate) async fn connected(world: &World) -> Connected {
    let answer = world.walk().await;
    Connected::by(&world.service, &world.ask(), &answer).await
}

/// The scopes of a token response; the family's next token is kept.
pub(crate) async fn scopes(world: &World, family: &mut Connected) -> String {
    let answer = family.turn(&world.service).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tokens = answer.json();
    family.refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(crate::harness::claims(access).1["scope"], tokens["scope"]);
    tokens["scope"].as_str().unwrap().to_owned()
}

/// The scopes of Alice's one grant as stored.
async fn held(world: &World) -> Scopes {
    let alice = user(&world.service, "Alice Liddell").await;
    let grants = grants_of(&world.service, &alice).await;
    assert_eq!(grants.len(), 1);
    grants[0].authorization.scopes.clone()
}

/// The provider's file with other rules.
fn rules(setup: Setup, edit: impl FnOnce(String) -> String) -> Setup {
    let shipped = std::fs::read_to_string(setup.root().join("providers/oidc.toml")).unwrap();
    setup.file("providers/oidc.toml", &edit(with_keys(&shipped, "")))
}

/// Asserts that the family ended: this refusal, then for ever, and no access token works.
async fn ended(world: &World, family: &Connected, answer: &Answer, why: &str) {
    assert_eq!(answer.refusal(), format!("400 invalid_grant: {why}"));
    assert_eq!(world.service.mcp(&family.access).await, 401);
    let again = family.turn(&world.service).await.refusal();
    assert_eq!(again, "400 invalid_grant: The grant has ended; sign in again.");
}

#[tokio::test]
async fn what_was_taken_from_the_rules_is_taken_from_the_grant() {
    let (world, mut family) = family().await;
    let others = |text: String| text.replace("\"mcp-admins\"", "\"others\"");
    let world = world.changed(|setup| rules(setup, others)).await;
    assert_eq!(scopes(&world, &mut family).await, "read");
    assert_eq!(held(&world).await, Scopes::parse("read").unwrap());
}

#[tokio::test]
async fn rules_that_give_more_add_nothing_to_what_was_granted() {
    let world = World::of(Kind::Oidc).await;
    world.provider.now(|desk| desk.person["groups"] = json!([]));
    let mut family = connected(&world).await;
    let more = |text: String| text.replace("[\"read\"]", "[\"read\", \"write\"]");
    let world = world.changed(|setup| rules(setup, more)).await;
    assert_eq!(scopes(&world, &mut family).await, "read");
}

#[tokio::test]
async fn somebody_no_longer_admitted_loses_the_grant() {
    let (world, family) = family().await;
    let closed = |text| format!("{text}[[allow]]\nemail_domain = \"elsewhere.example\"\n");
    let world = world.changed(|setup| rules(setup, closed)).await;
    assert_eq!(world.service.mcp(&family.access).await, 200, "nobody looked again so far");
    let answer = family.turn(&world.service).await;
    ended(&world, &family, &answer, "This account is no longer admitted here.").await;
}

#[tokio::test]
async fn without_its_provider_a_grant_ends() {
    let (world, family) = family().await;
    let world = world.changed(|setup| setup.variable("COUNTERSIGN_PROVIDERS", "spare")).await;
    let answer = family.turn(&world.service).await;
    ended(&world, &family, &answer, "That identity provider is no longer used here.").await;
}

#[tokio::test]
async fn without_its_server_a_grant_ends() {
    let world = World::of(Kind::Oidc).await;
    let world = world.changed(|s| s.variable("COUNTERSIGN_SERVERS", "demo,guarded")).await;
    let guarded = "http://127.0.0.1:9000/mcp";
    let ask = world.service.ask(&world.client).with("resource", guarded).and("scope", "read");
    let mut browser = world.service.browser();
    enter(&world, &mut browser, "oidc").await;
    let here = format!("{}{}", world.service.issuer, path(&ask));
    let page = browser.get(&here).await;
    let code = browser.press(&here, &page, ("continue", "1")).await.landing()["code"].clone();
    let form = world.service.exchange(&world.client, &code).with("resource", guarded);
    let tokens = world.service.token(&form).await.json();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let world = world.changed(|s| s.variable("COUNTERSIGN_SERVERS", "demo")).await;
    let form = world.service.refresh(&world.client, refresh).without("resource");
    let told = world.service.token(&form).await.refusal();
    assert_eq!(told, "400 invalid_grant: That MCP server is no longer guarded here.");
    let told = world.service.token(&form).await.refusal();
    assert_eq!(told, "400 invalid_grant: The grant has ended; sign in again.");
}

/// The demo server with these scopes alone.
fn serve(setup: Setup, scopes: &[&str]) -> Setup {
    let head =
        "path = \"/mcp\"\nname = \"Demo tools\"\nupstream = \"demo\"\nunlisted = \"allow\"\n";
    let scope = |name: &&str| format!("[[scope]]\nname = \"{name}\"\nsays = \"It\"\n");
    let text = format!("{head}{}", scopes.iter().map(scope).collect::<String>());
    let known = format!("scopes = [\"{}\"]", scopes.join("\", \""));
    let setup = rules(setup, |text| {
        let write = text.replace("scopes = [\"write\", \"admin\"]", &known);
        write.replace("scopes = [\"write\"]", &known).replace("scopes = [\"read\"]", &known)
    });
    let spare = std::fs::read_to_string(setup.root().join("providers/spare.toml")).unwrap();
    let spare = spare.replace("scopes = [\"read\"]", &known);
    setup.file("servers/demo.toml", &text).file("providers/spare.toml", &spare)
}

#[tokio::test]
async fn a_scope_that_left_the_servers_file_leaves_the_grant() {
    let (world, mut family) = family().await;
    let world = world.changed(|setup| serve(setup, &["read", "admin"])).await;
    assert_eq!(scopes(&world, &mut family).await, "admin read");
    assert_eq!(held(&world).await, Scopes::parse("admin read").unwrap());
}

#[tokio::test]
async fn a_grant_of_which_nothing_is_left_ends() {
    let (world, family) = family().await;
    let world = world.changed(|setup| serve(setup, &["other"])).await;
    let answer = family.turn(&world.service).await;
    ended(&world, &family, &answer, "None of the permissions granted is left.").await;
}

#[tokio::test]
async fn somebody_disabled_loses_every_family_and_browser_and_nobody_else_does() {
    let (world, family) = family().await;
    let mut second = connected(&world).await;
    let mut browser = world.service.browser();
    enter(&world, &mut browser, "oidc").await;
    let answer = world.walk_by_spare().await;
    let mut stranger = Connected::by(&world.service, &world.ask(), &answer).await;
    world.service.execute("UPDATE users SET disabled = 1 WHERE id = ?", &family.person());
    let answer = family.turn(&world.service).await;
    ended(&world, &family, &answer, "The account is disabled here.").await;
    assert_eq!(world.service.mcp(&second.access).await, 401, "before anybody used it");
    assert!(!second.lives(&world.service).await);
    assert!(stranger.lives(&world.service).await);
    let alice = world.user(&family.person()).await;
    assert!(sessions_of(&world.service, &alice).await.is_empty());
    assert!(world.service.store.disable(&alice.id, false, world.service.now()).await.unwrap());
    assert!(!second.lives(&world.service).await, "it stays ended when they are let in again");
    assert_eq!(person(&mut browser).await, None);
}

#[tokio::test]
async fn an_identity_that_is_gone_ends_what_came_by_it() {
    let (world, family) = family().await;
    world.service.execute("DELETE FROM identities WHERE subject = ?", "alice-at-oidc");
    let answer = family.turn(&world.service).await;
    ended(&world, &family, &answer, "Sign in again.").await;
}

#[tokio::test]
async fn a_lost_response_is_given_again_whatever_the_rules_became() {
    let (world, family) = family().await;
    let first = family.turn(&world.service).await.json();
    let again = family.turn(&world.service).await.json();
    assert_eq!(first["refresh_token"], again["refresh_token"]);
    let others = |text: String| text.replace("\"mcp-admins\"", "\"others\"");
    let world = world.changed(|setup| rules(setup, others)).await;
    let third = family.turn(&world.service).await.json();
    assert_eq!(first["refresh_token"], third["refresh_token"]);
    assert_eq!(
        (again["scope"].as_str(), third["scope"].as_str()),
        (Some("admin read write"), Some("read"))
    );
    let next = Connected { refresh: third["refresh_token"].as_str().unwrap().to_owned(), ..family };
    assert_eq!(next.turn(&world.service).await.json()["scope"], "read");
}

#[tokio::test]
async fn trouble_with_the_store_ends_nothing() {
    let (world, mut family) = family().await;
    for verb in ["present_grant", "swap_grant"] {
        world.service.store.breaks(verb);
        let answer = family.turn(&world.service).await;
        assert_eq!(answer.status, 503, "{verb}: {}", answer.body);
        assert_eq!(answer.json()["error"], "temporarily_unavailable");
        world.service.store.heals();
        assert_eq!(world.service.mcp(&family.access).await, 200);
    }
    assert!(world.service.store.revoked_since(world.service.now()).await.unwrap().is_empty());
    assert_eq!(scopes(&world, &mut family).await, "admin read write");
}

#[tokio::test]
async fn an_end_that_cannot_be_written_is_not_said() {
    let (world, family) = family().await;
    world.service.execute("UPDATE users SET disabled = 1 WHERE id = ?", &family.person());
    world.service.store.breaks("sign_out");
    assert_eq!(family.turn(&world.service).await.status, 503);
    world.service.store.heals();
    let answer = family.turn(&world.service).await;
    ended(&world, &family, &answer, "The account is disabled here.").await;
}
