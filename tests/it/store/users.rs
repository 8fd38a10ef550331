use std::collections::BTreeSet;

use countersign::{
    engine::record::{IdentityKey, User},
    protocol::id::ProviderId,
};
use futures_util::future::join_all;

use super::{AnyStore, samples::*};

pub(super) async fn parallel_first_sign_ins_make_one_user(store: AnyStore) {
    let arrivals = (0..64).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            store.admit(&identity("sub"), &user(number), b"claims").await.unwrap()
        })
    });
    let ids: BTreeSet<_> = join_all(arrivals).await.into_iter().map(|u| u.unwrap().id).collect();
    assert_eq!(ids.len(), 1);
    let mut rows = 0;
    for number in 0..64 {
        rows += usize::from(store.user(&user(number).id).await.unwrap().is_some());
    }
    assert_eq!(rows, 1);
}

pub(super) async fn a_returning_person_keeps_id_and_lock_and_gets_the_latest_name(store: AnyStore) {
    let first = User { disabled: true, ..user(1) };
    store.admit(&identity("sub"), &first, b"claims").await.unwrap();
    let again = User {
        name: None,
        email: Some("new@example.com".to_owned()),
        created_at: later(9),
        seen_at: later(9),
        ..user(2)
    };
    let expected = User { id: first.id.clone(), created_at: NOW, disabled: true, ..again.clone() };
    assert_eq!(store.admit(&identity("sub"), &again, b"claims").await.unwrap(), expected);
    assert_eq!(store.user(&first.id).await.unwrap(), Some(expected));
    assert_eq!(store.user(&again.id).await.unwrap(), None);
}

pub(super) async fn the_same_subject_of_another_provider_or_issuer_is_another_person(
    store: AnyStore,
) {
    let keys = [
        identity("sub"),
        IdentityKey { provider: ProviderId::new("google"), ..identity("sub") },
        IdentityKey { issuer: "https://issuer.example".to_owned(), ..identity("sub") },
    ];
    for (number, key) in (1..).zip(&keys) {
        let admitted = store.admit(key, &user(number), b"claims").await.unwrap();
        assert_eq!(admitted.id, user(number).id);
    }
}

pub(super) async fn subjects_that_differ_in_case_are_different_people(store: AnyStore) {
    for (number, subject) in [(1, "abc"), (2, "ABC"), (3, "abc "), (4, "")] {
        let admitted = store.admit(&identity(subject), &user(number), b"claims").await.unwrap();
        assert_eq!(admitted.id, user(number).id, "{subject:?}");
    }
}
