//! Another master key: everything is sealed anew, and the old one goes.

use std::sync::Arc;

use countersign::{
    ambient::{OsEntropy, random},
    app::{build_on, key_manager},
    engine::record::{IdentityKey, User},
    jose::seal::{MasterKeyId, Vault},
    protocol::id::{KeyId, ProviderId, UserId},
    store::{Keyring as _, People as _, sqlite::Sqlite},
};
use futures_util::future::join_all;
use zeroize::Zeroizing;

use super::{access, hand, kid, published, text, tick};
use crate::harness::{Form, Service, Setup};

const OLD: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
const NEW: &str = "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P0A";

fn with(keys: &str) -> impl FnOnce(Setup) -> Setup + '_ {
    move |setup| setup.variable("COUNTERSIGN_MASTER_KEY", keys)
}

fn both() -> String {
    format!("{NEW},{OLD}")
}

/// Under the old master key alone.
async fn old() -> Service {
    with(OLD)(Setup::new()).start().await
}

async fn sealed_by(service: &Service) -> Vec<Option<MasterKeyId>> {
    let keys = service.store.signing_keys().await.unwrap();
    keys.iter().map(|key| MasterKeyId::of(&key.sealed)).collect()
}

/// Why a service does not start on the database of this one with these master keys.
async fn refused(service: Service, keys: &str) -> String {
    let setup = service.setup();
    let config = with(keys)(setup.clone()).load().unwrap();
    let store = Sqlite::open(&setup.root().join("data/countersign.db")).unwrap();
    let built =
        build_on(&config, Arc::new(store), service.clock.clone(), Arc::new(OsEntropy)).await;
    built.err().map_or_else(|| "it starts".to_owned(), |fault| fault.to_string())
}

#[tokio::test]
async fn a_wrong_master_key_refuses_the_start() {
    let told = refused(old().await, NEW).await;
    assert!(told.contains("sealed with another master key"), "{told}");
    assert!(told.contains("COUNTERSIGN_MASTER_KEY"), "{told}");
    assert_eq!(refused(old().await, OLD).await, "it starts");
}

#[tokio::test]
async fn a_wrong_master_key_changes_no_signing_key_by_hand_either() {
    let service = old().await;
    let signer = KeyId::new(published(&service).await.remove(0));
    let config = with(NEW)(service.setup().clone()).load().unwrap();
    let clock = service.clock.clone();
    let hand = key_manager(&config, service.store(), clock, Arc::new(OsEntropy)).unwrap();
    let before = service.state();
    for told in [hand.rotate(true).await.err(), hand.retire(&signer).await.err()] {
        assert!(told.unwrap().to_string().contains("another master key"));
    }
    assert_eq!(service.state(), before);
}

#[tokio::test]
async fn once_everything_is_resealed_the_old_master_key_may_go_and_nothing_is_lost() {
    let service = old().await;
    let (client, refresh) = service.lineage("alice").await;
    let token = access(&service).await;
    let service = service.restart_with(with(&both())).await;
    let done = hand(&service).reseal(|_| {}).await.unwrap();
    assert_eq!((done.keys, done.claims, done.closed, done.complete), (1, 1, 0, true));
    let again = hand(&service).reseal(|_| {}).await.unwrap();
    assert_eq!((again.keys, again.claims, again.complete), (0, 0, true));

    let service = service.restart_with(with(NEW)).await;
    assert_eq!(service.mcp(&token).await, 200);
    let answer = service.token(&service.refresh(&client, &refresh)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let next = answer.json();
    let again = service.token(&service.refresh(&client, text(&next, "refresh_token"))).await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(kid(text(&again.json(), "access_token")), kid(&token));
}

#[tokio::test]
async fn a_refresh_token_from_under_a_dropped_master_key_can_be_revoked() {
    let service = old().await;
    let (client, refresh) = service.lineage("alice").await;
    let service = service.restart_with(with(&both())).await;
    hand(&service).reseal(|_| {}).await.unwrap();
    let service = service.restart_with(with(NEW)).await;
    let form = Form::of(&[("token", &refresh), ("client_id", &client)]);
    assert_eq!(service.post("/revoke", &form, &[]).await.status, 200);
    let told = service.token(&service.refresh(&client, &refresh)).await.refusal();
    assert_eq!(told, "400 invalid_grant: The grant has ended; sign in again.");
}

#[tokio::test]
async fn an_older_token_from_under_a_dropped_master_key_is_unknown_and_ends_nothing() {
    let service = old().await;
    let (client, first) = service.lineage("alice").await;
    let mut current = first.clone();
    for _ in 0..2 {
        let answer = service.token(&service.refresh(&client, &current)).await.json();
        current = text(&answer, "refresh_token").to_owned();
    }
    let service = service.restart_with(with(&both())).await;
    hand(&service).reseal(|_| {}).await.unwrap();
    let service = service.restart_with(with(NEW)).await;
    let told = service.token(&service.refresh(&client, &first)).await.refusal();
    assert_eq!(told, "400 invalid_grant: The refresh token is unknown; sign in again.");
    assert_eq!(service.token(&service.refresh(&client, &current)).await.status, 200);
}

#[tokio::test]
async fn a_node_seals_the_signing_keys_anew_by_itself_and_one_with_the_old_list_goes_on() {
    let one = old().await;
    let before = sealed_by(&one).await;
    let other = one.replica_with(with(&both())).await;
    tick(&[&other, &one]).await;
    let after = sealed_by(&one).await;
    assert_ne!(before, after);
    assert_eq!(after, [hand(&other).vault.ids().next()]);
    let token = access(&one).await;
    assert_eq!(other.mcp(&token).await, 200);
    hand(&other).rotate(true).await.unwrap();
    tick(&[&other, &one]).await;
    assert_eq!(kid(&access(&one).await), kid(&token), "it cannot open the new one");
    assert!(other.log.text().contains("signing key left out"), "said by whichever node");
    assert_eq!(other.mcp(&access(&one).await).await, 200, "the key before it still verifies");
}

#[tokio::test]
async fn claims_are_resealed_in_batches_and_what_no_key_opens_is_counted() {
    let service = with(OLD)(Setup::new()).start().await;
    let vault = &hand(&service).vault;
    let stranger = Vault::new(vec![Zeroizing::new(random(&OsEntropy))]).unwrap();
    let admitted = (0..1100_u16).map(|number| {
        let (service, stranger) = (&service, &stranger);
        async move {
            let subject = format!("s{number}");
            let key =
                IdentityKey { provider: ProviderId::new("dev"), issuer: "i".to_owned(), subject };
            let purpose = format!("identity-claims\ndev\ni\n{}", key.subject);
            let by = if number == 7 { stranger } else { &**vault };
            let claims = by.seal(&purpose, b"{}", random(&OsEntropy));
            let now = service.now();
            let fresh = User {
                id: UserId::from_entropy(random(&OsEntropy)),
                name: None,
                email: None,
                disabled: false,
                created_at: now,
                seen_at: now,
            };
            service.store.admit(&key, &fresh, &claims).await.unwrap();
        }
    });
    join_all(admitted).await;
    let service = service.restart_with(with(&both())).await;
    let mut told = Vec::new();
    let done = hand(&service).reseal(|so_far| told.push(so_far.looked_at)).await.unwrap();
    assert_eq!((done.keys, done.claims, done.closed, done.complete), (1, 1099, 1, true));
    assert_eq!(told, [500, 1000, 1100, 500, 1000, 1100], "the second pass finds nothing to do");
}
