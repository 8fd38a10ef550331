//! N: the database, older, newer and full.

use countersign::store::{Store as _, sqlite::Sqlite};
use rusqlite::Connection;

use super::before::Before;
use crate::{
    cli::{
        backup::{BACKUP, RESTORE, refused, stopped_for, text},
        user::typed,
    },
    harness::{Form, Service},
    tokens::{hand, person, wish},
};

#[tokio::test]
async fn n10_a_database_that_a_newer_version_wrote_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    drop(Sqlite::open(&path).unwrap());
    let newer = "INSERT INTO schema_versions (version, name) VALUES (9999, 'from the future')";
    Connection::open(&path).unwrap().execute_batch(newer).unwrap();
    let before = std::fs::read(&path).unwrap();
    let refusal = Sqlite::open(&path).unwrap_err().to_string();
    assert!(refusal.contains("a newer Countersign wrote this database"), "{refusal}");
    assert!(refusal.contains("9999"), "{refusal}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let undo = "DELETE FROM schema_versions WHERE version = 9999";
    Connection::open(&path).unwrap().execute_batch(undo).unwrap();
    let now = countersign::ambient::Timestamp::from_unix(1_800_000_000);
    Sqlite::open(&path).unwrap().probe(now).await.unwrap();
}

/// The three that a backup cannot tell apart: revoked since, rotated since, as it was.
#[tokio::test]
async fn n10_nothing_issued_before_a_restore_is_worth_anything_after_it() {
    let service = Service::start().await;
    let (revoked, rotated) = (service.tokens("alice").await, service.tokens("alice").await);
    let same = service.tokens("alice").await;
    let alice = person(&service, "Alice Admin").await;
    let made = hand(&service).create_for(&alice, &wish("demo", "read")).await;
    let (personal, _) = made.unwrap_or_else(|_| panic!("no token"));
    assert_eq!(typed(&service, &BACKUP).await.code, 0);
    let client = service.client().await;
    let since = service.token(&service.refresh(&client, &text(&rotated, "refresh_token"))).await;
    let form = Form::of(&[("client_id", &client)]);
    let form = form.and("token", &text(&revoked, "refresh_token"));
    assert_eq!(service.post("/revoke", &form, &[]).await.status, 200);
    let later = service.tokens("bob").await;

    let (service, told) = stopped_for(service, &RESTORE).await;
    assert_eq!((told.code, &told.json()["epoch"]), (0, &1.into()), "{}{}", told.out, told.err);
    service.client().await;
    let before = Before::of(&service);
    for tokens in [&revoked, &rotated, &same, &since.json(), &later] {
        refused(&service, tokens).await;
    }
    assert_eq!(service.mcp(personal.reveal()).await, 401);
    assert_eq!(service.count("sessions") + service.count("codes") + service.count("sign_ins"), 0);
    before.stands(&service, &[personal.reveal(), &text(&same, "refresh_token")]);

    let again = service.tokens("alice").await;
    assert_eq!(service.mcp(&text(&again, "access_token")).await, 200);
    assert_eq!(person(&service, "Alice Admin").await.id, alice.id);
    assert_eq!(service.client().await, client);
    assert_eq!(service.count("users"), 1, "bob came after the backup");
}

/// That each batch goes by its index is held beside the statements (`src/store/sqlite/plans.rs`).
#[tokio::test]
async fn n11_a_flood_of_lapsed_rows_is_removed_in_small_batches_and_what_lives_stays() {
    let service = Service::start().await;
    service.tokens("alice").await;
    let living = service.state();
    let database = service.root().join("data/countersign.db");
    let flood = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
        INSERT INTO sign_ins SELECT CAST('state ' || i AS BLOB), x'00', 'dev', x'00', i FROM n";
    Connection::open(database).unwrap().execute(flood, []).unwrap();
    assert_eq!(service.count("sign_ins"), 100_000);
    let (mut removed, mut longest) = (0, std::time::Duration::ZERO);
    while removed < 100_000 {
        let began = std::time::Instant::now();
        let swept = service.store.sweep(service.now(), 1000).await.unwrap();
        longest = longest.max(began.elapsed());
        assert!((1..=1000).contains(&swept), "{swept}");
        removed += swept;
    }
    assert!(longest < std::time::Duration::from_secs(5), "{longest:?}");
    assert_eq!(service.store.sweep(service.now(), 1000).await.unwrap(), 0);
    assert_eq!(service.state(), living);
    service.log.keeps(&["state 1"]);
}
