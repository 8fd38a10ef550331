//! Whether an account still stands, asked long after its sign-in and without its token.

use std::sync::Arc;

use countersign::{
    ambient::Timestamp,
    flow::providers::{Provider, ProviderFault},
    provider::adapter,
    upstream::{discovery::Discovery, http::Fetcher, jwks::JwksCache, toolkit::AccessTokens},
};
use serde_json::json;

use super::{google::UID, service_account::world, world::World};
use crate::federation::fake::Manner;

/// The provider as the service builds it, in our own hands.
fn provider(world: &World) -> Provider {
    let settings = world.service.config.providers[0].clone();
    let clock: Arc<dyn countersign::ambient::Clock> = world.service.clock.clone();
    let fetcher = Fetcher::for_operator().with_loopback();
    Provider {
        discovery: Arc::new(Discovery::new(fetcher.clone(), Arc::clone(&clock))),
        keys: Arc::new(JwksCache::new(fetcher.clone(), Arc::clone(&clock), &settings.algorithms)),
        fetcher,
        clock,
        callback: "http://localhost:8000/callback/firebase".to_owned(),
        answers: true.into(),
        unsigned: None,
        access_tokens: AccessTokens::default(),
        adapter: adapter(settings),
    }
}

async fn asked(world: &World, subject: &str, ago: u64) -> Result<(), String> {
    let signed_in = world.service.now().minus(std::time::Duration::from_secs(ago));
    let answer = provider(world).still_stands(subject, signed_in).await;
    answer.map_err(|fault| fault.to_string())
}

#[tokio::test]
async fn an_account_stands_until_it_is_disabled_deleted_or_signed_out() {
    let world = world(&[]).await;
    assert_eq!(asked(&world, UID, 86_400).await, Ok(()));
    let since = (world.service.now().unix() - 3600).to_string();
    world.google.now(|desk| desk.toolkit.accounts[0]["validSince"] = json!(since));
    assert_eq!(asked(&world, UID, 3600).await, Ok(()), "signed in just after");
    let gone = |why: &str| Err(format!("the account no longer stands: {why}"));
    assert_eq!(asked(&world, UID, 3601).await, gone("signed out everywhere"));
    world.google.now(|desk| desk.toolkit.accounts[0]["disabled"] = json!(true));
    assert_eq!(asked(&world, UID, 0).await, gone("disabled"));
    world.google.now(|desk| desk.toolkit.accounts.clear());
    assert_eq!(asked(&world, UID, 0).await, gone("USER_NOT_FOUND"));
    world.log_keeps_secrets();
}

#[tokio::test]
async fn the_tenant_before_the_uid_is_taken_off_and_no_other_part_of_it() {
    let tenant = world(&["tenant = \"corp-x1y2z\""]).await;
    tenant.google.now(|desk| desk.toolkit.tenant = Some("corp-x1y2z"));
    assert_eq!(asked(&tenant, &format!("corp-x1y2z/{UID}"), 0).await, Ok(()));
    let plain = world(&[]).await;
    let path = "/toolkit/v1/projects/example-1a2b3/accounts:lookup";
    let subject = format!("mallory/{UID}");
    plain.google.now(|desk| desk.toolkit.uid = "mallory/8CRvXeWc2fTz0bYmPq5sAlice001");
    let answer = asked(&plain, &subject, 0).await;
    let asked = plain.google.requests(path).await;
    let body: serde_json::Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(body, json!({ "localId": [subject] }), "a uid may have a slash in it");
    assert!(answer.is_err(), "Alice's account is another");
}

#[tokio::test]
async fn an_outage_counts_as_the_file_says() {
    let closed = world(&[]).await;
    closed.google.now(|desk| desk.toolkit.lookup = Manner::Status(503));
    let provider = provider(&closed);
    let answer = provider.still_stands(UID, Timestamp::from_unix(0)).await;
    assert!(matches!(answer, Err(ProviderFault::Unavailable(_))), "{answer:?}");
    let open = world(&["revocation_fails = \"open\""]).await;
    open.google.now(|desk| desk.toolkit.lookup = Manner::Status(503));
    assert_eq!(asked(&open, UID, 0).await, Ok(()));
}

#[tokio::test]
async fn without_the_check_or_the_account_nobody_is_asked() {
    let (unchecked, unnamed) =
        (World::sdk().await, World::with(&["revocation = \"lookup\""], &[]).await);
    for world in [unchecked, unnamed] {
        world.google.now(|desk| desk.toolkit.accounts.clear());
        assert_eq!(asked(&world, UID, 0).await, Ok(()));
    }
}
