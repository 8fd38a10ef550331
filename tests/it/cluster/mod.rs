//! Several processes of the real program on one database: killed, cut off, and left without it. Their
//! clients keep a ledger of what they were answered, and hold the service to it.

mod app;
mod codes;
mod failover;
mod kills;
mod lineage;
mod redemption;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign::ambient::{OsEntropy, random};
use futures_util::future::join_all;

use self::app::{App, Door};
use crate::running::{Ports, Running};

/// The nodes of one service.
struct Cluster {
    nodes: Vec<Running>,
    app: App,
}

impl Cluster {
    /// One process, on the SQLite file that it makes itself.
    async fn on_sqlite() -> Self {
        Self::of(vec![Running::start().await]).await
    }

    /// As many processes as there are URLs of the database, all of them started at once.
    async fn on(urls: &[String]) -> Self {
        let ports = Ports::free();
        let master_key = STANDARD.encode(random::<32>(&OsEntropy));
        let node = |(url, number): (&String, u8)| {
            let variables = vec![
                ("COUNTERSIGN_DATABASE_URL", url.clone()),
                ("COUNTERSIGN_MASTER_KEY", master_key.clone()),
            ];
            Running::node(number, ports, variables)
        };
        Self::of(join_all(urls.iter().zip(0..).map(node)).await).await
    }

    async fn of(nodes: Vec<Running>) -> Self {
        let door = |node: &Running| Door::new(&node.issuer, &node.http);
        let app = App::register(nodes.iter().map(door).collect()).await;
        Self { nodes, app }
    }

    /// One of them is killed at any moment, and starts again a little later.
    async fn lose_any(&mut self) {
        tokio::time::sleep(Duration::from_millis(50 + below(400))).await;
        let lost = any(self.nodes.len());
        self.nodes[lost].kill().await;
        tokio::time::sleep(Duration::from_millis(below(200))).await;
        self.nodes[lost].restart().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Any number below this one.
fn below(end: u64) -> u64 {
    u64::from_be_bytes(random(&OsEntropy)) % end
}

fn any(end: usize) -> usize {
    usize::try_from(below(end as u64)).unwrap()
}
