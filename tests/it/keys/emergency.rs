//! A key in other hands, and keys changed by hand.

use countersign::{engine::keys::Stage, flow::keys::KeysError, protocol::id::KeyId};
use futures_util::future::join_all;

use super::{DAY, access, hand, kid, lasting, published, text, tick};
use crate::harness::{Form, Service, Setup};

const SECRET: &str = "the-secret-of-the-demo-server-here";

async fn introspected(service: &Service, token: &str) -> bool {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let basic = format!("Basic {}", STANDARD.encode(format!("demo:{SECRET}")));
    let form = Form::of(&[("token", token)]);
    let told = service.post("/introspect", &form, &[("authorization", &basic)]).await;
    told.json()["active"].as_bool().unwrap()
}

#[tokio::test]
async fn a_key_retired_in_an_emergency_is_refused_by_every_node_at_its_next_look() {
    let one = Service::start().await;
    let other = one.replica().await;
    let token = access(&one).await;
    for service in [&one, &other] {
        assert_eq!(service.mcp(&token).await, 200, "verified and kept");
    }
    let stolen = KeyId::new(kid(&token));
    let retired = hand(&one).retire(&stolen).await.unwrap();
    assert_eq!(retired.was, Stage::Active);
    tick(&[&other, &one]).await;
    for service in [&one, &other] {
        assert_eq!(service.mcp(&token).await, 401);
        assert!(!published(service).await.contains(&kid(&token)));
    }
    let fresh = access(&one).await;
    assert_eq!(Some(KeyId::new(kid(&fresh))), retired.successor);
    assert_eq!(
        (one.mcp(&fresh).await, other.mcp(&fresh).await),
        (http::StatusCode::OK, http::StatusCode::OK)
    );
    assert_eq!(one.count("signing_keys"), 1);
}

#[tokio::test]
async fn nobody_is_signed_out_by_it() {
    let service = Service::start().await;
    let (client, refresh) = service.lineage("alice").await;
    let signer = published(&service).await.remove(0);
    hand(&service).retire(&KeyId::new(signer)).await.unwrap();
    tick(&[&service]).await;
    let answer = service.token(&service.refresh(&client, &refresh)).await.json();
    assert_eq!(service.mcp(text(&answer, "access_token")).await, 200);
}

#[tokio::test]
async fn its_tokens_mean_nothing_at_introspection_and_revocation_either() {
    let asks = format!("introspection = {{ secret = \"{SECRET}\" }}\n");
    let service = Setup::new().edit("servers/demo.toml", |text| asks + &text).start().await;
    let (client, _) = service.lineage("alice").await;
    let old = access(&service).await;
    assert!(introspected(&service, &old).await);
    hand(&service).retire(&KeyId::new(kid(&old))).await.unwrap();
    tick(&[&service]).await;
    assert!(!introspected(&service, &old).await);
    let before = service.state();
    let form = Form::of(&[("token", &old), ("client_id", &client)]);
    assert_eq!(service.post("/revoke", &form, &[]).await.status, 200);
    assert_eq!(service.state(), before, "whoever has the key cannot end grants");
    let fresh = access(&service).await;
    assert!(introspected(&service, &fresh).await);
    service.post("/revoke", &form.with("token", &fresh), &[]).await;
    assert!(!introspected(&service, &fresh).await);
}

#[tokio::test]
async fn an_announced_key_signs_at_once_in_the_place_of_a_retired_one() {
    let service = Service::start().await;
    let next = hand(&service).rotate(false).await.unwrap().id;
    let signer = KeyId::new(kid(&access(&service).await));
    assert_ne!(signer, next);
    let retired = hand(&service).retire(&signer).await.unwrap();
    assert_eq!(retired.successor.as_ref(), Some(&next));
    tick(&[&service]).await;
    assert_eq!(kid(&access(&service).await), next.as_str());
    assert_eq!(published(&service).await, [next.as_str()]);
}

#[tokio::test]
async fn a_key_that_does_not_sign_is_retired_without_a_successor() {
    let service = Service::start().await;
    let token = lasting(&service, &access(&service).await, 20).await;
    let next = hand(&service).rotate(false).await.unwrap().id;
    let retired = hand(&service).retire(&next).await.unwrap();
    assert_eq!((retired.was, retired.successor), (Stage::Announced, None));
    tick(&[&service]).await;
    assert_eq!(published(&service).await, [kid(&token)]);

    hand(&service).rotate(true).await.unwrap();
    service.wait(DAY);
    tick(&[&service]).await;
    assert_eq!(service.mcp(&token).await, 200, "retiring");
    let retired = hand(&service).retire(&KeyId::new(kid(&token))).await.unwrap();
    assert_eq!((retired.was, retired.successor), (Stage::Retiring, None));
    tick(&[&service]).await;
    assert_eq!(service.mcp(&token).await, 401);
}

#[tokio::test]
async fn an_unknown_key_is_refused_with_the_known_ones() {
    let service = Service::start().await;
    let fault = hand(&service).retire(&KeyId::new("nope")).await.unwrap_err();
    let known = published(&service).await;
    assert!(matches!(&fault, KeysError::Unknown { known: told, .. } if *told == known), "{fault}");
    assert_eq!(service.count("signing_keys"), 1);
}

#[tokio::test]
async fn of_eight_who_rotate_at_once_one_makes_the_key_and_all_name_it() {
    let service = Service::start().await;
    let hands: Vec<_> = (0..8).map(|_| hand(&service)).collect();
    let told = join_all(hands.iter().map(|hand| hand.rotate(false))).await;
    let told: Vec<_> = told.into_iter().map(Result::unwrap).collect();
    assert_eq!(told.iter().filter(|told| told.changed).count(), 1);
    assert!(told.iter().all(|next| next.id == told[0].id));
    assert_eq!(service.count("signing_keys"), 2);
}

#[tokio::test]
async fn a_rotation_by_hand_announces_once_and_signs_at_once_only_when_told_to() {
    let service = Service::start().await;
    let hand = hand(&service);
    let next = hand.rotate(false).await.unwrap();
    assert_eq!(next.signs_from.since(service.now()).as_secs(), DAY);
    let again = hand.rotate(false).await.unwrap();
    assert_eq!((&again.id, again.changed), (&next.id, false));
    tick(&[&service]).await;
    assert_ne!(kid(&access(&service).await), next.id.as_str());
    let now = hand.rotate(true).await.unwrap();
    assert_eq!((&now.id, now.signs_from, now.changed), (&next.id, service.now(), true));
    tick(&[&service]).await;
    assert_eq!(kid(&access(&service).await), next.id.as_str());
    assert_eq!(service.count("signing_keys"), 2);
}

#[tokio::test]
async fn an_operator_cannot_publish_more_keys_than_verifiers_read() {
    let service = Service::start().await;
    let hand = hand(&service);
    for _ in 1..32 {
        hand.rotate(true).await.unwrap();
        service.wait(1);
    }
    assert!(matches!(hand.rotate(true).await, Err(KeysError::TooMany(32))));
    tick(&[&service]).await;
    assert_eq!(published(&service).await.len(), 32);
}
