//! Processes that are killed in the middle of their work. What was answered must still be true
//! afterwards, at every node.
//!
//! Each test kills four times. Fifty times, with two nodes and with four, and figures:
//! `cargo test --test it fifty_kills -- --ignored --nocapture --test-threads 1`.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::{
    Cluster, below,
    codes::Code,
    lineage::{Heard, Lineage, Load},
};
use crate::harness::postgres::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_when_the_program_on_sqlite_is_killed() {
    nothing_answered_is_lost(Cluster::on_sqlite().await, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_when_the_only_node_is_killed() {
    nothing_answered_is_lost(on_postgresql(1).await, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_when_one_of_two_nodes_is_killed() {
    nothing_answered_is_lost(on_postgresql(2).await, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_when_one_of_four_nodes_is_killed() {
    nothing_answered_is_lost(on_postgresql(4).await, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; prints figures"]
async fn fifty_kills_of_two_nodes() {
    nothing_answered_is_lost(on_postgresql(2).await, 50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; prints figures"]
async fn fifty_kills_of_four_nodes() {
    nothing_answered_is_lost(on_postgresql(4).await, 50).await;
}

async fn on_postgresql(nodes: usize) -> Cluster {
    let database = Database::fresh().await;
    Cluster::on(&vec![database.url; nodes]).await
}

async fn nothing_answered_is_lost(mut cluster: Cluster, kills: usize) {
    let (began, nodes) = (Instant::now(), cluster.nodes.len());
    let mut lines = Lineage::several(&cluster.app, 8).await;
    for _ in 0..kills {
        let codes = Codes::brought(&cluster).await;
        let load = Load::of(lines);
        cluster.lose_any().await;
        lines = load.stop().await;
        codes.settled().await;
        for line in &mut lines {
            line.holds().await;
        }
    }
    let Heard { answered, lost, later } = Heard::of(&lines);
    assert!(lost > 0, "nobody was killed at work");
    for line in lines {
        line.ends_with_an_old_token().await;
    }
    println!(
        "{nodes} nodes, {kills} kills in {:.0?}: {answered} rotations answered, {lost} answers \
         lost, {later} times 503, {} codes spent once",
        began.elapsed(),
        3 * kills,
    );
}

/// Codes that are brought around the moment at which a node is killed.
struct Codes {
    raced: Vec<JoinHandle<Code>>,
    alone: JoinHandle<Code>,
}

impl Codes {
    async fn brought(cluster: &Cluster) -> Self {
        let mut raced = Vec::new();
        for _ in 0..2 {
            let code = Code::fresh(&cluster.app).await;
            raced.push(tokio::spawn(async { soon(code).await.raced(8).await }));
        }
        let code = Code::fresh(&cluster.app).await;
        Self { raced, alone: tokio::spawn(async { soon(code).await.redeemed().await }) }
    }

    async fn settled(self) {
        for code in self.raced {
            code.await.unwrap().settled(false).await;
        }
        self.alone.await.unwrap().settled(true).await;
    }
}

async fn soon(code: Code) -> Code {
    tokio::time::sleep(Duration::from_millis(below(500))).await;
    code
}
