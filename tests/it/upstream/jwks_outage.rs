//! Key sets while their issuer is out, and while clocks jump.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use countersign::{
    ambient::{Clock as _, ManualClock},
    jose::algorithm::Algorithm,
    upstream::{
        http::Fetcher,
        jwks::{JwksCache, KeysFault, KeysState},
    },
};
use serde_json::json;

use super::{
    clock,
    fault_server::{FaultServer, Manner},
    fetcher,
    jwks::key,
    pass, seconds,
};

struct Fragile {
    server: FaultServer,
    clock: Arc<ManualClock>,
    keys: JwksCache,
    kid: String,
}

impl Fragile {
    /// An issuer that was asked once.
    async fn warm() -> Self {
        let (kid, jwk) = key();
        let good = FaultServer::json(&json!({ "keys": [jwk] }).to_string());
        let (server, clock) = (FaultServer::start(good).await, clock());
        let keys = JwksCache::new(fetcher(), clock.clone(), &[Algorithm::Es256]);
        let fragile = Self { server, clock, keys, kid };
        fragile.look().await.unwrap();
        fragile
    }

    async fn look(&self) -> Result<(), KeysFault> {
        self.keys.keys_for(&self.server.url, Some(&self.kid)).await.map(drop)
    }

    fn state(&self) -> KeysState {
        self.keys.health().first().unwrap().state
    }
}

fn is_unavailable(outcome: Result<(), KeysFault>) -> bool {
    matches!(outcome, Err(KeysFault::Unavailable { .. }))
}

#[tokio::test]
async fn a_known_key_answers_at_once_through_every_kind_of_outage() {
    let outages = [FaultServer::status("500 Oops"), Manner::Hang, Manner::Reset, Manner::Trickle];
    for outage in outages.into_iter().chain([Manner::Endless, FaultServer::json("<html>")]) {
        let fragile = Fragile::warm().await;
        fragile.server.become_so(outage);
        fragile.clock.advance(seconds(590));
        for _ in 0..100 {
            let began = Instant::now();
            fragile.look().await.unwrap();
            assert!(began.elapsed() < Duration::from_millis(100));
        }
        tokio::time::sleep(Duration::from_millis(600)).await;
        fragile.clock.advance(seconds(2 * 3600));
        // The back-off is over: this lookup starts another fetch, and still does not wait for it.
        pass(seconds(2)).await;
        let began = Instant::now();
        fragile.look().await.unwrap();
        assert!(began.elapsed() < Duration::from_millis(100));
        assert!(matches!(fragile.state(), KeysState::Stale { .. }));
        assert!(fragile.server.hits() <= 3);
    }
}

#[tokio::test]
async fn after_six_hours_of_outage_the_keys_are_unavailable() {
    let fragile = Fragile::warm().await;
    fragile.server.become_so(FaultServer::status("503 Down"));
    fragile.clock.advance(seconds(6 * 3600));
    fragile.look().await.unwrap();
    fragile.clock.advance(seconds(1));
    assert!(is_unavailable(fragile.look().await));
    assert_eq!(fragile.state(), KeysState::Down);
}

#[tokio::test]
async fn stale_use_can_be_switched_off() {
    let mut fragile = Fragile::warm().await;
    let strict = JwksCache::new(fetcher(), fragile.clock.clone(), &Algorithm::ALL);
    fragile.keys = strict.with_stale(Duration::ZERO);
    fragile.look().await.unwrap();
    fragile.server.become_so(Manner::Reset);
    fragile.clock.advance(seconds(601));
    assert!(is_unavailable(fragile.look().await));
}

#[tokio::test]
async fn an_unknown_key_id_during_an_outage_is_not_judged() {
    let fragile = Fragile::warm().await;
    fragile.server.become_so(FaultServer::status("500 Oops"));
    pass(seconds(31)).await;
    for _ in 0..20 {
        let outcome = fragile.keys.keys_for(&fragile.server.url, Some("other")).await;
        assert!(matches!(outcome, Err(KeysFault::NotYetJudged { .. })));
    }
    assert_eq!(fragile.server.hits(), 2);
}

