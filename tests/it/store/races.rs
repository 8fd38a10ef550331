//! What happens at the same moment: nothing that is being opened slips past what ends it.

use std::future::Future;

use countersign::{
    engine::record::{Client, Session},
    store::Spent,
};
use futures_util::future::join_all;
use tokio::task::JoinSet;

use super::{AnyStore, samples::*};

/// Sixty-four codes of one person and client are spent while `end` ends what they have. A grant that was
/// opened is revoked, whichever came first, and no code can be spent afterwards.
async fn ended_beside<F: Future<Output = ()> + Send + 'static>(
    store: AnyStore,
    end: impl FnOnce(AnyStore) -> F,
) {
    store.admit(&identity("ada"), &user(1), b"claims").await.unwrap();
    store.put_client(&client("c")).await.unwrap();
    for number in 0..64 {
        store.put_code(&code(number, "c"), &consent("c")).await.unwrap();
    }
    let mut racers = JoinSet::new();
    let (mut end, store_for_end) = (Some(end), store.clone());
    for number in 0..64 {
        if number == 8 {
            let end = end.take().unwrap()(store_for_end.clone());
            racers.spawn(async move {
                end.await;
                (u8::MAX, Spent::Unknown)
            });
        }
        let store = store.clone();
        racers.spawn(async move {
            let digest = code(number, "c").digest;
            let spent = store.spend(&digest, Some(&grant(number, "c")), None).await;
            (number, spent.unwrap())
        });
    }
    let firsts = racers.join_all().await.into_iter().filter(|(_, spent)| *spent == Spent::First);
    for (number, _) in firsts {
        let opened = store.grant(&grant(number, "c").id).await.unwrap().unwrap();
        assert!(opened.revoked_at.is_some(), "{number} lives on");
    }
    assert_eq!(store.grants_of(&user(1).id, NOW).await.unwrap(), []);
    for number in 0..64 {
        let spent = store.spend(&code(number, "c").digest, None, None).await.unwrap();
        assert_ne!(spent, Spent::First, "{number}");
    }
}

pub(super) async fn what_is_spent_beside_a_sign_out_is_ended_by_it(store: AnyStore) {
    let end = |store: AnyStore| async move { store.sign_out(&user(1).id, NOW).await.unwrap() };
    ended_beside(store, end).await;
}

pub(super) async fn what_is_spent_beside_a_lock_out_is_ended_by_it(store: AnyStore) {
    let end = |store: AnyStore| async move {
        assert!(store.disable(&user(1).id, true, NOW).await.unwrap());
    };
    ended_beside(store, end).await;
}

pub(super) async fn what_is_spent_beside_a_disconnection_is_ended_by_it(store: AnyStore) {
    let end = |store: AnyStore| async move {
        store.disconnect(&user(1).id, &client("c").id, NOW).await.unwrap();
    };
    ended_beside(store, end).await;
}

pub(super) async fn what_is_spent_beside_the_removal_of_a_client_is_ended_by_it(store: AnyStore) {
    let end = |store: AnyStore| async move {
        assert!(store.remove_client(&client("c").id, NOW).await.unwrap());
    };
    ended_beside(store, end).await;
}

pub(super) async fn of_22_parallel_sessions_a_person_keeps_twenty(store: AnyStore) {
    for number in 0..8 {
        let ada = identity(&number.to_string());
        store.admit(&ada, &user(number), b"claims").await.unwrap();
        let name = |cookie: u8| format!("{number} {cookie}");
        let sessions: Vec<_> = (0..22).map(|cookie| session(&name(cookie), number)).collect();
        let puts =
            join_all(sessions.iter().map(|session| store.put_session(session, None, None))).await;
        assert!(puts.iter().all(Result::is_ok), "{puts:?}");
        let kept: Vec<Session> = store.sessions_of(&user(number).id, NOW).await.unwrap();
        assert_eq!(kept.len(), 20, "{number}");
    }
}

/// A client whose end is prolonged while its turn to be swept comes.
pub(super) async fn a_client_in_use_is_not_swept(store: AnyStore) {
    let forever = later(1_000_000);
    for number in 0..32 {
        let id = number.to_string();
        store.put_client(&Client { expires_at: Some(later(1)), ..client(&id) }).await.unwrap();
        store.put_code(&code(number, &id), &consent(&id)).await.unwrap();
    }
    let uses = (0..32).map(|number| {
        let store = store.clone();
        async move {
            let opens = grant(number, &number.to_string());
            store.spend(&code(number, "").digest, Some(&opens), Some(forever)).await.unwrap();
        }
    });
    let sweeps = (0..8).map(|_| store.sweep(later(2), 4));
    let (_, swept) = futures_util::join!(join_all(uses), join_all(sweeps));
    let swept: u64 = swept.into_iter().map(Result::unwrap).sum();
    let left = store.clients().await.unwrap();
    assert_eq!(left.len() as u64 + swept, 32);
    assert!(left.iter().all(|client| client.expires_at >= Some(later(1))));
    assert_eq!(store.sweep(later(2), 100).await.unwrap(), 0, "those that are left are in use");
}
