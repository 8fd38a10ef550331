//! What PostgreSQL alone promises: many nodes, a network, servers that go away and come back.

use std::time::Duration;

use countersign::store::{Keyring as _, Store as _, StoreError, postgres::Postgres};
use futures_util::future::join_all;

use super::samples::*;
use crate::harness::postgres::{Database, Server, open};

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

/// Until the store works again, with what it said meanwhile.
async fn recovered(store: &Postgres) -> Vec<StoreError> {
    let mut faults = Vec::new();
    while let Err(fault) = store.probe(NOW).await {
        faults.push(fault);
        assert!(faults.len() < 200, "it does not recover: {faults:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    faults
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_is_told_at_once_and_recovered_from_when_it_is_back() {
    let mut server = tokio::task::spawn_blocking(|| Server::start("")).await.unwrap();
    let store = open(&server.database().await.url).await.unwrap();
    store.put_client(&client("before")).await.unwrap();
    server.stop();
    for _ in 0..3 {
        let refused = join_all((0..64).map(|_| store.probe(NOW))).await;
        assert!(refused.iter().all(|end| matches!(end, Err(StoreError::Unavailable(_)))));
    }
    let told = store.probe(NOW).await.unwrap_err().to_string();
    assert!(told.contains("start it, or correct the host and the port"), "{told}");
    tokio::task::block_in_place(|| server.restart());
    recovered(&store).await;
    assert_eq!(store.clients().await.unwrap(), [client("before")]);
}