#[tokio::test]
async fn a_cold_failure_is_retried_once_and_then_backed_off() {
    let server = FaultServer::start(FaultServer::status("500 Oops")).await;
    let keys = JwksCache::new(fetcher(), clock(), &Algorithm::ALL);
    let look = async || keys.keys_for(&server.url, None).await.map(drop);
    for _ in 0..50 {
        assert!(is_unavailable(look().await));
    }
    assert_eq!(server.hits(), 2);
    pass(Duration::from_millis(1200)).await;
    assert!(is_unavailable(look().await));
    assert_eq!(server.hits(), 3);
    pass(Duration::from_millis(1200)).await;
    assert!(is_unavailable(look().await));
    assert_eq!(server.hits(), 3, "the second pause is longer");
}

#[tokio::test]
async fn retry_after_is_obeyed_but_not_beyond_five_minutes() {
    let line = "429 Slow Down\r\nretry-after: 86400";
    let server = FaultServer::start(FaultServer::status(line)).await;
    let keys = JwksCache::new(fetcher(), clock(), &Algorithm::ALL);
    let Err(KeysFault::Unavailable { retry_after }) = keys.keys_for(&server.url, None).await else {
        panic!("there are no keys");
    };
    assert!(retry_after > seconds(290) && retry_after <= seconds(300));
    pass(seconds(290)).await;
    assert!(keys.keys_for(&server.url, None).await.is_err());
    assert_eq!(server.hits(), 1);
    pass(seconds(11)).await;
    assert!(keys.keys_for(&server.url, None).await.is_err());
    assert_eq!(server.hits(), 2);
}

#[tokio::test]
async fn nobody_waits_longer_than_three_seconds_for_a_first_set() {
    let server = FaultServer::start(Manner::Hang).await;
    let keys = JwksCache::new(Fetcher::for_operator().with_loopback(), clock(), &Algorithm::ALL);
    let began = Instant::now();
    assert!(is_unavailable(keys.keys_for(&server.url, Some("any")).await.map(drop)));
    assert!(began.elapsed() < Duration::from_millis(3500));
}

#[tokio::test]
async fn a_source_that_comes_back_is_used_again() {
    let fragile = Fragile::warm().await;
    let (kid, jwk) = key();
    fragile.server.become_so(Manner::Reset);
    fragile.clock.advance(seconds(7 * 3600));
    assert!(is_unavailable(fragile.look().await));
    fragile.server.become_so(FaultServer::json(&json!({ "keys": [jwk] }).to_string()));
    pass(seconds(2)).await;
    fragile.keys.keys_for(&fragile.server.url, Some(&kid)).await.unwrap();
    assert_eq!(fragile.state(), KeysState::Fresh);
}

#[tokio::test]
async fn a_clock_that_jumps_back_two_hours_keeps_no_withdrawn_key_alive() {
    let fragile = Fragile::warm().await;
    let (_, jwk) = key();
    fragile.server.become_so(FaultServer::json(&json!({ "keys": [jwk] }).to_string()));
    fragile.clock.set(fragile.clock.now().minus(seconds(2 * 3600)));
    fragile.look().await.unwrap();
    pass(seconds(3601)).await;
    assert!(fragile.look().await.is_err());
}

#[tokio::test]
async fn no_pause_freezes_when_the_clock_jumps() {
    for back in [true, false] {
        let fragile = Fragile::warm().await;
        pass(seconds(6)).await;
        let invented = fragile.keys.keys_for(&fragile.server.url, Some("invented")).await;
        assert_eq!(invented.map(drop), Err(KeysFault::UnknownKey));
        let now = fragile.clock.now();
        let jump = seconds(2 * 3600);
        fragile.clock.set(if back { now.minus(jump) } else { now.plus(jump) });
        let (kid, jwk) = key();
        fragile.server.become_so(FaultServer::json(&json!({ "keys": [jwk] }).to_string()));
        pass(seconds(31)).await;
        fragile.keys.keys_for(&fragile.server.url, Some(&kid)).await.unwrap();
    }
}
