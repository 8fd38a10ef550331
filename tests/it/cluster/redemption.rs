//! One code, brought to all nodes at once.

use super::{Cluster, codes::Code, lineage::Lineage, lineage::Load};
use crate::harness::postgres::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_redemptions_at_two_nodes_under_load_one_is_good() {
    one_is_good(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_redemptions_at_four_nodes_under_load_one_is_good() {
    one_is_good(4).await;
}

async fn one_is_good(nodes: usize) {
    let database = Database::fresh().await;
    let cluster = Cluster::on(&vec![database.url; nodes]).await;
    let load = Load::of(Lineage::several(&cluster.app, 4).await);
    for _ in 0..5 {
        let code = Code::fresh(&cluster.app).await.raced(64).await;
        assert_eq!(code.granted(), 1);
        code.settled(false).await;
    }
    for mut line in load.stop().await {
        assert!(line.heard.answered > 0);
        line.holds().await;
    }
}
