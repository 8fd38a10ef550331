//! Two nodes whose database goes away and comes back, elsewhere or there, while clients refresh. While
//! it is away the answer is 503 with `Retry-After`; nobody restarts a node.

use std::time::{Duration, Instant};

use reqwest::{Response, StatusCode};

use super::{
    Cluster,
    app::{App, retry_after},
    lineage::{Heard, Lineage, Load},
};
use crate::harness::{
    postgres::{Database, Server},
    proxy::{Network, Proxy},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_killed_is_left_for_its_standby_and_nothing_answered_is_lost() {
    let mut primary = tokio::task::spawn_blocking(|| Server::start("")).await.unwrap();
    let database = primary.database().await;
    let standby = primary.standby().await;
    let cluster = Cluster::on(&vec![database.at(&[primary.port, standby.port]); 2]).await;
    let under = Under::load(&cluster).await;
    let killed = Instant::now();
    tokio::task::block_in_place(|| primary.kill());
    tokio::time::sleep(Duration::from_secs(3)).await;
    for node in [0, 1] {
        says_later_everywhere(&cluster.app, node).await;
    }
    standby.promote().await;
    let promoted = Instant::now();
    for node in [0, 1] {
        let back = cluster.app.back(node, promoted).await;
        let ready = ready(&cluster.app, node, promoted).await;
        println!(
            "node {node} is back {back:.1?} after the promotion, {:.1?} after the kill; a balancer \
             knows {ready:.1?} after the promotion",
            killed.elapsed(),
        );
    }
    under.nothing_was_lost().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_says_so_and_is_back_with_its_network_while_the_other_goes_on() {
    let (_proxy, _cluster, under) = cut_off(Network::Cut, Duration::from_secs(3)).await;
    under.nothing_was_lost().await;
}

/// Nobody tells the node: it has to notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_network_falls_silent_says_so_and_is_back_with_it() {
    let (_proxy, _cluster, under) = cut_off(Network::Silent, Duration::from_secs(8)).await;
    under.nothing_was_lost().await;
}

async fn cut_off(how: Network, span: Duration) -> (Proxy, Cluster, Under) {
    let database = Database::fresh().await;
    let proxy = Proxy::before(database.port()).await;
    let cluster = Cluster::on(&[database.at(&[proxy.port]), database.url]).await;
    let under = Under::load(&cluster).await;
    proxy.set(how);
    tokio::time::sleep(span).await;
    says_later_everywhere(&cluster.app, 0).await;
    cluster.app.back(1, Instant::now()).await;
    let whole = Instant::now();
    proxy.set(Network::Whole);
    let back = cluster.app.back(0, whole).await;
    let ready = ready(&cluster.app, 0, whole).await;
    println!("{how:?} for {span:?}: back after {back:.1?}, a balancer knows after {ready:.1?}");
    (proxy, cluster, under)
}

/// A node without its database says so to everybody, and soon.
async fn says_later_everywhere(app: &App, node: usize) {
    let door = &app.doors[node];
    let began = Instant::now();
    says_later(&door.register().await);
    says_later(&door.get(&app.page().replace(door.issuer(), "")).await);
    assert!(began.elapsed() < 2 * NOTICED, "{:?}", began.elapsed());
    assert_eq!(door.get("/healthz").await.status(), StatusCode::OK, "the process is well");
}

fn says_later(answer: &Response) {
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{}", answer.url());
    assert!(retry_after(answer).is_some_and(|seconds| seconds > 0), "{answer:?}");
}

/// Until this node tells a balancer that it is ready.
async fn ready(app: &App, node: usize, since: Instant) -> Duration {
    while app.doors[node].get("/readyz").await.status() != StatusCode::OK {
        assert!(since.elapsed() < Duration::from_secs(10), "node {node} is not ready");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    since.elapsed()
}

/// A service whose clients refresh without a pause.
struct Under {
    load: Load,
}

impl Under {
    async fn load(cluster: &Cluster) -> Self {
        let load = Load::of(Lineage::several(&cluster.app, 8).await);
        let began = Instant::now();
        for node in 0..cluster.nodes.len() {
            cluster.app.back(node, began).await;
        }
        Self { load }
    }

    /// Every client holds a token that is good at every node, and none was told anything but to come
    /// back later.
    async fn nothing_was_lost(self) {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut lines = self.load.stop().await;
        for line in &mut lines {
            line.holds().await;
        }
        let heard = Heard::of(&lines);
        assert_eq!(heard.lost, 0, "the nodes were there");
        assert!(heard.later > 0, "clients met the outage");
        println!("{} rotations answered, {} told to come back", heard.answered, heard.later);
        for line in lines {
            line.ends_with_an_old_token().await;
        }
    }
}

/// A server or a network that says nothing is given up after this time.
const NOTICED: Duration = Duration::from_secs(7);
