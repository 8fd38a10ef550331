use countersign::{
    engine::record::{HeldIdentity, SigningKeyRecord},
    protocol::id::KeyId,
    store::Resealed,
};
use futures_util::future::join_all;

use super::{AnyStore, samples::*};

pub(super) async fn a_signing_key_comes_back_as_it_was_put_in_the_order_of_making(store: AnyStore) {
    assert_eq!(store.signing_keys().await.unwrap(), []);
    let [first, second] = [signing_key("b", "ES256", 0), signing_key("a", "ES256", 1)];
    let other = SigningKeyRecord { retired_at: None, ..signing_key("c", "EdDSA", 0) };
    for key in [&second, &other, &first] {
        assert!(store.put_signing_key(key).await.unwrap());
    }
    assert_eq!(store.signing_keys().await.unwrap(), [first, other, second]);
}

pub(super) async fn of_64_parallel_keys_of_one_generation_one_is_kept(store: AnyStore) {
    let keys: Vec<_> = (0..64).map(|n| signing_key(&n.to_string(), "ES256", 3)).collect();
    let puts = join_all(keys.iter().map(|key| store.put_signing_key(key))).await;
    let kept: Vec<_> =
        puts.into_iter().zip(&keys).filter(|(put, _)| *put.as_ref().unwrap()).collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(store.signing_keys().await.unwrap(), [kept[0].1.clone()]);
    let same_id = signing_key(kept[0].1.id.as_str(), "ES256", 4);
    assert!(!store.put_signing_key(&same_id).await.unwrap());
}

pub(super) async fn a_key_is_activated_sooner_and_never_later(store: AnyStore) {
    let key = SigningKeyRecord { active_at: later(100), ..signing_key("k", "ES256", 0) };
    store.put_signing_key(&key).await.unwrap();
    assert!(store.activate_signing_key(&key.id, later(5)).await.unwrap());
    assert!(!store.activate_signing_key(&key.id, later(5)).await.unwrap(), "it is already");
    assert!(!store.activate_signing_key(&key.id, later(50)).await.unwrap());
    assert!(!store.activate_signing_key(&KeyId::new("x"), NOW).await.unwrap());
    assert_eq!(store.signing_keys().await.unwrap()[0].active_at, later(5));
}

pub(super) async fn a_removed_key_is_gone_and_its_generation_free(store: AnyStore) {
    let key = signing_key("k", "ES256", 0);
    store.put_signing_key(&key).await.unwrap();
    assert!(store.remove_signing_key(&key.id).await.unwrap());
    assert!(!store.remove_signing_key(&key.id).await.unwrap());
    assert!(store.put_signing_key(&signing_key("next", "ES256", 0)).await.unwrap());
}

pub(super) async fn a_private_key_is_resealed_only_as_it_was_read(store: AnyStore) {
    let key = signing_key("k", "ES256", 0);
    store.put_signing_key(&key).await.unwrap();
    assert!(!store.reseal_signing_key(&key.id, b"other", b"new").await.unwrap());
    assert!(store.reseal_signing_key(&key.id, &key.sealed, b"new").await.unwrap());
    assert!(!store.reseal_signing_key(&key.id, &key.sealed, b"late").await.unwrap());
    assert_eq!(store.signing_keys().await.unwrap()[0].sealed, b"new");
}

pub(super) async fn identities_are_read_in_batches_each_once(store: AnyStore) {
    for number in 1..=5 {
        let key = identity(&format!("s{number}"));
        store.admit(&key, &user(number), &[number]).await.unwrap();
    }
    let (mut seen, mut last): (Vec<HeldIdentity>, _) = (Vec::new(), None);
    for expected in [2, 2, 1, 0] {
        let batch = store.identities_after(last.as_ref(), 2).await.unwrap();
        assert_eq!(batch.len(), expected);
        last = batch.last().map(|held| held.key.clone()).or(last);
        seen.extend(batch);
    }
    let subjects: Vec<_> = seen.iter().map(|held| held.key.subject.as_str()).collect();
    assert_eq!(subjects, ["s1", "s2", "s3", "s4", "s5"]);
    assert_eq!(seen[4].claims, Some(vec![5]));
}

pub(super) async fn claims_are_resealed_only_as_they_were_read(store: AnyStore) {
    for number in 1..=2 {
        let key = identity(&format!("s{number}"));
        store.admit(&key, &user(number), b"old").await.unwrap();
    }
    let anew = |subject: &str, before: &[u8]| Resealed {
        key: identity(subject),
        before: before.to_vec(),
        after: b"new".to_vec(),
    };
    let asked = [anew("s1", b"old"), anew("s2", b"changed since"), anew("nobody", b"old")];
    assert_eq!(store.reseal_claims(&asked).await.unwrap(), 1);
    let held = |subject: &str| {
        let (store, key) = (store.clone(), identity(subject));
        async move { store.identity(&key).await.unwrap().unwrap().claims.unwrap() }
    };
    assert_eq!((held("s1").await, held("s2").await), (b"new".to_vec(), b"old".to_vec()));
}
