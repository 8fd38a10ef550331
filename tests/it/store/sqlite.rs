//! What SQLite alone promises: files, processes, faults.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use countersign::{
    engine::record::{Client, Code, Grant},
    protocol::{
        id::GrantId,
        secret::{AuthorizationCode, BrowserToken, ClientSecret, RefreshToken, UpstreamState},
    },
    store::{Keyring as _, People as _, Spent, Store, StoreError, sqlite::Sqlite},
};
use futures_util::future::join_all;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{AnyStore, codes::open, samples::*};

fn fresh() -> (TempDir, PathBuf, AnyStore) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data").join("test.db");
    let store = Arc::new(Sqlite::open(&path).unwrap());
    (folder, path, store)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_folder_and_the_files_are_the_owner_s_alone() {
    let (_folder, path, store) = fresh();
    store.probe(NOW).await.unwrap();
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for name in ["test.db", "test.db-wal", "test.db-shm"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn everything_survives_close_and_reopen() {
    let (_folder, path, store) = fresh();
    store.put_client(&client("c")).await.unwrap();
    store.put_sign_in(&sign_in("s")).await.unwrap();
    let person = store.admit(&identity("sub"), &user(1), b"claims").await.unwrap();
    let opened = open(&store, 1, "c").await;
    store.revoke_grant(&opened.id, later(3)).await.unwrap();
    store.once(&code(9, "").digest, later(9)).await.unwrap();
    let key = signing_key("k", "ES256", 0);
    assert!(store.put_signing_key(&key).await.unwrap());
    drop(store);
    assert!(!path.with_file_name("test.db-wal").exists(), "a clean close empties the log");

    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.clients().await.unwrap().len(), 1);
    assert_eq!(store.user(&person.id).await.unwrap(), Some(person));
    let revoked = Grant { revoked_at: Some(later(3)), ..opened };
    assert_eq!(store.grant(&revoked.id).await.unwrap().as_ref(), Some(&revoked));
    let again = store.spend(&code(1, "c").digest, None, None).await.unwrap();
    assert_eq!(again, Spent::Again(revoked.id));
    assert!(!store.once(&code(9, "").digest, later(9)).await.unwrap());
    assert_eq!(store.signing_keys().await.unwrap(), [key]);
    let given = sign_in("s");
    let taken = store.take_sign_in(&given.state, &given.browser, &given.provider, NOW).await;
    assert_eq!(taken.unwrap(), Some(given));
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_crash() {
    let (folder, path, store) = fresh();
    let opened = open(&store, 1, "c").await;
    // A copy of the files as they are now is what a killed process leaves behind.
    let left = folder.path().join("left.db");
    for end in ["", "-wal"] {
        let from = PathBuf::from(format!("{}{end}", path.display()));
        fs::copy(from, format!("{}{end}", left.display())).unwrap();
    }
    let found = Sqlite::open(&left).unwrap().grant(&opened.id).await.unwrap();
    assert_eq!(found, Some(opened));
}

#[tokio::test]
async fn dropping_the_store_finishes_what_was_asked() {
    let (_folder, path, store) = fresh();
    let (codes, consent) = ((0..64).map(|n| code(n, "c")).collect::<Vec<_>>(), consent("c"));
    for code in &codes {
        // Asked and given up on, as when a client hangs up.
        let mut asked = store.put_code(code, &consent);
        assert!(futures_util::poll!(&mut asked).is_pending());
    }
    drop(store);
    let store = Sqlite::open(&path).unwrap();
    for code in codes {
        assert_eq!(store.code(&code.digest).await.unwrap(), Some(code));
    }
}

#[tokio::test]
async fn no_secret_is_in_the_files() {
    let (_folder, path, store) = fresh();
    let secret = ClientSecret::from_entropy([1; 32]);
    let (state, browser) =
        (UpstreamState::from_entropy([2; 32]), BrowserToken::from_entropy([3; 32]));
    let raw = AuthorizationCode::from_entropy([4; 32]);
    let body = RefreshToken::body(GrantId::from_bytes([5; 16]), 0, [6; 32]);
    let token = RefreshToken::compose(body, [7; 16]);

    store.put_client(&Client { secret: Some(secret.digest()), ..client("c") }).await.unwrap();
    let pending = sign_in("s");
    let pending = countersign::engine::record::SignIn {
        state: state.digest(),
        browser: browser.digest(),
        ..pending
    };
    store.put_sign_in(&pending).await.unwrap();
    let code = Code { digest: raw.digest(), ..code(5, "c") };
    store.put_code(&code, &consent("c")).await.unwrap();
    let grant = Grant { current: Some(token.digest()), ..grant(5, "c") };
    store.spend(&code.digest, Some(&grant), None).await.unwrap();

    let texts = [secret.reveal(), state.reveal(), browser.reveal(), raw.reveal(), token.reveal()];
    let log = fs::read(path.with_file_name("test.db-wal")).unwrap();
    assert!(found(&log, "https://mcp.example/mcp"), "the search finds what is there");
    drop(store);
    for bytes in [log, fs::read(&path).unwrap()] {
        for text in texts {
            assert!(!found(&bytes, text) && !found(&bytes, &text[6..]));
        }
    }
}

fn found(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "not a database, ".repeat(1000)).unwrap();
    assert!(matches!(Sqlite::open(&path), Err(StoreError::Damaged(_))));
    assert!(matches!(Sqlite::open(&path.join("below")), Err(StoreError::Unavailable(_))));
    assert!(matches!(Sqlite::open(folder.path()), Err(StoreError::Unavailable(_))));
}

#[test]
fn starting_together_on_a_fresh_file_is_no_race() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    std::thread::scope(|scope| {
        let starts: Vec<_> =
            (0..8).map(|_| scope.spawn(|| Sqlite::open(&path).map(drop))).collect();
        for start in starts {
            start.join().unwrap().unwrap();
        }
    });
}

