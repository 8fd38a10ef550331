//! One code, several who spend it.

use super::{Person, served};
use crate::harness::{Doing, in_every_order};

#[tokio::test]
async fn in_every_order_of_three_exchanges_a_code_opens_one_grant_which_its_replay_ends() {
    let ann = Person::signed_in().await;
    let orders = in_every_order(2000, async |orders| {
        let (code, id) = ann.another_code().await;
        let before = ann.service.count("grants");
        let all = (0..3).map(|_| ann.exchange(&ann.service, &code)).collect();
        let answers = orders.run(all).await;
        assert_eq!(served(&answers), 1, "one is served");
        assert_eq!(ann.service.count("grants"), before + 1, "one grant is opened");
        assert!(ann.grant(&id).await.unwrap().revoked_at.is_some());
        for answer in &answers {
            ann.is_dead(answer).await;
        }
    })
    .await;
    assert!(orders >= 90, "{orders} orders");
}

#[tokio::test]
async fn in_every_order_an_exchange_without_the_verifier_beside_a_good_one_leaves_no_grant() {
    let ann = Person::signed_in().await;
    let orders = in_every_order(100, async |orders| {
        let (code, id) = ann.another_code().await;
        let wrong = ann.service.exchange(&ann.client, &code).with("code_verifier", &"x".repeat(43));
        let all = vec![ann.exchange(&ann.service, &code), super::posted(&ann.service, wrong)];
        let answers = orders.run(all).await;
        assert_eq!(answers[1].status, 400);
        assert!(ann.grant(&id).await.is_none_or(|grant| grant.revoked_at.is_some()));
        ann.is_dead(&answers[0]).await;
    })
    .await;
    assert!(orders >= 6, "{orders} orders");
}

#[tokio::test]
async fn in_every_order_two_nodes_open_one_grant_by_one_code() {
    let ann = Person::signed_in().await;
    let there = ann.service.replica().await;
    let orders = in_every_order(100, async |orders| {
        let (code, id) = ann.another_code().await;
        let all = vec![ann.exchange(&ann.service, &code), ann.exchange(&there, &code)];
        let answers = orders.run(all).await;
        assert_eq!(served(&answers), 1);
        assert!(ann.grant(&id).await.unwrap().revoked_at.is_some());
        for node in [&ann.service, &there] {
            node.look().await;
        }
        for answer in &answers {
            ann.is_dead(answer).await;
        }
    })
    .await;
    assert!(orders >= 6, "{orders} orders");
}

#[tokio::test]
async fn in_every_order_what_is_exchanged_beside_a_sign_out_does_not_outlive_it() {
    let ann = Person::signed_in().await;
    let orders = in_every_order(200, async |orders| {
        let (code, _) = ann.another_code().await;
        let out: Doing<'_, _> = Box::pin(async {
            ann.service.revoker.sign_out(ann.user(), ann.service.now()).await.unwrap();
            None
        });
        let exchange = ann.exchange(&ann.service, &code);
        let exchange: Doing<'_, _> = Box::pin(async { Some(exchange.await) });
        let answers = orders.run(vec![out, exchange]).await;
        for answer in answers.iter().flatten() {
            ann.is_dead(answer).await;
        }
    })
    .await;
    assert!(orders >= 3, "{orders} orders");
}
