//! A database of an older schema, brought up to date.

use countersign::store::{People as _, Store as _, sqlite::Sqlite};
use rusqlite::Connection;

use super::samples::*;

/// As the first schema left it: one person with one identity, and a code and a grant by each provider.
fn old_database(path: &std::path::Path) {
    let old = Connection::open(path).unwrap();
    old.execute_batch(include_str!("../../../migrations/sqlite/0001_records.sql")).unwrap();
    old.execute_batch(
        "CREATE TABLE schema_versions (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL);
         INSERT INTO schema_versions VALUES (1, 'records')",
    )
    .unwrap();
    let person = user(1).id;
    let user = "INSERT INTO users (id, name, email, disabled, created_at, seen_at) \
        VALUES ($1, 'Ada', 'ada@example.com', FALSE, 1800000000, 1800000000)";
    old.execute(user, [person.as_str()]).unwrap();
    let identity = "INSERT INTO identities VALUES \
        ('auth0', 'https://issuer.example/', 'ada', $1, 0, 0)";
    old.execute(identity, [person.as_str()]).unwrap();
    let grants = "INSERT INTO grants VALUES ($1, $2, 'c', 'demo', 'https://mcp.example/mcp', \
        'read', $3, 0, 0, NULL, NULL, NULL, 0, 0, 2000000000, 2000000000, NULL, 2000000000)";
    let codes = "INSERT INTO codes VALUES ($1, $2, $3, 'c', 'demo', 'https://mcp.example/mcp', \
        'read', $4, 0, 'http://127.0.0.1/cb', $5, 2000000000, FALSE)";
    for (number, provider) in [(1, "auth0"), (2, "gone")] {
        let (code, person) = (code(number, "c"), person.as_str());
        old.execute(grants, (code.grant.as_bytes(), person, provider)).unwrap();
        let (digest, grant) = (code.digest.as_bytes(), code.grant.as_bytes());
        let row = (digest, grant, person, provider, code.challenge.as_str());
        old.execute(codes, row).unwrap();
    }
}

#[tokio::test]
async fn what_was_granted_before_says_afterwards_who_vouched_for_whom() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    old_database(&path);
    let store = Sqlite::open(&path).unwrap();
    let grant = store.grant(&code(1, "c").grant).await.unwrap().unwrap();
    assert_eq!(grant.authorization.identity, identity("ada"));
    assert_eq!(grant.authorization.user, user(1).id);
    let code = store.code(&code(1, "c").digest).await.unwrap().unwrap();
    assert_eq!(code.authorization.identity, identity("ada"));
    assert_eq!(store.users().await.unwrap(), [user(1)]);
    let held = store.identity(&identity("ada")).await.unwrap().unwrap();
    assert_eq!((held.user, held.claims), (user(1).id, None), "nobody signed in since");
}

#[tokio::test]
async fn what_was_granted_by_an_identity_nobody_has_names_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    old_database(&path);
    let store = Sqlite::open(&path).unwrap();
    let grant = store.grant(&code(2, "c").grant).await.unwrap().unwrap();
    let identity = grant.authorization.identity;
    assert_eq!((identity.issuer.as_str(), identity.subject.as_str()), ("", ""));
    assert_eq!(store.identity(&identity).await.unwrap(), None);
}

#[tokio::test]
async fn a_migrated_database_is_migrated_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    old_database(&path);
    drop(Sqlite::open(&path).unwrap());
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.users().await.unwrap().len(), 1);
    let versions = "SELECT COUNT(*) FROM schema_versions";
    let seen = Connection::open(&path).unwrap();
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
    let files = u32::try_from(std::fs::read_dir(files).unwrap().count()).unwrap();
    assert_eq!(seen.query_row(versions, [], |row| row.get::<_, u32>(0)).unwrap(), files);
}