#[tokio::test]
async fn a_moved_database_refuses_writes_until_it_is_back() {
    let (folder, path, store) = fresh();
    store.put_client(&client("before")).await.unwrap();
    let (here, away) = (path.parent().unwrap().to_owned(), folder.path().join("away"));
    fs::rename(&here, &away).unwrap();
    let lost = client("lost");
    for _ in 0..2 {
        let writes = [store.put_client(&lost), store.probe(NOW)];
        for refused in join_all(writes).await {
            assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        }
    }
    fs::rename(&away, &here).unwrap();
    store.put_client(&client("after")).await.unwrap();
    let mut ids: Vec<_> =
        store.clients().await.unwrap().into_iter().map(|c| c.id.as_str().to_owned()).collect();
    ids.sort();
    assert_eq!(ids, ["after", "before"]);
}

#[tokio::test]
async fn a_database_locked_by_another_process_refuses_writes_and_recovers() {
    let (_folder, path, store) = fresh();
    store.put_client(&client("c")).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writes = join_all((0..8).map(|_| store.probe(NOW))).await;
    assert!(writes.iter().any(|write| matches!(write, Err(StoreError::Unavailable(_)))));
    assert!(writes.iter().all(Result::is_err));
    assert_eq!(store.clients().await.unwrap().len(), 1, "reads go on");
    other.execute_batch("ROLLBACK").unwrap();
    store.probe(NOW).await.unwrap();
}

#[tokio::test]
async fn what_another_process_writes_is_seen() {
    let (_folder, path, store) = fresh();
    let command_line = Sqlite::open(&path).unwrap();
    command_line.put_client(&client("added")).await.unwrap();
    assert!(store.client(&client("added").id, NOW).await.unwrap().is_some());
    store.remove_client(&client("added").id, NOW).await.unwrap();
    assert!(command_line.client(&client("added").id, NOW).await.unwrap().is_none());
}

#[tokio::test]
async fn a_damaged_row_is_reported_and_harms_no_other() {
    let (_folder, path, store) = fresh();
    open(&store, 1, "c").await;
    open(&store, 2, "c").await;
    let harm = "UPDATE grants SET scopes = 'a\"b', current = x'00' WHERE id = (SELECT min(id) FROM grants)";
    Connection::open(&path).unwrap().execute_batch(harm).unwrap();
    let read = store.grant(&grant(1, "c").id).await;
    assert!(matches!(read, Err(StoreError::Damaged(_))), "{read:?}");
    assert!(store.grant(&grant(2, "c").id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_database_in_memory_serves_many_readers_and_is_its_own() {
    let store: AnyStore = Arc::new(Sqlite::open(Path::new(":memory:")).unwrap());
    let other = Sqlite::in_memory().unwrap();
    open(&store, 1, "c").await;
    let reads = join_all((0..200).map(|_| store.grant(&GRANT))).await;
    assert!(reads.into_iter().all(|read| read.unwrap().is_some()));
    assert_eq!(other.grant(&GRANT).await.unwrap(), None);
    assert!(!Path::new(":memory:").exists());
}

const GRANT: GrantId = GrantId::from_bytes([1; 16]);
