//! Personal access tokens: within what the person may do, now and at every use.

use super::*;
use crate::{
    federation::{
        kind::{Kind, with_keys},
        world::World,
    },
    harness::Answer,
};
use countersign::{ambient::Clock as _, guard::RECHECK_AFTER, store::Issued as _};
use serde_json::json;

/// Alice signed in once, and made a token for these scopes.
async fn made(scopes: &str) -> (Service, String) {
    let service = two_servers("", "").start().await;
    service.tokens("alice").await;
    let token = token_of(&service, "Alice Admin", &wish("demo", scopes)).await.unwrap();
    (service, token)
}

/// What the demo server is told of a token.
async fn told(service: &Service, token: &str) -> Answer {
    introspect_as(service, &basic("demo", DEMO_SECRET), token).await
}

#[tokio::test]
async fn a_token_lets_in_as_the_person_and_only_its_digest_is_kept() {
    let (service, token) = made("read").await;
    assert!(token.starts_with("cs_pat_") && token.len() == 50);
    assert_eq!(service.mcp(&token).await, 200);
    let said = told(&service, &token).await.json();
    let alice = person(&service, "Alice Admin").await;
    assert_eq!((&said["sub"], &said["scope"]), (&json!(alice.id), &json!("read")));
    assert_eq!(
        (&said["client_id"], &said["email"]),
        (&json!("urn:countersign:personal-token"), &json!("alice@example.com"))
    );
    assert!(!service.database_holds(&token) && !service.database_holds(&token[7..]));
    service.log.keeps(&["cs_pat_", "alice@example.com"]);
}

/// As every grant has, so that the store's index of them grows at its end.
#[tokio::test]
async fn a_token_has_an_id_that_begins_with_the_moment_of_its_making() {
    let (service, _) = made("read").await;
    let id = service.store.personal_tokens(None).await.unwrap()[0].grant.id;
    assert_eq!(id.millis(), service.clock.millis());
}

#[tokio::test]
async fn what_is_beyond_the_person_or_the_server_is_not_made() {
    let service = two_servers("", "").start().await;
    service.tokens("bob").await;
    for (wish, why) in [
        (
            wish("demo", "read admin"),
            "These permissions are not this person's at that server: admin.",
        ),
        (wish("demo", "x"), "These permissions are not this person's at that server: x."),
        (
            wish("guarded", "read write"),
            "These permissions are not this person's at that server: write.",
        ),
        (
            wish("nowhere", "read"),
            "That server takes no personal tokens: it asks for none, or stands elsewhere without introspection.",
        ),
        (
            Wish { name: " \n".to_owned(), ..wish("demo", "read") },
            "A token needs a name of 1 to 80 characters on one line.",
        ),
        (
            Wish { name: "a\nb".to_owned(), ..wish("demo", "read") },
            "A token needs a name of 1 to 80 characters on one line.",
        ),
        (
            Wish { life: Duration::from_hours(366 * 24), ..wish("demo", "read") },
            "A token lives between one minute and 365 days.",
        ),
        (
            Wish { life: Duration::from_secs(59), ..wish("demo", "read") },
            "A token lives between one minute and 365 days.",
        ),
    ] {
        let fault = token_of(&service, "Bob Reader", &wish).await.unwrap_err();
        assert_eq!(fault.to_string(), why);
    }
    assert_eq!(service.store.personal_tokens(None).await.unwrap(), []);
    let disabled = person(&service, "Bob Reader").await;
    service.store.disable(&disabled.id, true, service.now()).await.unwrap();
    let fault = token_of(&service, "Bob Reader", &wish("demo", "read")).await.unwrap_err();
    assert_eq!(fault.to_string(), "The account is disabled here.");
}

#[tokio::test]
async fn a_wider_scope_brings_the_narrower_that_it_implies() {
    let service = two_servers("", "").start().await;
    service.tokens("alice").await;
    let token = token_of(&service, "Alice Admin", &wish("demo", "admin read")).await.unwrap();
    assert_eq!(told(&service, &token).await.json()["scope"], "admin read");
    let none = token_of(&service, "Alice Admin", &wish("demo", "")).await.unwrap();
    assert_eq!(told(&service, &none).await.json()["scope"], "");
}

#[tokio::test]
async fn a_server_that_could_not_check_a_token_gets_none() {
    let alone = Setup::new().variable("COUNTERSIGN_SERVERS", "demo,guarded");
    let open = alone.edit("servers/demo.toml", |text| format!("auth = \"none\"\n{text}"));
    let service = open.start().await;
    let client = service.client().await;
    let ask = service.ask(&client).with("resource", ELSEWHERE);
    service.walk(&mut service.browser(), &ask, "alice").await.landing();
    for server in ["demo", "guarded"] {
        let fault = token_of(&service, "Alice Admin", &wish(server, "read")).await.unwrap_err();
        assert!(matches!(fault, NoToken::Server), "{server}: {fault}");
    }
}

