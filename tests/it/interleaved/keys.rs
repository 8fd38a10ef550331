//! Two nodes that look after one set of signing keys.

use std::sync::Arc;

use countersign::{ambient::OsEntropy, app::key_manager, flow::keys::KeyManager};

use crate::harness::{Doing, Service, Setup, claims, in_every_order};

const DAY: u64 = 24 * 60 * 60;

struct Nodes {
    here: Service,
    there: Service,
}

impl Nodes {
    async fn start() -> Self {
        let unlimited = ["COUNTERSIGN_ADDRESS_LIMIT", "COUNTERSIGN_REGISTRATION_LIMIT"];
        let setup = unlimited.into_iter().fold(Setup::new(), |it, name| it.variable(name, "off"));
        let here = setup.start().await;
        let there = here.replica().await;
        Self { here, there }
    }

    fn all(&self) -> [&Service; 2] {
        [&self.here, &self.there]
    }

    async fn tick(&self) {
        for node in self.all() {
            node.keys.tick().await.unwrap();
        }
    }

    /// Lets what was announced sign and what it followed go: one key is left.
    async fn settle(&self) {
        for days in [1, 15] {
            self.here.wait(days * DAY);
            self.tick().await;
        }
        assert_eq!(self.here.count("signing_keys"), 1);
    }

    /// Whatever a node signs with, every node publishes.
    async fn publish_what_they_sign_with(&self, token: &str) {
        let signer = claims(token).0["kid"].clone();
        for node in self.all() {
            let set = node.get("/jwks").await.json();
            let known = set["keys"].as_array().unwrap().iter().any(|key| key["kid"] == signer);
            assert!(known, "{set} lacks {signer}");
            assert_eq!(node.mcp(token).await, 200);
        }
    }
}

async fn access(node: &Service, client: &str, refresh: &mut String) -> String {
    let answer = node.token(&node.refresh(client, refresh)).await.json();
    answer["refresh_token"].as_str().unwrap().clone_into(refresh);
    answer["access_token"].as_str().unwrap().to_owned()
}

fn ticking(node: &Service) -> Doing<'_, ()> {
    Box::pin(async move { node.keys.tick().await.unwrap() })
}

#[tokio::test]
async fn in_every_order_two_nodes_make_one_next_key_and_sign_with_published_ones() {
    let nodes = Nodes::start().await;
    let orders = in_every_order(400, async |orders| {
        nodes.here.wait(89 * DAY);
        let (client, mut refresh) = nodes.here.lineage("alice").await;
        orders.run(nodes.all().map(ticking).into()).await;
        assert_eq!(nodes.here.count("signing_keys"), 2, "one new key");
        for node in nodes.all() {
            let token = access(node, &client, &mut refresh).await;
            nodes.publish_what_they_sign_with(&token).await;
        }
        nodes.here.wait(DAY);
        orders.run(nodes.all().map(ticking).into()).await;
        for node in nodes.all() {
            let token = access(node, &client, &mut refresh).await;
            nodes.publish_what_they_sign_with(&token).await;
        }
        nodes.settle().await;
    })
    .await;
    assert!(orders >= 12, "{orders} orders");
}

#[tokio::test]
async fn in_every_order_two_operators_who_rotate_make_one_key_between_them() {
    let nodes = Nodes::start().await;
    let hands = nodes.all().map(|node| {
        let clock = node.clock.clone();
        key_manager(&node.config, node.store(), clock, Arc::new(OsEntropy)).unwrap()
    });
    let orders = in_every_order(400, async |orders| {
        let made = orders.run(hands.iter().map(rotating).collect()).await;
        assert_eq!(made[0], made[1], "both name the same key");
        assert_eq!(nodes.here.count("signing_keys"), 2);
        nodes.tick().await;
        nodes.settle().await;
    })
    .await;
    assert!(orders >= 6, "{orders} orders");
}

fn rotating(hand: &KeyManager) -> Doing<'_, String> {
    Box::pin(async { hand.rotate(false).await.unwrap().id.to_string() })
}
