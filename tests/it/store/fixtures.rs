//! Databases as each schema left them, with rows in every table, brought to the newest. The files are
//! never changed: databases like them are out there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use countersign::{
    protocol::{id::ClientId, secret::Digest},
    store::{Issued as _, Keyring as _, People as _, Store as _, sqlite::Sqlite},
};
use rusqlite::{Connection, types::Value};

use super::samples::NOW;

/// Each table's rows, by the names of their columns.
type Rows = BTreeMap<String, Vec<BTreeMap<String, String>>>;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

fn number(file: &Path) -> u32 {
    file.file_name().unwrap().to_str().unwrap()[..4].parse().unwrap()
}

fn rows(db: &Connection) -> Rows {
    let tables = texts(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    tables.into_iter().map(|table| (table.clone(), rows_of(db, &table))).collect()
}

fn rows_of(db: &Connection, table: &str) -> Vec<BTreeMap<String, String>> {
    let mut asked = db.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
    let names: Vec<_> = asked.column_names().map(str::to_owned).collect();
    let row = |row: &rusqlite::Row<'_>| {
        let cell = |(at, name): (usize, &String)| {
            (name.clone(), format!("{:?}", row.get::<_, Value>(at).unwrap()))
        };
        Ok(names.iter().enumerate().map(cell).collect())
    };
    asked.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn texts(db: &Connection, sql: &str) -> Vec<String> {
    let mut asked = db.prepare(sql).unwrap();
    asked.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

const SCHEMA: &str = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name";

#[test]
fn there_is_a_database_of_every_schema_with_rows_in_every_table() {
    let numbers = |folder| files(folder).iter().map(|f| number(f)).collect::<Vec<_>>();
    assert_eq!(numbers("tests/fixtures/schema"), numbers("migrations/sqlite"));
    for file in files("tests/fixtures/schema") {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(&fs::read_to_string(&file).unwrap()).unwrap();
        let empty: Vec<_> = rows(&db).into_iter().filter(|(_, rows)| rows.is_empty()).collect();
        assert_eq!(empty, [], "{}", file.display());
    }
}

/// A migration that somebody edited later would make two kinds of databases of one number.
#[test]
fn the_migrations_up_to_each_number_still_make_that_schema() {
    let fresh = Connection::open_in_memory().unwrap();
    for migration in files("migrations/sqlite") {
        fresh.execute_batch(&fs::read_to_string(&migration).unwrap()).unwrap();
        let file = format!("tests/fixtures/schema/{:04}.sql", number(&migration));
        let left = Connection::open_in_memory().unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        left.execute_batch(&fs::read_to_string(&file).unwrap()).unwrap();
        let of = |db: &Connection| {
            let mut schema: BTreeSet<_> = texts(db, SCHEMA).into_iter().collect();
            schema.retain(|sql| !sql.contains("schema_versions"));
            schema
        };
        assert_eq!(of(&left), of(&fresh), "{}", file.display());
    }
}

#[tokio::test]
async fn each_is_brought_to_the_newest_without_losing_or_changing_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let newest = folder.path().join("newest.db");
    drop(Sqlite::open(&newest).unwrap());
    let newest = Connection::open(newest).unwrap();
    for file in files("tests/fixtures/schema") {
        let path = folder.path().join(file.file_name().unwrap());
        let old = Connection::open(&path).unwrap();
        old.execute_batch(&fs::read_to_string(&file).unwrap()).unwrap();
        let mut before = rows(&old);
        drop(old);
        drop(Sqlite::open(&path).unwrap());
        let new = Connection::open(&path).unwrap();
        assert_eq!(texts(&new, SCHEMA), texts(&newest, SCHEMA), "{}", file.display());
        let after = rows(&new);
        let versions = texts(&new, "SELECT name FROM schema_versions ORDER BY version");
        assert_eq!(versions.len(), files("migrations/sqlite").len());
        before.remove("schema_versions");
        for (table, before) in before {
            let mut after = after[&table].clone();
            for (after, before) in after.iter_mut().zip(&before) {
                after.retain(|column, _| before.contains_key(column));
            }
            assert_eq!(after, before, "{table} of {}", file.display());
        }
    }
}

#[tokio::test]
async fn every_verb_reads_what_each_schema_wrote() {
    let folder = tempfile::tempdir().unwrap();
    for file in files("tests/fixtures/schema") {
        let path = folder.path().join(file.file_name().unwrap());
        let old = Connection::open(&path).unwrap();
        old.execute_batch(&fs::read_to_string(&file).unwrap()).unwrap();
        drop(old);
        let store = Sqlite::open(&path).unwrap();
        let app = ClientId::new("https://client.example/metadata.json");
        let client = store.client(&app, NOW).await.unwrap().unwrap();
        assert_eq!((client.redirect_uris.len(), client.auth_methods.len()), (2, 2));
        assert!(client.keys.is_some());
        assert_eq!(store.clients().await.unwrap().len(), 2);
        let users = store.users().await.unwrap();
        assert_eq!(users.iter().map(|user| user.disabled).collect::<Vec<_>>(), [false, true]);
        let held = &store.identities_of(&users[0].id).await.unwrap()[0];
        let code = store.code(&Digest::of("code")).await.unwrap().unwrap();
        assert_eq!(code.authorization.identity, held.key, "{}", file.display());
        let grant = store.grant(&code.grant).await.unwrap().unwrap();
        assert_eq!((grant.generation, grant.graces), (3, 1));
        assert_eq!(grant.authorization, code.authorization);
        assert_eq!(store.revoked_since(NOW).await.unwrap().len(), 1);
        assert_eq!(store.consents_of(&users[0].id).await.unwrap().len(), 1);
        assert_eq!(store.signing_keys().await.unwrap().len(), 1);
        assert!(!store.once(&Digest::of("jti"), NOW).await.unwrap());
        if number(&file) >= 2 {
            assert_eq!(store.sessions_of(&users[0].id, NOW).await.unwrap().len(), 1);
        }
        if number(&file) >= 3 {
            assert!(store.opaque_token(&Digest::of("opaque")).await.unwrap().is_some());
            assert_eq!(store.personal_tokens(None).await.unwrap().len(), 1);
        }
    }
}
