//! Key sets: one fetch for all who ask, and a budget for key ids that nobody knows.

use std::{sync::Arc, time::Duration};

use countersign::{
    ambient::ManualClock,
    jose::{algorithm::Algorithm, sign::SigningKey},
    upstream::jwks::{JwksCache, KeysFault},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use url::Url;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method},
};

use super::{clock, fetcher, pass, seconds};

/// An issuer whose keys a test changes.
pub(crate) struct Issuer {
    server: MockServer,
    pub(crate) uri: Url,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) keys: JwksCache,
}

/// A new key: its id and its public half.
pub(crate) fn key() -> (String, Value) {
    let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    (key.kid().to_string(), key.public_jwk())
}

pub(crate) fn set(keys: &[&Value]) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "keys": keys }))
}

impl Issuer {
    pub(crate) async fn with(answer: ResponseTemplate) -> Self {
        let server = MockServer::start().await;
        let (uri, clock) = (server.uri().parse().unwrap(), clock());
        let keys = JwksCache::new(fetcher(), clock.clone(), &Algorithm::ALL);
        let issuer = Self { server, uri, clock, keys };
        issuer.answers(answer).await;
        issuer
    }

    pub(crate) async fn answers(&self, answer: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(method("GET")).respond_with(answer).mount(&self.server).await;
    }

    /// How often it was asked since it last changed its answer.
    pub(crate) async fn asked(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }

    pub(crate) async fn look(&self, kid: &str) -> Result<(), KeysFault> {
        self.keys.keys_for(&self.uri, Some(kid)).await.map(|keys| assert!(keys.has(kid)))
    }

