use countersign::{
    ambient::Timestamp,
    store::{Epoch, Spent},
};
use futures_util::future::join_all;

use super::{
    AnyStore,
    codes::open,
    issued::{opaque, personal},
    samples::*,
};

pub(super) async fn a_lease_is_held_by_one_and_prolonged_by_that_one(store: AnyStore) {
    assert!(store.lease("sweep", "one", NOW, later(60)).await.unwrap());
    assert!(!store.lease("sweep", "other", later(60), later(120)).await.unwrap());
    assert!(store.lease("sweep", "one", later(60), later(120)).await.unwrap());
    assert!(store.lease("else", "other", later(60), later(120)).await.unwrap());
    assert_eq!(store.leased_until("sweep").await.unwrap(), Some(later(120)));
    assert_eq!(store.leased_until("unknown").await.unwrap(), None);
}

pub(super) async fn a_lapsed_lease_is_taken_and_a_released_one_at_once(store: AnyStore) {
    assert!(store.lease("sweep", "one", NOW, later(60)).await.unwrap());
    assert!(store.lease("sweep", "other", later(61), later(121)).await.unwrap());
    store.release("sweep", "one").await.unwrap();
    assert!(!store.lease("sweep", "one", later(62), later(122)).await.unwrap(), "not its own");
    store.release("sweep", "other").await.unwrap();
    assert!(store.lease("sweep", "one", later(62), later(122)).await.unwrap());
}

pub(super) async fn of_64_parallel_takers_one_gets_the_lease(store: AnyStore) {
    let names: Vec<_> = (0..64).map(|node| node.to_string()).collect();
    let takes = names.iter().map(|node| store.lease("sweep", node, NOW, later(60)));
    let held = join_all(takes).await.into_iter().filter(|held| *held.as_ref().unwrap());
    assert_eq!(held.count(), 1);
}

pub(super) async fn an_epoch_ends_what_was_issued_and_leaves_who_is_known(store: AnyStore) {
    assert_eq!(store.epoch().await.unwrap(), None);
    store.put_client(&client("c")).await.unwrap();
    let person = store.admit(&identity("sub"), &user(1), b"claims").await.unwrap();
    let opened = open(&store, 1, "c").await;
    store.put_code(&code(2, "c"), &consent("c")).await.unwrap();
    store.put_sign_in(&sign_in("s")).await.unwrap();
    store.put_session(&session("cookie", 1), None, None).await.unwrap();
    let (opaque, personal) = (opaque("opaque", &opened), personal(3, 0));
    store.put_opaque_token(&opaque).await.unwrap();
    store.put_personal_token(&personal).await.unwrap();
    assert!(store.put_signing_key(&signing_key("k", "ES256", 0)).await.unwrap());
    assert!(store.lease("sweep", "one", NOW, later(60)).await.unwrap());

    let began = Epoch { number: 1, began_at: later(5) };
    assert_eq!(store.begin_epoch(later(5)).await.unwrap(), began);
    assert_eq!(store.epoch().await.unwrap(), Some(began));
    assert_eq!(store.grant(&opened.id).await.unwrap(), None);
    assert_eq!(store.spend(&code(1, "c").digest, None, None).await.unwrap(), Spent::Unknown);
    assert_eq!(store.spend(&code(2, "c").digest, None, None).await.unwrap(), Spent::Unknown);
    assert_eq!(store.session(&session("cookie", 1).digest, NOW).await.unwrap(), None);
    assert_eq!(store.opaque_token(&opaque.digest).await.unwrap(), None);
    assert_eq!(store.personal_token(&personal.digest).await.unwrap(), None);
    assert_eq!(store.signing_keys().await.unwrap(), []);
    let pending = sign_in("s");
    let taken = store.take_sign_in(&pending.state, &pending.browser, &pending.provider, NOW).await;
    assert_eq!(taken.unwrap(), None);
    assert_eq!(store.leased_until("sweep").await.unwrap(), None::<Timestamp>);

    assert_eq!(store.clients().await.unwrap().len(), 1);
    assert_eq!(store.identities_of(&person.id).await.unwrap().len(), 1);
    assert_eq!(store.consents_of(&user(1).id).await.unwrap().len(), 1);
}

pub(super) async fn epochs_are_counted(store: AnyStore) {
    for number in 1..=3 {
        let began = Epoch { number, began_at: later(number.into()) };
        assert_eq!(store.begin_epoch(began.began_at).await.unwrap(), began);
        assert_eq!(store.epoch().await.unwrap(), Some(began));
    }
}
