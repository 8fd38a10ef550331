//! `countersign backup` and `countersign restore`: nothing lost, and nothing that was dead alive again.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use countersign::{
    protocol::id::UserId,
    store::{Issued as _, Keyring as _, Nodes as _, People as _, sqlite::Sqlite},
};
use rusqlite::Connection;
use serde_json::Value;

use super::{Ended, Folder, user::typed};
use crate::{harness::Service, tokens::person};

pub(crate) const BACKUP: [&str; 3] = ["backup", "kept.db", "--json"];
pub(crate) const RESTORE: [&str; 3] = ["restore", "kept.db", "--json"];

fn run(root: &Path, variables: Vec<(String, String)>, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    let output = command.current_dir(root).env_clear().envs(variables).args(arguments).output();
    let output = output.unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Stops the service, runs a command, starts the service again a minute later.
pub(crate) async fn stopped_for(service: Service, arguments: &[&str]) -> (Service, Ended) {
    let (mut ended, variables) = (None, service.variables());
    let command = |root: &Path| run(root, variables, arguments);
    let service = service
        .restart_with(|setup| {
            ended = Some(command(setup.root()));
            setup
        })
        .await;
    service.wait(60);
    (service, ended.unwrap())
}

pub(crate) fn text(tokens: &Value, name: &str) -> String {
    tokens[name].as_str().unwrap().to_owned()
}

pub(crate) async fn refused(service: &Service, tokens: &Value) {
    assert_eq!(service.mcp(&text(tokens, "access_token")).await, 401);
    let refresh = service.refresh(&service.client().await, &text(tokens, "refresh_token"));
    assert_eq!(service.token(&refresh).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_backup_of_a_running_service_is_whole_alone_and_its_owners() {
    let service = Service::start().await;
    service.tokens("alice").await;
    let told = typed(&service, &BACKUP).await;
    assert_eq!((told.code, told.json()["backup"].as_str()), (0, Some("kept.db")), "{}", told.out);
    let kept = service.root().join("kept.db");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let beside = fs::read_dir(service.root()).unwrap().map(|e| e.unwrap().file_name());
    let beside = beside.filter(|name| name.to_string_lossy().starts_with("kept.db")).count();
    assert_eq!(beside, 1, "no log and no part beside it");
    let store = Sqlite::open(&kept).unwrap();
    assert_eq!(store.users().await.unwrap(), service.store.users().await.unwrap());
    assert_eq!(store.signing_keys().await.unwrap(), service.store.signing_keys().await.unwrap());
    service.tokens("bob").await;
}

#[tokio::test]
async fn a_backup_overwrites_nothing() {
    let service = Service::start().await;
    fs::write(service.root().join("kept.db"), "mine").unwrap();
    let told = typed(&service, &["backup", "kept.db"]).await;
    assert_eq!((told.code, told.out.as_str()), (1, ""));
    assert!(told.err.contains("kept.db is there already and is not overwritten"), "{}", told.err);
    assert_eq!(fs::read_to_string(service.root().join("kept.db")).unwrap(), "mine");
}

#[tokio::test]
async fn a_restore_is_refused_while_the_service_runs() {
    let service = Service::start().await;
    let tokens = service.tokens("alice").await;
    assert_eq!(typed(&service, &BACKUP).await.code, 0);
    let told = typed(&service, &["restore", "kept.db"]).await;
    assert_eq!(told.code, 1);
    assert!(told.err.contains("is in use; stop the service"), "{}", told.err);
    assert_eq!(service.mcp(&text(&tokens, "access_token")).await, 200);
    service.tokens("bob").await;
    let left = fs::read_dir(service.root().join("data")).unwrap().map(|e| e.unwrap().file_name());
    let mut left: Vec<_> = left.map(|name| name.into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["countersign.db", "countersign.db-shm", "countersign.db-wal", "master.key"]);
}

#[tokio::test]
async fn what_was_there_before_a_restore_is_kept_aside_each_time() {
    let service = Service::start().await;
    assert_eq!(typed(&service, &BACKUP).await.code, 0);
    service.tokens("alice").await;
    let (service, first) = stopped_for(service, &RESTORE).await;
    let (service, second) = stopped_for(service, &RESTORE).await;
    assert_eq!(service.count("users"), 0);
    for (told, end, users) in [(first, "", 1), (second, ".2", 0)] {
        let before = format!("data/countersign.db{end}.before-restore");
        assert!(told.json()["before"].as_str().unwrap().ends_with(&before), "{}", told.out);
        let aside = Connection::open(service.root().join(before)).unwrap();
        let count = "SELECT COUNT(*) FROM users";
        assert_eq!(aside.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), users);
    }
}

#[tokio::test]
async fn who_was_disabled_since_the_backup_stays_disabled() {
    let service = Service::start().await;
    service.tokens("alice").await;
    assert_eq!(typed(&service, &BACKUP).await.code, 0);
    let alice = person(&service, "Alice Admin").await.id;
    service.store.disable(&alice, true, service.now()).await.unwrap();
    let (service, told) = stopped_for(service, &RESTORE).await;
    assert_eq!(told.json()["disabled_before"], 1, "{}", told.out);
    assert_eq!(service.sign_in("alice").await["error"], "access_denied");
}

#[tokio::test]
async fn a_restore_over_what_cannot_be_read_says_that_nobody_stays_disabled_by_it() {
    let service = Service::start().await;
    service.tokens("alice").await;
    assert_eq!(typed(&service, &BACKUP).await.code, 0);
    let database = Connection::open(service.root().join("data/countersign.db")).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF; DROP TABLE users").unwrap();
    drop(database);
    let (_, told) = stopped_for(service, &RESTORE).await;
    assert_eq!(told.json()["disabled_before"], Value::Null, "{}", told.out);
}

#[tokio::test]
async fn what_is_no_good_backup_changes_nothing() {
    let service = Service::start().await;
    service.tokens("alice").await;
    assert_eq!(typed(&service, &["backup", "good.db"]).await.code, 0);
    let here = |name: &str| service.root().join(name);
    let mut torn = fs::read(here("good.db")).unwrap();
    let end = torn.len();
    torn[end - 3 * 4096..].fill(0xA5);
    fs::write(here("torn.db"), torn).unwrap();
    fs::write(here("notes.db"), "not a database, ".repeat(1000)).unwrap();
    Connection::open(here("other.db")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    fs::copy(here("good.db"), here("newer.db")).unwrap();
    let newer = "INSERT INTO schema_versions (version, name) VALUES (9999, 'from the future')";
    Connection::open(here("newer.db")).unwrap().execute_batch(newer).unwrap();
    let before = service.state();

    let mut service = service;
    for (file, why) in [
        ("torn.db", "is damaged"),
        ("notes.db", "is no database of Countersign"),
        ("other.db", "is no database of Countersign"),
        ("gone.db", "gone.db is not there"),
        ("newer.db", "a newer Countersign wrote this database"),
    ] {
        let (again, told) = stopped_for(service, &["restore", file]).await;
        assert_eq!(told.code, 1, "{file}");
        assert!(told.err.contains(why), "{file}: {}", told.err);
        service = again;
    }
    assert_eq!(service.state(), before);
    assert_eq!(fs::read_dir(service.root().join("data")).unwrap().count(), 4, "nothing left over");
}

#[tokio::test]
async fn a_ruined_database_is_replaced() {
    let service = Service::start().await;
    service.tokens("alice").await;
    assert_eq!(typed(&service, &BACKUP).await.code, 0);
    let variables = service.variables();
    let service = service
        .restart_with(|setup| {
            fs::write(setup.root().join("data/countersign.db"), "ruined, ".repeat(999)).unwrap();
            let told = run(setup.root(), variables, &RESTORE);
            assert_eq!(told.code, 0, "{}{}", told.out, told.err);
            setup
        })
        .await;
    assert_eq!(service.count("users"), 1);
}

#[tokio::test]
async fn a_backup_restored_where_no_database_is_makes_one() {
    let service = Service::start().await;
    service.tokens("alice").await;
    assert_eq!(typed(&service, &BACKUP).await.code, 0);
    let folder = Folder::shipped();
    fs::copy(service.root().join("kept.db"), folder.path().join("kept.db")).unwrap();
    let told = folder.run(&RESTORE);
    assert_eq!((told.code, &told.json()["before"]), (0, &Value::Null), "{}", told.out);
    let data = folder.path().join("data");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&data), mode(&data.join("countersign.db"))), (0o700, 0o600));
    let store = Sqlite::open(&data.join("countersign.db")).unwrap();
    assert_eq!(store.users().await.unwrap().len(), 1);
    assert_eq!(store.personal_tokens(None).await.unwrap(), []);
}

