use countersign::protocol::{id::ProviderId, secret::Digest};
use futures_util::future::join_all;

use super::{AnyStore, samples::*};

pub(super) async fn a_sign_in_is_taken_once(store: AnyStore) {
    let given = sign_in("s");
    store.put_sign_in(&given).await.unwrap();
    let take = || store.take_sign_in(&given.state, &given.browser, &given.provider, NOW);
    assert_eq!(take().await.unwrap().as_ref(), Some(&given));
    assert_eq!(take().await.unwrap(), None);
}

pub(super) async fn a_sign_in_is_not_taken_by_another_browser_or_provider(store: AnyStore) {
    let given = sign_in("s");
    store.put_sign_in(&given).await.unwrap();
    let stranger = Digest::of("stranger");
    let other = ProviderId::new("google");
    for (state, browser, provider) in [
        (&stranger, &given.browser, &given.provider),
        (&given.state, &stranger, &given.provider),
        (&given.state, &given.browser, &other),
    ] {
        assert_eq!(store.take_sign_in(state, browser, provider, NOW).await.unwrap(), None);
    }
    let taken = store.take_sign_in(&given.state, &given.browser, &given.provider, NOW).await;
    assert_eq!(taken.unwrap(), Some(given), "the refusals changed nothing");
}

pub(super) async fn a_lapsed_sign_in_is_not_taken(store: AnyStore) {
    let given = sign_in("s");
    store.put_sign_in(&given).await.unwrap();
    let take = |at| store.take_sign_in(&given.state, &given.browser, &given.provider, at);
    assert_eq!(take(later(600)).await.unwrap(), None);
    assert!(take(later(599)).await.unwrap().is_some(), "the refusal changed nothing");
}

pub(super) async fn of_64_parallel_takers_one_gets_the_sign_in(store: AnyStore) {
    let given = sign_in("s");
    store.put_sign_in(&given).await.unwrap();
    let take = |_| store.take_sign_in(&given.state, &given.browser, &given.provider, NOW);
    let taken = join_all((0..64).map(take)).await;
    assert_eq!(taken.into_iter().filter_map(Result::unwrap).count(), 1);
}