#[tokio::test]
async fn a_token_is_refused_at_another_server() {
    let service = two_servers("", "").start().await;
    service.tokens("alice").await;
    let token = token_of(&service, "Alice Admin", &wish("guarded", "read")).await.unwrap();
    assert_eq!(service.mcp(&token).await, 401);
    is_inactive(&told(&service, &token).await);
    assert_eq!(introspect(&service, &token).await.json()["active"], true);
}

#[tokio::test]
async fn an_invented_or_damaged_token_is_refused() {
    let (service, token) = made("read").await;
    let mut other = token.clone();
    other.replace_range(20..21, if &token[20..21] == "A" { "B" } else { "A" });
    for token in [&other, &token[..49], &token[7..], &token.replace("_pat_", "_at_")] {
        assert_eq!(service.mcp(token).await, 401, "{token}");
    }
    assert_eq!(service.get(&format!("/mcp?access_token={token}")).await.status, 400);
    assert_eq!(service.mcp(&token).await, 200);
}

#[tokio::test]
async fn a_token_is_no_refresh_token_and_no_client_ends_it() {
    let (service, token) = made("read").await;
    let client = service.client().await;
    let refresh = service.token(&service.refresh(&client, &token)).await;
    assert_eq!(
        refresh.refusal(),
        "400 invalid_grant: The refresh token is unknown; sign in again."
    );
    let code = service.token(&service.exchange(&client, &token)).await;
    assert_eq!(code.json()["error"], "invalid_grant");
    for client in [client.as_str(), "urn:countersign:personal-token"] {
        service.post("/revoke", &Form::of(&[("client_id", client), ("token", &token)]), &[]).await;
    }
    assert_eq!(service.mcp(&token).await, 200);
}

