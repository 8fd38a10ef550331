//! What PostgreSQL alone promises: many nodes, a network, servers that go away and come back.

mod outage;
mod starts;
mod strain;
mod tls;

use countersign::store::{Keyring as _, Store as _};
use futures_util::future::join_all;

use super::samples::*;
use crate::harness::postgres::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_nodes_that_start_at_once_on_an_empty_database_all_come_up() {
    for database in [Database::fresh().await, Database::serializable().await] {
        let nodes = join_all((0..12).map(|_| database.try_open())).await;
        let nodes: Vec<_> = nodes.into_iter().map(Result::unwrap).collect();
        let keys = ["a", "b", "c"].map(|id| signing_key(id, "ES256", 0));
        let firsts =
            nodes.iter().zip(keys.iter().cycle()).map(|(node, key)| node.put_signing_key(key));
        assert!(join_all(firsts).await.iter().all(Result::is_ok));
        assert_eq!(nodes[0].signing_keys().await.unwrap().len(), 1, "one key for all");
        let versions = "SELECT version FROM schema_versions WHERE version > 0 ORDER BY version";
        let rows = database.client().await.query(versions, &[]).await.unwrap();
        let files = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres");
        let files = std::fs::read_dir(files).unwrap().count();
        assert_eq!(rows.len(), files, "each step ran once");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let database = Database::fresh().await;
    drop(database.open().await);
    database.execute("INSERT INTO schema_versions VALUES (9999, 'from the future')").await;
    let refusal = database.try_open().await.unwrap_err().to_string();
    assert!(refusal.contains("a newer Countersign wrote this database"), "{refusal}");
    assert!(refusal.contains("9999"), "{refusal}");
    database.execute("DELETE FROM schema_versions WHERE version = 9999").await;
    database.open().await.probe(NOW).await.unwrap();
}
