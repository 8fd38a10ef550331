//! The schema: the same as SQLite's, and brought up to date like it.

use std::collections::BTreeSet;

use countersign::store::{Keyring as _, People as _, Store as _, sqlite::Sqlite};
use futures_util::future::join_all;
use rusqlite::Connection;

use super::super::samples::*;
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

/// `table column type` and `table index`, of what we made.
async fn in_postgresql(database: &Database) -> BTreeSet<String> {
    let client = database.client().await;
    let columns = "SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable \
        FROM information_schema.columns WHERE table_schema = current_user";
    let indexes = "SELECT tablename || ' ' || indexname FROM pg_indexes \
        WHERE schemaname = current_user AND indexname NOT LIKE '%_pkey'";
    let mut found = BTreeSet::new();
    for sql in [columns, indexes] {
        let rows = client.query(sql, &[]).await.unwrap();
        found.extend(rows.iter().map(|row| row.get::<_, String>(0)));
    }
    found
}

fn in_sqlite() -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    drop(Sqlite::open(&path).unwrap());
    let db = Connection::open(&path).unwrap();
    let columns = "SELECT t.name || ' ' || c.name || ' ' || CASE c.type WHEN 'BLOB' THEN 'bytea' \
        ELSE lower(c.type) END || ' ' || iif(c.\"notnull\", 'NO', 'YES') \
        FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'";
    let indexes = "SELECT tbl_name || ' ' || name FROM sqlite_schema \
        WHERE type = 'index' AND name NOT LIKE 'sqlite_%'";
    let mut found = BTreeSet::new();
    for sql in [columns, indexes] {
        let mut asked = db.prepare(sql).unwrap();
        let rows = asked.query_map([], |row| row.get::<_, String>(0)).unwrap();
        found.extend(rows.map(Result::unwrap));
    }
    found
}

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_and_indexes() {
    let database = Database::fresh().await;
    drop(database.open().await);
    let (here, there) = (in_postgresql(&database).await, in_sqlite());
    assert!(here.len() > 50, "{here:?}");
    assert_eq!(here, there);
}

/// As the first schema left it: one person with one identity, and a grant by each provider.
async fn old(database: &Database) {
    database.execute(include_str!("../../../../migrations/postgres/0001_records.sql")).await;
    let person = user(1).id;
    let rows = format!(
        "CREATE TABLE schema_versions (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL); \
         INSERT INTO schema_versions VALUES (1, 'records'); \
         INSERT INTO users VALUES ('{person}', 'Ada', 'ada@example.com', FALSE, {now}, {now}); \
         INSERT INTO identities VALUES ('auth0', 'https://issuer.example/', 'ada', '{person}', 0, 0)",
        now = NOW.unix(),
    );
    database.execute(&rows).await;
    for (number, provider) in [(1, "auth0"), (2, "gone")] {
        let row = format!(
            "INSERT INTO grants VALUES (decode(repeat('0{number}', 16), 'hex'), '{person}', 'c', \
             'demo', 'https://mcp.example/mcp', 'read', '{provider}', 0, 0, NULL, NULL, NULL, 0, 0, \
             2000000000, 2000000000, NULL, 2000000000)"
        );
        database.execute(&row).await;
    }
}

#[tokio::test]
async fn an_older_schema_is_brought_up_to_date_with_what_is_in_it() {
    let database = Database::fresh().await;
    old(&database).await;
    let store = database.open().await;
    let identity_of = async |number: u8| {
        let found = store.grant(&grant(number, "c").id).await.unwrap().unwrap();
        found.authorization.identity
    };
    assert_eq!(identity_of(1).await, identity("ada"));
    let nobodys = identity_of(2).await;
    assert_eq!((nobodys.issuer.as_str(), nobodys.subject.as_str()), ("", ""));
    assert_eq!(store.users().await.unwrap(), [user(1)]);
    drop(store);
    assert_eq!(database.open().await.users().await.unwrap().len(), 1, "and once only");
}