#[tokio::test]
async fn an_epoch_is_begun_by_hand_where_no_node_runs() {
    let folder = Folder::shipped();
    fs::create_dir(folder.path().join("data")).unwrap();
    let store = Sqlite::open(&folder.path().join("data/countersign.db")).unwrap();
    let now = countersign::app::clock().now();
    let until = now.plus(std::time::Duration::from_mins(1));
    assert!(store.lease("sweep", "a node", now, until).await.unwrap());
    let told = folder.run(&["restore", "--epoch"]);
    assert_eq!(told.code, 1);
    assert!(told.err.contains("a node is running on this database"), "{}", told.err);
    store.release("sweep", "a node").await.unwrap();
    let told = folder.run(&["restore", "--epoch", "--json"]);
    assert_eq!((told.code, &told.json()["epoch"]), (0, &1.into()), "{}", told.out);
    assert_eq!(store.epoch().await.unwrap().unwrap().number, 1);
    assert_eq!(store.user(&UserId::new("nobody")).await.unwrap(), None);
}

#[test]
fn what_cannot_be_meant_is_misuse() {
    let folder = Folder::shipped();
    for typed in [&["restore"][..], &["restore", "a.db", "--epoch"], &["backup"]] {
        assert_eq!(folder.run(typed).code, 2, "{typed:?}");
    }
    let told = folder.run(&["backup", "b.db"]);
    assert_eq!(told.code, 1);
    assert!(told.err.contains("countersign.db is not there"), "{}", told.err);
    let memory = Folder::shipped().with("COUNTERSIGN_DATABASE_URL", "sqlite::memory:");
    let told = memory.run(&["backup", "b.db"]);
    assert_eq!(told.code, 2);
    assert!(told.err.contains("docs/backup.md"), "{}", told.err);
}
