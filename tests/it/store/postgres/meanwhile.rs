//! What is committed between two statements of one transaction.

use std::{sync::Arc, time::Duration};

use countersign::store::{People as _, Store as _};
use tokio::time::sleep;

use super::{super::samples::*, opened, waiting};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_that_ends_a_session_ends_the_code_it_came_with() {
    let (database, store) = opened().await;
    store.admit(&identity("ada"), &user(1), b"claims").await.unwrap();
    store.put_code(&code(1, "c"), &consent("c")).await.unwrap();
    let other = database.client().await;
    other.batch_execute("BEGIN; SELECT digest FROM codes FOR UPDATE").await.unwrap();
    let ending = Arc::clone(&store);
    let ends = tokio::spawn(async move { ending.sign_out(&user(1).id, NOW).await });
    waiting(&database, 1).await;
    // The sign-out has looked for codes and not yet for sessions.
    let putting = Arc::clone(&store);
    let puts = tokio::spawn(async move {
        let (code, consent) = (code(2, "c"), consent("c"));
        putting.put_session(&session("s", 1), None, Some((&code, &consent))).await
    });
    sleep(Duration::from_millis(200)).await;
    other.batch_execute("ROLLBACK").await.unwrap();
    ends.await.unwrap().unwrap();
    puts.await.unwrap().unwrap();
    let session = store.session(&session("s", 1).digest, NOW).await.unwrap();
    let code = store.code(&code(2, "c").digest).await.unwrap();
    assert_eq!(session.is_some(), code.is_some(), "{session:?}");
}
