use countersign::{
    engine::record::Client,
    protocol::{id::ClientId, secret::Digest},
    store::Spent,
};
use futures_util::future::join_all;

use super::{AnyStore, codes::open, samples::*};

/// PostgreSQL takes no such text; whoever asks for it is told the same as of any other.
pub(super) async fn an_id_with_a_nul_is_nobodys(store: AnyStore) {
    let id = ClientId::new("a\0b");
    assert_eq!(store.client(&id, NOW).await.unwrap(), None);
    let presented = store.present_code(Some(&id), &Digest::of("c"), NOW).await;
    assert!(presented.is_ok_and(|presented| presented.client.is_none()));
    store.disconnect(&user(1).id, &id, NOW).await.unwrap();
}

pub(super) async fn a_digest_is_fresh_once(store: AnyStore) {
    let digest = Digest::of("jti");
    assert!(store.once(&digest, later(5)).await.unwrap());
    assert!(!store.once(&digest, later(5)).await.unwrap());
    assert!(store.once(&Digest::of("other"), later(5)).await.unwrap());
    assert_eq!(store.sweep(later(65), 100).await.unwrap(), 0, "clocks may differ");
    assert!(!store.once(&digest, later(5)).await.unwrap());
    assert_eq!(store.sweep(later(DAY), 100).await.unwrap(), 2);
    assert!(store.once(&digest, later(5)).await.unwrap());
}

pub(super) async fn of_64_parallel_uses_one_is_first(store: AnyStore) {
    let digest = Digest::of("jti");
    let uses = join_all((0..64).map(|_| store.once(&digest, later(5)))).await;
    assert_eq!(uses.into_iter().filter(|first| *first.as_ref().unwrap()).count(), 1);
}

pub(super) async fn a_probe_writes(store: AnyStore) {
    store.probe(NOW).await.unwrap();
    store.probe(later(1)).await.unwrap();
}

pub(super) async fn a_sweep_deletes_only_what_lapsed(store: AnyStore) {
    let forever = Client { expires_at: None, ..client("forever") };
    for client in [&client("lapses"), &forever] {
        store.put_client(client).await.unwrap();
    }
    store.put_sign_in(&sign_in("s")).await.unwrap();
    let opened = open(&store, 1, "forever").await;
    let revoked = open(&store, 2, "forever").await;
    store.revoke_grant(&revoked.id, NOW).await.unwrap();

    assert_eq!(store.sweep(later(100), 100).await.unwrap(), 0, "nothing lapsed before that");
    assert_eq!(store.sweep(later(101), 100).await.unwrap(), 1, "the client");
    assert_eq!(store.clients().await.unwrap(), [forever]);
    assert_eq!(store.sweep(later(601), 100).await.unwrap(), 1, "the sign-in");
    assert_eq!(store.sweep(later(60 + DAY), 100).await.unwrap(), 0, "codes are kept a day");
    assert_eq!(store.sweep(later(61 + DAY), 100).await.unwrap(), 2, "the codes");
    assert_eq!(store.sweep(later(1000 + DAY), 100).await.unwrap(), 0, "grants are kept a day");
    assert_eq!(store.revoked_since(NOW).await.unwrap(), [revoked.id], "and their revocation");
    assert_eq!(store.sweep(later(1001 + 2 * DAY), 100).await.unwrap(), 2, "the grants");
    assert_eq!(store.grant(&opened.id).await.unwrap(), None);
    assert_eq!(store.sweep(later(1000 * DAY), 100).await.unwrap(), 0);
}

pub(super) async fn a_sweep_deletes_no_more_than_it_may(store: AnyStore) {
    for number in 0..5 {
        store.put_sign_in(&sign_in(&number.to_string())).await.unwrap();
        store.put_client(&client(&number.to_string())).await.unwrap();
    }
    let mut deleted = Vec::new();
    for most in [0, 3, 4, 4] {
        deleted.push(store.sweep(later(DAY), most).await.unwrap());
    }
    assert_eq!(deleted, [0, 3, 4, 3]);
    assert_eq!(store.clients().await.unwrap(), []);
}

pub(super) async fn a_swept_store_still_recognises_a_replay(store: AnyStore) {
    let opened = open(&store, 1, "c").await;
    store.sweep(later(DAY), 100).await.unwrap();
    let again = store.spend(&code(1, "c").digest, Some(&opened), None).await.unwrap();
    assert_eq!(again, Spent::Again(opened.id));
}
