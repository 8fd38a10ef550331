//! By time alone: announced, active, retiring, gone.

use futures_util::future::join_all;
use http::StatusCode;

use super::{DAY, access, asked_again, hand, kid, lasting, published, tick};
use crate::harness::{Service, Setup};

#[tokio::test]
async fn a_retiring_key_verifies_for_fourteen_days_and_then_its_row_is_removed() {
    let service = Service::start().await;
    service.wait(89 * DAY);
    tick(&[&service]).await;
    let (old, new) = (published(&service).await[0].clone(), published(&service).await[1].clone());
    let token = lasting(&service, &access(&service).await, 100).await;
    service.wait(15 * DAY - 1);
    tick(&[&service]).await;
    assert_eq!((kid(&token), kid(&access(&service).await)), (old, new.clone()));
    assert_eq!(service.mcp(&token).await, 200);
    service.wait(1);
    assert_eq!(service.count("signing_keys"), 2);
    tick(&[&service]).await;
    assert_eq!(service.mcp(&token).await, 401);
    assert_eq!(published(&service).await, [new]);
    assert_eq!(service.count("signing_keys"), 1, "the next one is not due");
}

#[tokio::test]
async fn two_nodes_announce_one_key_and_both_sign_with_it_from_its_time_on() {
    let one = Service::start().await;
    let other = one.replica().await;
    one.wait(89 * DAY);
    let ticks = (0..8).map(|n| if n % 2 == 0 { one.keys.tick() } else { other.keys.tick() });
    assert!(join_all(ticks).await.iter().all(Result::is_ok));
    tick(&[&one, &other]).await;
    assert_eq!(one.count("signing_keys"), 2);
    let both = published(&one).await;
    assert_eq!(published(&other).await, both);
    one.wait(DAY - 1);
    tick(&[&one, &other]).await;
    assert_eq!(kid(&access(&one).await), both[0]);
    one.wait(1);
    tick(&[&one]).await;
    let token = access(&one).await;
    assert_eq!(kid(&token), both[1]);
    assert_eq!(other.mcp(&token).await, 200, "which has not looked since");
}

#[tokio::test]
async fn the_first_key_of_a_cluster_is_one_and_signs_at_once() {
    let one = Service::start().await;
    let other = one.replica().await;
    assert_eq!(one.count("signing_keys"), 1);
    let token = access(&one).await;
    assert_eq!((one.mcp(&token).await, other.mcp(&token).await), (StatusCode::OK, StatusCode::OK));
}

#[tokio::test]
async fn the_key_set_gets_another_entity_tag_when_it_changes_and_only_then() {
    let service = Service::start().await;
    let etag = service.get("/jwks").await.header("etag").to_owned();
    tick(&[&service]).await;
    assert_eq!(asked_again(&service, &etag).await.status, 304);
    hand(&service).rotate(false).await.unwrap();
    tick(&[&service]).await;
    let again = asked_again(&service, &etag).await;
    assert_eq!(again.status, 200);
    assert_ne!(again.header("etag"), etag);
    assert_eq!(again.header("cache-control"), "public, max-age=600");
    assert_eq!(asked_again(&service, again.header("etag")).await.status, 304);
}

#[tokio::test]
async fn tokens_of_the_old_algorithm_outlive_a_change_of_the_setting() {
    let service = Service::start().await;
    let token = access(&service).await;
    service.wait(1);
    let eddsa = |setup: Setup| setup.variable("COUNTERSIGN_SIGNING_ALG", "EdDSA");
    let service = service.restart_with(eddsa).await;
    assert_eq!(service.mcp(&token).await, 200);
    let fresh = access(&service).await;
    assert_eq!(crate::harness::claims(&fresh).0["alg"], "EdDSA");
    assert_eq!(published(&service).await, [kid(&token), kid(&fresh)]);
    service.wait(14 * DAY);
    tick(&[&service]).await;
    assert_eq!(published(&service).await, [kid(&fresh)]);
}

#[tokio::test]
async fn a_database_out_of_reach_leaves_the_keys_as_they_are() {
    let service = Service::start().await;
    let (token, set) = (access(&service).await, published(&service).await);
    service.store.breaks("signing_keys");
    assert!(service.keys.tick().await.is_err());
    service.store.heals();
    service.wait(89 * DAY);
    service.store.breaks("put_signing_key");
    assert!(service.keys.tick().await.is_err());
    service.store.heals();
    assert_eq!((kid(&token), published(&service).await), (set[0].clone(), set));
    tick(&[&service]).await;
    assert_eq!(published(&service).await.len(), 2);
}
