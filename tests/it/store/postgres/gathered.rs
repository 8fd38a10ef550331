//! What comes while others like it are under way is asked together, and answered as if it were alone.

use std::{future::Future, sync::Arc, time::Duration};

use countersign::{
    engine::record::{Code, Grant},
    protocol::secret::Digest,
    store::{Presented, Spent, Store as _, StoreError, postgres::Postgres},
};
use futures_util::future::join_all;
use tokio::{task::JoinHandle, time::sleep};

use super::{super::samples::*, opened, waiting};
use crate::harness::postgres::Database;

/// How many statements of one kind are under way at a time.
const LANES: i64 = 2;

/// What is asked while as many as may be are under way, and nothing comes of them yet.
async fn together<T>(
    database: &Database,
    store: &Arc<Postgres>,
    asked: impl Future<Output = T>,
) -> T {
    let other = database.client().await;
    other.batch_execute("BEGIN; LOCK TABLE codes, grants IN EXCLUSIVE MODE").await.unwrap();
    let mut under_way = Vec::new();
    for number in 1..=LANES {
        under_way.push(tokio::spawn(nothing(Arc::clone(store))));
        waiting(database, 2 * number).await;
    }
    let release = async {
        sleep(Duration::from_millis(200)).await;
        other.batch_execute("ROLLBACK").await.unwrap();
    };
    let (answers, ()) = futures_util::join!(asked, release);
    assert!(join_all(under_way).await.iter().all(Result::is_ok));
    answers
}

/// Spends a code and moves a grant that are not there.
async fn nothing(store: Arc<Postgres>) {
    let (unknown, nobodys) = (Digest::of("nothing"), grant(254, "nobody"));
    let next = rotated(&nobodys);
    let spends = store.spend(&unknown, Some(&nobodys), None);
    let (found, moved) = futures_util::join!(spends, store.swap_grant(&nobodys, &next));
    assert_eq!((found.unwrap(), moved.unwrap()), (Spent::Unknown, false));
}

async fn put_codes(store: &Postgres, numbers: impl Iterator<Item = u8>) {
    for number in numbers {
        store.put_code(&code(number, "c"), &consent("c")).await.unwrap();
    }
}

