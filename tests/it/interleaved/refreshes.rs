//! One refresh token, several who use it: clients that send twice, and thieves.

use std::collections::BTreeSet;

use super::{Person, served, token};
use crate::harness::{Answer, Service, in_every_order};

fn successors(answers: &[Answer]) -> BTreeSet<String> {
    let good = answers.iter().filter(|answer| answer.status == 200);
    good.map(|answer| token(answer, "refresh_token")).collect()
}

/// Either the one living successor leads on, or nothing of the family does.
async fn one_line_or_none(ann: &Person, old: &[String], answers: &[Answer], node: &Service) {
    let given = successors(answers);
    let mut living = Vec::new();
    for last in &given {
        // Asked of the store, not by a refresh: a use would change what the next one finds.
        let grant = ann.grant(&grant_of(last)).await.unwrap();
        let current = grant.current.is_some_and(|current| current.matches(&digest_of(last)));
        if grant.revoked_at.is_none() && current {
            living.push(last.clone());
        }
    }
    if let [last] = living.as_slice() {
        let on = ann.refresh(node, last).await;
        assert_eq!(on.status, 200, "the successor leads on: {}", on.body);
        return;
    }
    assert_eq!(living, Vec::<String>::new(), "two successors live");
    for answer in answers {
        ann.is_dead(answer).await;
    }
    for token in old {
        assert_eq!(ann.refresh(node, token).await.status, 400);
    }
}

fn digest_of(token: &str) -> countersign::protocol::secret::Digest {
    countersign::protocol::secret::Digest::of(token)
}

fn grant_of(token: &str) -> countersign::protocol::id::GrantId {
    countersign::protocol::secret::RefreshToken::parse_unverified(token).unwrap().grant()
}

#[tokio::test]
async fn in_every_order_of_three_uses_a_refresh_token_has_one_successor_and_all_get_it() {
    let ann = Person::signed_in().await;
    let orders = in_every_order(4000, async |orders| {
        let (_, first) = ann.tokens().await;
        let all = (0..3).map(|_| ann.refresh(&ann.service, &first)).collect();
        let answers = orders.run(all).await;
        assert_eq!(served(&answers), 3, "within the grace all are served");
        assert_eq!(successors(&answers).len(), 1, "by the same successor");
        one_line_or_none(&ann, &[first], &answers, &ann.service).await;
    })
    .await;
    assert!(orders >= 90, "{orders} orders");
}

#[tokio::test]
async fn in_every_order_at_two_nodes_a_refresh_token_has_one_successor() {
    let ann = Person::signed_in().await;
    let there = ann.service.replica().await;
    let orders = in_every_order(400, async |orders| {
        let (_, first) = ann.tokens().await;
        let all = vec![ann.refresh(&ann.service, &first), ann.refresh(&there, &first)];
        let answers = orders.run(all).await;
        assert_eq!((served(&answers), successors(&answers).len()), (2, 1));
        one_line_or_none(&ann, &[first], &answers, &there).await;
    })
    .await;
    assert!(orders >= 6, "{orders} orders");
}

#[tokio::test]
async fn in_every_order_an_old_token_beside_the_present_one_leaves_one_line_or_none() {
    let ann = Person::signed_in().await;
    let mut ended = 0;
    let orders = in_every_order(2000, async |orders| {
        let (access, first) = ann.tokens().await;
        let second = token(&ann.refresh(&ann.service, &first).await, "refresh_token");
        let all = vec![
            ann.refresh(&ann.service, &first),
            ann.refresh(&ann.service, &second),
            ann.refresh(&ann.service, &second),
        ];
        let answers = orders.run(all).await;
        one_line_or_none(&ann, &[first, second.clone()], &answers, &ann.service).await;
        let revoked = ann.grant(&grant_of(&second)).await.unwrap().revoked_at.is_some();
        assert_eq!(ann.service.mcp(&access).await, if revoked { 401 } else { 200 });
        ended += usize::from(revoked);
    })
    .await;
    assert!(orders >= 90 && ended > 0 && ended < orders, "{ended} of {orders} ended the grant");
}