    /// Waits until it was asked `times` in all: for what happens in the background.
    async fn is_asked(&self, times: usize) {
        for _ in 0..200 {
            if self.asked().await >= times {
                return tokio::time::sleep(Duration::from_millis(30)).await;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("asked {} times", self.asked().await);
    }
}

#[tokio::test]
async fn two_hundred_cold_lookups_cost_one_fetch() {
    let (kid, jwk) = key();
    let issuer = Issuer::with(set(&[&jwk]).set_delay(Duration::from_millis(100))).await;
    let outcomes = join_all((0..200).map(|_| issuer.look(&kid))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(issuer.asked().await, 1);
}

#[tokio::test]
async fn a_key_id_that_a_newer_set_lacks_is_unknown_and_remembered() {
    let (kid, jwk) = key();
    let issuer = Issuer::with(set(&[&jwk])).await;
    issuer.look(&kid).await.unwrap();
    pass(seconds(6)).await;
    assert_eq!(issuer.look("invented").await, Err(KeysFault::UnknownKey));
    pass(seconds(29)).await;
    assert_eq!(issuer.look("invented").await, Err(KeysFault::UnknownKey));
    assert_eq!(issuer.asked().await, 2);
}

#[tokio::test]
async fn a_key_id_of_more_than_256_bytes_is_unknown_without_a_fetch() {
    let (_, jwk) = key();
    let issuer = Issuer::with(set(&[&jwk])).await;
    assert_eq!(issuer.look(&"k".repeat(257)).await, Err(KeysFault::UnknownKey));
    assert_eq!(issuer.asked().await, 0);
}

#[tokio::test]
async fn a_rotated_key_is_not_judged_before_the_budget_allows_and_found_then() {
    let ((old, old_jwk), (new, new_jwk)) = (key(), key());
    let issuer = Issuer::with(set(&[&old_jwk])).await;
    issuer.look(&old).await.unwrap();
    issuer.answers(set(&[&old_jwk, &new_jwk])).await;
    let Err(KeysFault::NotYetJudged { retry_after }) = issuer.look(&new).await else {
        panic!("judged too early");
    };
    assert!(retry_after <= seconds(5) && issuer.asked().await == 0);
    pass(retry_after).await;
    issuer.look(&new).await.unwrap();
}

#[tokio::test]
async fn a_rotated_key_waits_for_the_budget_that_invented_ones_spent_and_no_longer() {
    let ((old, old_jwk), (new, new_jwk)) = (key(), key());
    let issuer = Issuer::with(set(&[&old_jwk])).await;
    issuer.look(&old).await.unwrap();
    pass(seconds(6)).await;
    assert_eq!(issuer.look("invented").await, Err(KeysFault::UnknownKey));
    issuer.answers(set(&[&new_jwk])).await;
    let Err(KeysFault::NotYetJudged { retry_after }) = issuer.look(&new).await else {
        panic!("judged too early");
    };
    assert!(retry_after > seconds(25) && retry_after <= seconds(30));
    pass(retry_after).await;
    issuer.look(&new).await.unwrap();
}

#[tokio::test]
async fn invented_key_ids_do_not_spend_the_budget_of_renewals() {
    let (kid, jwk) = key();
    let issuer = Issuer::with(set(&[&jwk])).await;
    issuer.look(&kid).await.unwrap();
    pass(seconds(6)).await;
    assert!(issuer.look("invented").await.is_err());
    issuer.clock.advance(seconds(590));
    issuer.look(&kid).await.unwrap();
    issuer.is_asked(3).await;
}

#[tokio::test]
async fn a_withdrawn_key_dies_with_the_next_set() {
    let ((old, old_jwk), (new, new_jwk)) = (key(), key());
    let issuer = Issuer::with(set(&[&old_jwk, &new_jwk])).await;
    issuer.look(&old).await.unwrap();
    issuer.answers(set(&[&new_jwk])).await;
    issuer.clock.advance(seconds(3601));
    issuer.look(&new).await.unwrap();
    assert!(issuer.look(&old).await.is_err());
}

#[tokio::test]
async fn a_key_withdrawn_in_an_emergency_dies_at_once_by_flushing() {
    let ((old, old_jwk), (_, new_jwk)) = (key(), key());
    let issuer = Issuer::with(set(&[&old_jwk])).await;
    issuer.look(&old).await.unwrap();
    issuer.answers(set(&[&new_jwk])).await;
    issuer.keys.flush();
    assert_eq!(issuer.look(&old).await, Err(KeysFault::UnknownKey));
}

#[tokio::test]
async fn max_age_of_15_seconds_is_read_as_five_minutes() {
    let (kid, jwk) = key();
    let short = set(&[&jwk]).insert_header("cache-control", "public, max-age=15");
    let issuer = Issuer::with(short).await;
    issuer.look(&kid).await.unwrap();
    issuer.clock.advance(seconds(200));
    issuer.look(&kid).await.unwrap();
    assert_eq!(issuer.asked().await, 1);
    issuer.clock.advance(seconds(101));
    issuer.look(&kid).await.unwrap();
    assert_eq!(issuer.asked().await, 2);
}

#[tokio::test]
async fn age_is_subtracted_from_max_age() {
    let (kid, jwk) = key();
    let aged =
        set(&[&jwk]).insert_header("cache-control", "max-age=3600").insert_header("age", "3000");
    let issuer = Issuer::with(aged).await;
    issuer.look(&kid).await.unwrap();
    issuer.clock.advance(seconds(601));
    issuer.look(&kid).await.unwrap();
    assert_eq!(issuer.asked().await, 2);
}

#[tokio::test]
async fn a_set_is_renewed_ahead_of_time_without_anyone_waiting() {
    let (kid, jwk) = key();
    let issuer = Issuer::with(set(&[&jwk])).await;
    issuer.look(&kid).await.unwrap();
    issuer.answers(set(&[&jwk]).set_delay(Duration::from_millis(300))).await;
    issuer.clock.advance(seconds(540));
    let began = std::time::Instant::now();
    issuer.look(&kid).await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(200));
    issuer.is_asked(1).await;
    tokio::time::sleep(Duration::from_millis(350)).await;
    issuer.clock.advance(seconds(400));
    issuer.look(&kid).await.unwrap();
    assert_eq!(issuer.asked().await, 1, "the renewal counts from when it was asked");
}

#[tokio::test]
async fn not_modified_extends_what_is_held() {
    let (kid, jwk) = key();
    let issuer = Issuer::with(set(&[&jwk]).insert_header("etag", "\"one\"")).await;
    issuer.look(&kid).await.unwrap();
    issuer.server.reset().await;
    Mock::given(header("if-none-match", "\"one\""))
        .respond_with(ResponseTemplate::new(304).insert_header("cache-control", "max-age=1800"))
        .mount(&issuer.server)
        .await;
    for _ in 0..2 {
        issuer.clock.advance(seconds(1801));
        issuer.look(&kid).await.unwrap();
    }
    assert_eq!(issuer.asked().await, 2);
    issuer.clock.advance(seconds(1200));
    issuer.look(&kid).await.unwrap();
    assert_eq!(issuer.asked().await, 2, "the 304's own headers count");
}

#[tokio::test]
async fn garbage_beside_a_good_key_is_tolerated() {
    let (kid, jwk) = key();
    let garbage = json!([null, 1, "key", {}, { "kty": "ML-DSA", "kid": "pq" }, { "kty": "RSA", "n": 5 },
        { "kty": "oct", "k": "c2VjcmV0", "kid": "h" }, jwk]);
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "keys": garbage }));
    let issuer = Issuer::with(answer).await;
    issuer.look(&kid).await.unwrap();
    assert_eq!(issuer.keys.keys_for(&issuer.uri, None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_content_type_does_not_matter_but_json_does() {
    let (kid, jwk) = key();
    let body = json!({ "keys": [jwk] }).to_string();
    let odd = ResponseTemplate::new(200).set_body_raw(body, "text/plain");
    Issuer::with(odd).await.look(&kid).await.unwrap();
    for body in ["<html>", "{}", "{\"keys\":[]}", "{\"keys\":{}}", ""] {
        let issuer = Issuer::with(ResponseTemplate::new(200).set_body_string(body)).await;
        let outcome = issuer.look(&kid).await;
        assert!(matches!(outcome, Err(KeysFault::Unavailable { .. })), "{body}");
    }
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_cancel_the_fetch() {
    let (kid, jwk) = key();
    let issuer = Issuer::with(set(&[&jwk]).set_delay(Duration::from_millis(200))).await;
    let left = tokio::time::timeout(Duration::from_millis(50), issuer.look(&kid)).await;
    assert!(left.is_err());
    tokio::time::sleep(Duration::from_millis(300)).await;
    issuer.look(&kid).await.unwrap();
    assert_eq!(issuer.asked().await, 1);
}

#[tokio::test]
async fn a_token_without_a_key_id_gets_the_whole_set() {
    let ((_, one), (_, two)) = (key(), key());
    let issuer = Issuer::with(set(&[&one, &two])).await;
    assert_eq!(issuer.keys.keys_for(&issuer.uri, None).await.unwrap().len(), 2);
}