async fn spend(store: &Postgres, code: Code, grant: Grant) -> Result<Spent, StoreError> {
    store.spend(&code.digest, Some(&grant), None).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_while_others_are_under_way_is_one_transaction() {
    let (database, store) = opened().await;
    put_codes(&store, 0..64).await;
    let spends = (0..64).map(|number| spend(&store, code(number, "c"), grant(number, "c")));
    let spends = together(&database, &store, join_all(spends)).await;
    assert!(spends.iter().all(|spent| *spent.as_ref().unwrap() == Spent::First), "{spends:?}");
    let sql = "SELECT COUNT(*), COUNT(DISTINCT xmin::TEXT) FROM grants";
    let written = database.client().await.query_one(sql, &[]).await.unwrap();
    assert_eq!((written.get::<_, i64>(0), written.get::<_, i64>(1)), (64, 1));
    for number in 0..64 {
        let written = store.grant(&grant(number, "c").id).await.unwrap();
        assert_eq!(written, Some(grant(number, "c")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_comes_64_times_at_once_is_spent_by_one() {
    let (database, store) = opened().await;
    put_codes(&store, 1..2).await;
    // Each brings a grant that tells whose it was.
    let brought = |generation| Grant { generation, ..grant(1, "c") };
    let spends = (0..64).map(|number| spend(&store, code(1, "c"), brought(number)));
    let spends = together(&database, &store, join_all(spends)).await;
    let spends: Vec<_> = spends.into_iter().map(Result::unwrap).collect();
    let firsts: Vec<_> =
        (0..64).zip(&spends).filter(|(_, spent)| **spent == Spent::First).collect();
    let again = Spent::Again(grant(1, "c").id);
    assert_eq!((firsts.len(), spends.iter().filter(|spent| **spent == again).count()), (1, 63));
    let written = store.grant(&grant(1, "c").id).await.unwrap().unwrap();
    assert_eq!(written, brought(firsts[0].0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_swaps_of_one_grant_at_once_one_wins() {
    let (database, store) = opened().await;
    put_codes(&store, 1..3).await;
    for number in 1..3 {
        spend(&store, code(number, "c"), grant(number, "c")).await.unwrap();
    }
    let before = [grant(1, "c"), grant(1, "c"), grant(2, "c")];
    let after = [rotated(&before[0]), rotated(&before[1]), rotated(&before[2])];
    let after: Vec<_> =
        (0..).zip(after).map(|(n, next)| Grant { rotated_at: later(n), ..next }).collect();
    let swaps = before.iter().zip(&after).map(|(before, after)| store.swap_grant(before, after));
    let won = together(&database, &store, join_all(swaps)).await;
    let won: Vec<_> = won.into_iter().map(Result::unwrap).collect();
    assert!(won[0] != won[1] && won[2], "{won:?}");
    let winner = &after[usize::from(won[1])];
    assert_eq!(store.grant(&before[0].id).await.unwrap().as_ref(), Some(winner));
    assert_eq!(store.grant(&before[2].id).await.unwrap().as_ref(), Some(&after[2]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_written_takes_none_of_the_others_along() {
    let (database, store) = opened().await;
    put_codes(&store, 0..8).await;
    spend(&store, code(0, "c"), grant(0, "c")).await.unwrap();
    // The fifth brings a grant that is there already.
    let brought = |number| grant(if number == 5 { 0 } else { number }, "c");
    let spends = (1..8).map(|number| spend(&store, code(number, "c"), brought(number)));
    let spends = together(&database, &store, join_all(spends)).await;
    for (number, spent) in (1..8).zip(spends) {
        match spent {
            Ok(spent) => assert_eq!((spent, number == 5), (Spent::First, false), "{number}"),
            Err(fault) => assert!(number == 5 && fault.to_string().contains("(23505)"), "{fault}"),
        }
    }
    let spent = spend(&store, code(5, "c"), grant(5, "c")).await.unwrap();
    assert_eq!(spent, Spent::First, "it was left as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_goes_away_keeps_none_of_the_others_waiting() {
    let (database, store) = opened().await;
    put_codes(&store, 0..8).await;
    let caller = |number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { spend(&store, code(number, "c"), grant(number, "c")).await })
    };
    let asked = async {
        let callers: Vec<_> = (0..8).map(caller).collect();
        sleep(Duration::from_millis(100)).await;
        callers.iter().step_by(2).for_each(JoinHandle::abort);
        callers
    };
    let callers = together(&database, &store, asked).await;
    for (number, caller) in (0_u8..).zip(callers) {
        match caller.await {
            Ok(spent) => assert_eq!((spent.unwrap(), number % 2), (Spent::First, 1)),
            Err(gone) => assert!(gone.is_cancelled() && number % 2 == 0),
        }
    }
}

/// How often the tables of token requests were read as a whole and by an index, by connections that are
/// closed.
async fn scans(database: &Database) -> (i64, i64) {
    let asked = database.client().await;
    let open = "SELECT COUNT(*) FROM pg_stat_activity \
        WHERE usename = current_user AND application_name = 'countersign'";
    while asked.query_one(open, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        sleep(Duration::from_millis(5)).await;
    }
    let sql = "SELECT SUM(seq_scan)::BIGINT, SUM(idx_scan)::BIGINT FROM pg_stat_user_tables \
        WHERE schemaname = current_user \
        AND relname IN ('clients', 'codes', 'grants', 'identities', 'users')";
    let row = asked.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

/// Of an empty table the server thinks that reading all of it is as good, and keeps to that for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_request_reads_a_whole_table() {
    let database = Database::fresh().await;
    drop(database.open().await);
    let (before, _) = scans(&database).await;
    database.execute("VACUUM ANALYZE").await;
    let store = Arc::new(database.open().await);
    put_codes(&store, 0..16).await;
    for number in 0..16 {
        let (code, grant) = (code(number, "c"), grant(number, "c"));
        store.present_code(Some(&client("c").id), &code.digest, NOW).await.unwrap();
        spend(&store, code, grant.clone()).await.unwrap();
        store.present_grant(Some(&client("c").id), &grant.id, NOW).await.unwrap();
        assert!(store.swap_grant(&grant, &rotated(&grant)).await.unwrap());
    }
    drop(store);
    let (whole, by_index) = scans(&database).await;
    assert_eq!((whole, by_index >= 16 * 6), (before, true), "{by_index}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_told_of_what_it_presented() {
    let (_, store) = opened().await;
    put_codes(&store, 0..64).await;
    for number in 0..64 {
        store.put_client(&client(&number.to_string())).await.unwrap();
    }
    let asked = (0..96_u8).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let named = client(&number.to_string()).id;
            store.present_code(Some(&named), &code(number, "c").digest, NOW).await.unwrap()
        })
    });
    for (number, told) in (0_u8..).zip(join_all(asked).await) {
        let Presented { client: named, record, .. } = told.unwrap();
        let there = number < 64;
        assert_eq!(named, there.then(|| client(&number.to_string())));
        assert_eq!(record, there.then(|| code(number, "c")));
    }
}
