//! A backup taken while others write.

use std::sync::Arc;

use countersign::store::sqlite::{Sqlite, backup::back_up};
use rusqlite::Connection;

use super::{AnyStore, codes::open};

/// Each sign-in spends a code and opens a grant in one transaction: a backup has both or neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_holds_what_was_true_at_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.db");
    let store: AnyStore = Arc::new(Sqlite::open(&path).unwrap());
    let writer = tokio::spawn(async move {
        for number in 0..=255 {
            open(&store, number, "c").await;
        }
    });
    let mut seen = vec![0];
    while !writer.is_finished() || seen.len() == 1 {
        let (from, to) = (path.clone(), folder.path().join(format!("{}.db", seen.len())));
        let kept = to.clone();
        let backup = move || back_up(&from, &to, &mut |_, _| {});
        tokio::task::spawn_blocking(backup).await.unwrap().unwrap();
        let kept = Connection::open(kept).unwrap();
        let count = |what: &str| -> i64 {
            let sql = format!("SELECT COUNT(*) FROM {what}");
            kept.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        assert_eq!(count("codes WHERE spent"), count("grants"));
        assert!(count("grants") >= *seen.last().unwrap(), "nothing answered is missing");
        seen.push(count("grants"));
    }
    writer.await.unwrap();
    assert!(seen.len() > 1);
}
