use countersign::{
    engine::record::{Client, ClientKeys, ClientKind},
    protocol::id::ClientId,
    store::Spent,
};
use tokio::task::JoinSet;

use super::{AnyStore, codes::open, samples::*};

pub(super) async fn a_client_comes_back_as_it_was_put(store: AnyStore) {
    let full = client("full");
    let bare = Client {
        kind: ClientKind::PreRegistered,
        uri: None,
        redirect_uris: Vec::new(),
        secret: None,
        keys: None,
        refreshes: false,
        expires_at: None,
        ..client("bare")
    };
    let document = Client {
        kind: ClientKind::Document,
        keys: Some(ClientKeys::Url("https://client.example/jwks".to_owned())),
        ..client("https://client.example/id")
    };
    for given in [full, bare, document] {
        store.put_client(&given).await.unwrap();
        assert_eq!(store.client(&given.id, NOW).await.unwrap(), Some(given));
    }
    assert_eq!(store.client(&ClientId::new("Full"), NOW).await.unwrap(), None);
}

pub(super) async fn putting_a_client_again_replaces_it(store: AnyStore) {
    store.put_client(&client("c")).await.unwrap();
    let other = Client { name: "Other".to_owned(), secret: None, expires_at: None, ..client("c") };
    store.put_client(&other).await.unwrap();
    assert_eq!(store.clients().await.unwrap(), [other]);
}

pub(super) async fn putting_a_client_again_does_not_shorten_its_life(store: AnyStore) {
    for (put, again, kept) in ENDS {
        let id = format!("{put:?} {again:?}");
        let ending = |end: Option<u64>| Client { expires_at: end.map(later), ..client(&id) };
        store.put_client(&ending(put)).await.unwrap();
        store.put_client(&Client { name: "Other".to_owned(), ..ending(again) }).await.unwrap();
        let other = Client { name: "Other".to_owned(), ..ending(kept) };
        assert_eq!(store.client(&other.id, NOW).await.unwrap(), Some(other));
    }
}

pub(super) async fn registering_a_client_again_keeps_the_record_and_the_later_end(store: AnyStore) {
    for (first, again, kept) in ENDS {
        let id = format!("{first:?} {again:?}");
        let ending = |end: Option<u64>| Client { expires_at: end.map(later), ..client(&id) };
        assert_eq!(store.register_client(&ending(first)).await.unwrap(), ending(first));
        let other = Client {
            kind: ClientKind::PreRegistered,
            name: "Other".to_owned(),
            redirect_uris: Vec::new(),
            secret: None,
            created_at: later(1),
            ..ending(again)
        };
        assert_eq!(store.register_client(&other).await.unwrap(), ending(kept));
        assert_eq!(store.client(&other.id, NOW).await.unwrap(), Some(ending(kept)));
    }
}

/// Ends of a client's life written one after the other, and the one that stands.
const ENDS: [(Option<u64>, Option<u64>, Option<u64>); 5] = [
    (Some(100), Some(200), Some(200)),
    (Some(200), Some(100), Some(200)),
    (Some(100), None, None),
    (None, Some(100), None),
    (None, None, None),
];

/// The life of a client in use was cut when a registration had read it before the use and wrote it
/// afterwards.
pub(super) async fn of_64_registrations_beside_a_use_none_shortens_the_life_of_the_client(
    store: AnyStore,
) {
    store.register_client(&client("c")).await.unwrap();
    let code = code(1, "c");
    store.put_code(&code, &consent("c")).await.unwrap();
    let mut racers = JoinSet::new();
    for racer in 0..64 {
        let (store, digest) = (store.clone(), code.digest);
        racers.spawn(async move {
            if racer == 32 {
                store.spend(&digest, Some(&grant(1, "c")), Some(later(9000))).await.unwrap();
            }
            store.register_client(&client("c")).await.unwrap();
        });
    }
    racers.join_all().await;
    let kept = store.client(&client("c").id, NOW).await.unwrap().unwrap();
    assert_eq!(kept.expires_at, Some(later(9000)));
}

pub(super) async fn a_lapsed_client_is_not_found(store: AnyStore) {
    let given = client("c");
    store.put_client(&given).await.unwrap();
    assert!(store.client(&given.id, later(99)).await.unwrap().is_some());
    assert!(store.client(&given.id, later(100)).await.unwrap().is_none());
}

pub(super) async fn clients_are_listed_newest_first(store: AnyStore) {
    let old = Client { created_at: earlier(9), ..client("a") };
    for given in [&client("b"), &old] {
        store.put_client(given).await.unwrap();
    }
    assert_eq!(store.clients().await.unwrap(), [client("b"), old]);
}

pub(super) async fn removing_a_client_revokes_its_grants_and_no_others(store: AnyStore) {
    store.put_client(&client("gone")).await.unwrap();
    store.put_client(&client("stays")).await.unwrap();
    for (number, of) in [(1, "gone"), (2, "gone"), (3, "stays")] {
        open(&store, number, of).await;
    }
    assert!(store.remove_client(&ClientId::new("gone"), later(7)).await.unwrap());
    assert!(!store.remove_client(&ClientId::new("gone"), later(8)).await.unwrap());
    assert_eq!(store.clients().await.unwrap().len(), 1);
    let revoked = store.revoked_since(NOW).await.unwrap();
    assert_eq!(revoked, [grant(1, "gone").id, grant(2, "gone").id]);
    let first = store.grant(&revoked[0]).await.unwrap().unwrap();
    assert_eq!(first.revoked_at, Some(later(7)));
}

pub(super) async fn a_code_of_a_removed_client_cannot_be_spent(store: AnyStore) {
    store.put_client(&client("gone")).await.unwrap();
    store.put_code(&code(1, "gone"), &consent("gone")).await.unwrap();
    store.put_code(&code(2, "stays"), &consent("stays")).await.unwrap();
    store.remove_client(&ClientId::new("gone"), NOW).await.unwrap();
    let spent = |number| (code(number, "").digest, grant(number, "gone"));
    let (digest, opens) = spent(1);
    let found = store.spend(&digest, Some(&opens), None).await.unwrap();
    assert_eq!(found, Spent::Unknown);
    assert_eq!(store.grant(&opens.id).await.unwrap(), None);
    let (digest, opens) = spent(2);
    assert_eq!(store.spend(&digest, Some(&opens), None).await.unwrap(), Spent::First);
}

pub(super) async fn using_a_client_prolongs_its_life_and_never_shortens_it(store: AnyStore) {
    let forever = Client { expires_at: None, ..client("forever") };
    store.put_client(&client("c")).await.unwrap();
    store.put_client(&forever).await.unwrap();
    for (number, of, until) in [(1, "c", 500), (2, "c", 50), (3, "forever", 500)] {
        let code = code(number, of);
        store.put_code(&code, &consent(of)).await.unwrap();
        store.spend(&code.digest, Some(&grant(number, of)), Some(later(until))).await.unwrap();
    }
    let used = store.client(&ClientId::new("c"), NOW).await.unwrap().unwrap();
    assert_eq!(used.expires_at, Some(later(500)));
    assert_eq!(store.client(&forever.id, NOW).await.unwrap(), Some(forever));
}