#[tokio::test]
async fn a_token_expires() {
    let (service, token) = made("read").await;
    service.wait(24 * 3600 + 59);
    assert_eq!(service.mcp(&token).await, 200, "within the leeway");
    service.wait(1);
    assert_eq!(service.mcp(&token).await, 401);
    is_inactive(&told(&service, &token).await);
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once_here_and_by_others_at_the_next_look() {
    let (service, token) = made("read").await;
    let replica = service.replica().await;
    assert_eq!(
        (service.mcp(&token).await, replica.mcp(&token).await),
        (200.try_into().unwrap(), 200.try_into().unwrap())
    );
    let id = service.store.personal_tokens(None).await.unwrap()[0].grant.id;
    service.revoker.revoke(&id, service.now()).await.unwrap();
    assert_eq!(service.mcp(&token).await, 401);
    is_inactive(&told(&service, &token).await);
    replica.look().await;
    assert_eq!(replica.mcp(&token).await, 401);
    replica.wait(RECHECK_AFTER.as_secs());
    assert_eq!(replica.mcp(&token).await, 401, "nor by what it believed");
}

#[tokio::test]
async fn however_short_access_tokens_live_a_revoked_token_stays_refused() {
    let setup = two_servers("", "").variable("COUNTERSIGN_ACCESS_TTL", "1m");
    let service = setup.start().await;
    service.tokens("alice").await;
    let token = token_of(&service, "Alice Admin", &wish("demo", "read")).await.unwrap();
    assert_eq!(service.mcp(&token).await, 200);
    let id = service.store.personal_tokens(None).await.unwrap()[0].grant.id;
    service.revoker.revoke(&id, service.now()).await.unwrap();
    // Not before: a call that is refused ends what the guard believed.
    service.wait(RECHECK_AFTER.as_secs() - 1);
    assert_eq!(service.mcp(&token).await, 401);
}

#[tokio::test]
async fn whatever_ends_a_person_ends_their_tokens_and_nobody_elses() {
    let (service, token) = made("read").await;
    service.tokens("bob").await;
    let bobs = token_of(&service, "Bob Reader", &wish("demo", "read")).await.unwrap();
    assert_eq!((service.mcp(&token).await.as_u16(), service.mcp(&bobs).await.as_u16()), (200, 200));
    let alice = person(&service, "Alice Admin").await;
    service.store.disable(&alice.id, true, service.now()).await.unwrap();
    service.revoker.recall(service.now(), service.now()).await.unwrap();
    assert_eq!((service.mcp(&token).await.as_u16(), service.mcp(&bobs).await.as_u16()), (401, 200));
    service.store.disable(&alice.id, false, service.now()).await.unwrap();
    assert_eq!(service.mcp(&token).await, 401, "it stays ended when they are let in again");
}

#[tokio::test]
async fn somebody_disabled_is_refused_at_the_next_look_even_if_nothing_was_revoked() {
    let (service, token) = made("read").await;
    assert_eq!(service.mcp(&token).await, 200);
    let alice = person(&service, "Alice Admin").await;
    service.execute("UPDATE users SET disabled = 1 WHERE id = ?", alice.id.as_str());
    is_inactive(&told(&service, &token).await);
    service.wait(RECHECK_AFTER.as_secs());
    assert_eq!(service.mcp(&token).await, 401);
}

/// A person of a provider with groups, and their token for everything.
async fn in_groups() -> (World, String) {
    let world = World::of(Kind::Oidc).await;
    world.scopes().await;
    let token = token_of(&world.service, "Alice Liddell", &wish("demo", "read write admin")).await;
    (world, token.unwrap())
}

async fn scopes(world: &World, token: &str) -> String {
    let reference = countersign::protocol::reference::Reference::parse(token).unwrap();
    let claims = references(&world.service).claims(&reference).await.unwrap();
    claims.map_or("refused".to_owned(), |claims| claims.scope.to_string())
}

fn references(service: &Service) -> countersign::flow::references::References {
    let standing = Arc::clone(&hand(service).standing);
    let (store, issuer) = (service.store(), service.config.public_url.clone());
    countersign::flow::references::References { store, standing, issuer }
}

#[tokio::test]
async fn a_group_that_is_gone_at_the_next_sign_in_shrinks_the_token_until_it_is_back() {
    let (world, token) = in_groups().await;
    assert_eq!(scopes(&world, &token).await, "admin read write");
    assert_eq!(world.service.mcp(&token).await, 200);
    world.provider.now(|desk| desk.person["groups"] = json!(["mcp-writers"]));
    world.walk().await;
    assert_eq!(scopes(&world, &token).await, "read write");
    world.provider.now(|desk| desk.person["groups"] = json!(["mcp-admins"]));
    world.walk().await;
    assert_eq!(scopes(&world, &token).await, "admin read write", "as it was made");
}

#[tokio::test]
async fn rules_that_admit_the_person_no_longer_refuse_the_token() {
    let (world, token) = in_groups().await;
    let shipped = std::fs::read_to_string(world.setup.root().join("providers/oidc.toml")).unwrap();
    let closed = with_keys(&shipped, "") + "[[allow]]\nemail_domain = \"elsewhere.example\"\n";
    let world = world.changed(|setup| setup.file("providers/oidc.toml", &closed)).await;
    assert_eq!(world.service.mcp(&token).await, 401);
    assert_eq!(scopes(&world, &token).await, "refused");
}

#[tokio::test]
async fn a_provider_or_a_server_that_is_withdrawn_takes_its_tokens_along() {
    let (world, token) = in_groups().await;
    assert_eq!(world.service.mcp(&token).await, 200);
    let world = world.changed(|setup| setup.variable("COUNTERSIGN_PROVIDERS", "spare")).await;
    assert_eq!(world.service.mcp(&token).await, 401);
    let world = world.changed(|s| s.variable("COUNTERSIGN_PROVIDERS", "oidc,spare")).await;
    assert_eq!(world.service.mcp(&token).await, 200, "nothing was ended by being asked");
    let world = world.changed(|s| s.variable("COUNTERSIGN_SERVERS", "guarded")).await;
    assert_eq!(scopes(&world, &token).await, "refused");
}

#[tokio::test]
async fn a_person_has_fifty_tokens_at_most() {
    let (service, first) = made("read").await;
    for _ in 1..50 {
        token_of(&service, "Alice Admin", &wish("demo", "read")).await.unwrap();
    }
    let fault = token_of(&service, "Alice Admin", &wish("demo", "read")).await.unwrap_err();
    assert!(matches!(fault, NoToken::TooMany));
    service.wait(24 * 3600 + 60);
    assert_eq!(service.mcp(&first).await, 401);
    token_of(&service, "Alice Admin", &wish("demo", "read")).await.unwrap();
}

#[tokio::test]
async fn trouble_with_the_store_is_503_and_passes() {
    let (service, token) = made("read").await;
    for verb in ["personal_token", "person"] {
        service.store.breaks(verb);
        assert_eq!(service.mcp(&token).await, 503, "{verb}");
        assert_eq!(told(&service, &token).await.status, 503, "{verb}");
        service.store.heals();
    }
    assert_eq!(service.mcp(&token).await, 200);
}
