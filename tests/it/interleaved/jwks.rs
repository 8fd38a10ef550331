//! Those who wait for a key set that nobody has yet.

use std::{collections::BTreeMap, future::poll_fn, sync::Arc, task::Poll};

use countersign::{
    ambient::{ManualClock, Timestamp},
    jose::{algorithm::Algorithm, keys::KeySet, sign::SigningKey},
    upstream::{
        http::{FetchPolicy, Fetcher},
        jwks::{JwksCache, KeysFault},
    },
};
use futures_util::future::{MaybeDone, maybe_done};
use serde_json::json;
use url::Url;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::harness::{Doing, in_every_order};

type Found = Result<KeySet, KeysFault>;

/// Steps before all wait to the end: a look by one of three, or a step of the fetch.
const STEPS: usize = 5;

#[tokio::test]
async fn in_every_order_three_who_find_no_key_set_cost_one_fetch() {
    let (key, _) = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let server = MockServer::start().await;
    let set = ResponseTemplate::new(200).set_body_json(json!({ "keys": [key.public_jwk()] }));
    Mock::given(method("GET")).respond_with(set).mount(&server).await;
    let fetcher = Fetcher::new(FetchPolicy { loopback: true, ..FetchPolicy::for_operator() });
    let mut asked = 0;
    let orders = in_every_order(2000, async |orders| {
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix(1_790_000_000)));
        let cache = JwksCache::new(fetcher.clone(), clock, &Algorithm::ALL);
        let uri: Url = format!("{}/{asked}", server.uri()).parse().unwrap();
        let look = |_| -> MaybeDone<Doing<'_, Found>> {
            maybe_done(Box::pin(cache.keys_for(&uri, Some(key.kid().as_str()))))
        };
        let mut waiting: Vec<_> = (0..3).map(look).collect();
        for _ in 0..STEPS {
            match waiting.get_mut(orders.choose(4)) {
                Some(one) => poll_once(one).await,
                None => tokio::task::yield_now().await,
            }
        }
        for one in &mut waiting {
            one.await;
        }
        let found = waiting.iter_mut().map(|one| std::pin::Pin::new(one).take_output().unwrap());
        assert!(found.into_iter().all(|found| found.is_ok_and(|set| set.has(key.kid().as_str()))));
        asked += 1;
    })
    .await;
    assert_eq!(orders, 4_usize.pow(5));
    let mut by_path = BTreeMap::<String, usize>::new();
    for request in server.received_requests().await.unwrap() {
        *by_path.entry(request.url.path().to_owned()).or_default() += 1;
    }
    assert_eq!(by_path.len(), orders);
    assert!(by_path.values().all(|times| *times == 1), "{by_path:?}");
}

async fn poll_once(one: &mut MaybeDone<Doing<'_, Found>>) {
    poll_fn(|context| {
        let _ = std::pin::Pin::new(&mut *one).poll(context);
        Poll::Ready(())
    })
    .await;
}
