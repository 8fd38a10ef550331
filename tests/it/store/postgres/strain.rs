//! Locks, slow statements, conflicts, and more callers than connections.

use std::{path::Path, sync::Arc};

use countersign::{
    ambient::OsEntropy,
    store::{
        People as _, Store as _, StoreError,
        postgres::{Address, Postgres},
    },
};
use futures_util::future::join_all;

use super::super::samples::*;
use crate::harness::postgres::Database;

fn told<T: std::fmt::Debug>(end: Result<T, StoreError>) -> String {
    end.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_held_too_long_is_not_waited_for() {
    let database = Database::fresh().await;
    let store = database.open().await;
    store.probe(NOW).await.unwrap();
    let other = database.client().await;
    other.batch_execute("BEGIN; LOCK TABLE probes").await.unwrap();
    let refused = told(store.probe(NOW).await);
    let expected = "the store is unavailable: canceling statement due to lock timeout (55P03)";
    assert_eq!(refused, expected);
    assert_eq!(store.clients().await.unwrap(), [], "the rest goes on");
    other.batch_execute("ROLLBACK").await.unwrap();
    store.probe(later(1)).await.unwrap();
}

/// A trigger that does this before every probe.
async fn before_a_probe(database: &Database, body: &str) {
    let make = format!(
        "CREATE SEQUENCE attempts; \
         CREATE FUNCTION strain() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN PERFORM nextval('attempts'); {body} RETURN new; END $$; \
         CREATE TRIGGER strain BEFORE INSERT ON probes FOR EACH ROW EXECUTE FUNCTION strain()"
    );
    database.execute(&make).await;
}

async fn attempts(database: &Database) -> i64 {
    let asked = database.client().await;
    asked.query_one("SELECT last_value FROM attempts", &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_too_long_is_ended_by_the_server() {
    let database = Database::fresh().await;
    let store = database.open().await;
    before_a_probe(&database, "PERFORM pg_sleep(60);").await;
    let expected = "the store is unavailable: canceling statement due to statement timeout (57014)";
    assert_eq!(told(store.probe(NOW).await), expected);
    assert_eq!(attempts(&database).await, 1, "it is not asked again");
    assert_eq!(store.clients().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_undid_because_of_others_is_asked_five_times() {
    for (code, name) in [("40001", "serialization_failure"), ("40P01", "deadlock_detected")] {
        let database = Database::fresh().await;
        let store = database.open().await;
        let undo = format!("RAISE EXCEPTION 'undone' USING ERRCODE = '{name}';");
        before_a_probe(&database, &undo).await;
        assert_eq!(
            told(store.probe(NOW).await),
            format!("the store is unavailable: undone ({code})")
        );
        assert_eq!(attempts(&database).await, 5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_undid_twice_is_done_the_third_time() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let undo = "IF currval('attempts') < 3 THEN \
        RAISE EXCEPTION 'undone' USING ERRCODE = 'serialization_failure'; END IF;";
    before_a_probe(&database, undo).await;
    store.probe(NOW).await.unwrap();
    assert_eq!(attempts(&database).await, 3);
}

/// Whether it was done, the server cannot tell: as when a connection is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_have_been_done_is_asked_once() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let unknown = "RAISE EXCEPTION 'who knows' USING ERRCODE = '40003';";
    before_a_probe(&database, unknown).await;
    assert!(told(store.probe(NOW).await).contains("(40003)"));
    assert_eq!(attempts(&database).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_an_administrator_ended_is_an_error_once_and_no_longer() {
    let database = Database::fresh().await;
    let store = database.open().await;
    store.probe(NOW).await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE usename = current_user AND pid <> pg_backend_pid()";
    before_a_probe(
        &database,
        "IF currval('attempts') = 1 THEN \
        PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); END IF;",
    )
    .await;
    let ended = told(store.probe(NOW).await);
    assert!(ended.contains("terminating connection due to administrator command"), "{ended}");
    assert_eq!(attempts(&database).await, 1, "it is not asked again by itself");
    store.probe(NOW).await.unwrap();
    database.execute(end).await;
    let faults = join_all((0..32).map(|_| store.clients())).await;
    let still = faults.into_iter().filter(Result::is_err).count();
    assert!(still <= 16, "each connection is given up at its first fault: {still}");
    store.probe(NOW).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_callers_than_connections_take_turns() {
    let database = Database::fresh().await;
    let address = Address::parse(&database.url, Path::new("/")).unwrap();
    let store = Arc::new(Postgres::open(&address, 2, Arc::new(OsEntropy)).await.unwrap());
    let names: Vec<_> = (0..200).map(|number| number.to_string()).collect();
    let clients: Vec<_> = names.iter().map(|name| client(name)).collect();
    let puts = join_all(clients.iter().map(|client| store.put_client(client))).await;
    assert!(puts.iter().all(Result::is_ok));
    let ours = "SELECT COUNT(*) FROM pg_stat_activity \
        WHERE usename = current_user AND application_name = 'countersign'";
    let open: i64 = database.client().await.query_one(ours, &[]).await.unwrap().get(0);
    assert!(open <= 2, "{open}");
}

/// As when several nodes together want more than the server has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_allows_fewer_connections_than_we_would_keep_serves_all_callers() {
    let database = Database::fresh().await;
    let store = database.open().await;
    database.administer(&format!("ALTER ROLE {} CONNECTION LIMIT 3", database.role)).await;
    store.probe(NOW).await.unwrap();
    for _ in 0..5 {
        let probes = join_all((0..64).map(|_| store.probe(NOW))).await;
        assert!(probes.iter().all(Result::is_ok), "{probes:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_goes_away_leaves_a_connection_that_others_can_use() {
    let database = Database::fresh().await;
    let address = Address::parse(&database.url, Path::new("/")).unwrap();
    let store = Postgres::open(&address, 1, Arc::new(OsEntropy)).await.unwrap();
    store.admit(&identity("ada"), &user(1), b"claims").await.unwrap();
    for number in 0..50 {
        let given = session(&number.to_string(), 1);
        let mut put = store.put_session(&given, None, None);
        for _ in 0..number % 5 {
            let _ = futures_util::poll!(&mut put);
            tokio::task::yield_now().await;
        }
        drop(put);
        store.probe(NOW).await.unwrap();
    }
    assert!(store.sessions_of(&user(1).id, NOW).await.unwrap().len() <= 20);
}
