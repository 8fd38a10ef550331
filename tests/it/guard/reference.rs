//! Tokens that say nothing by themselves: looked up, believed for a while, judged on every call.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use countersign::{
    ambient::{ManualClock, Timestamp},
    guard::{Guard, LocalKeys, LookUp, OutOfReach, RECHECK_AFTER, Revocations, UNKNOWN_FOR},
    protocol::{
        access::AccessClaims,
        id::GrantId,
        reference::Reference,
        scope::Scopes,
        secret::{Digest, OpaqueAccessToken, PersonalAccessToken},
    },
};
use serde_json::{Value, json};

use super::{NOW, RESOURCE, World, key_set, protected};

/// What every token stands for just now, and how often that was asked.
struct Records {
    says: Mutex<Result<Option<Value>, OutOfReach>>,
    asked: AtomicUsize,
}

impl Records {
    fn say(&self, says: Result<Option<Value>, OutOfReach>) {
        *self.says.lock().unwrap() = says;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn look_up(self: &Arc<Self>) -> LookUp {
        let records = Arc::clone(self);
        Arc::new(move |_: Reference| {
            records.asked.fetch_add(1, Ordering::SeqCst);
            let says = records.says.lock().unwrap().clone();
            Box::pin(async move { Ok(says?.map(|claims| serde_json::from_value(claims).unwrap())) })
        })
    }
}

fn world(known: Vec<(Digest, AccessClaims)>) -> (World, Arc<Records>) {
    let world = World::new();
    let records = Arc::new(Records {
        says: Mutex::new(Ok(Some(world.claims()))),
        asked: AtomicUsize::new(0),
    });
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix(NOW)));
    let revocations = Revocations::default();
    let keys = LocalKeys::new(key_set(&[&world.key]));
    let guard = Guard::local(protected(RESOURCE), keys)
        .with_clock(clock.clone())
        .with_revocations(revocations.clone())
        .with_references(records.look_up())
        .with_static_tokens(known);
    (World { guard: Arc::new(guard), clock, revocations, ..world }, records)
}

fn opaque() -> String {
    OpaqueAccessToken::from_entropy([1; 32]).reveal().to_owned()
}

fn with(world: &World, name: &str, value: Value) -> Value {
    let mut claims = world.claims();
    claims[name] = value;
    claims
}

#[tokio::test]
async fn a_reference_is_looked_up_once_and_believed_for_a_while() {
    let (world, records) = world(vec![]);
    for token in [opaque(), PersonalAccessToken::from_entropy([1; 32]).reveal().to_owned()] {
        let before = records.asked();
        for _ in 0..3 {
            assert_eq!(world.call(&token).await.unwrap().user().as_str(), "usr_alice");
        }
        assert_eq!(records.asked(), before + 1);
    }
}

#[tokio::test]
async fn what_it_stands_for_now_counts_at_the_next_look() {
    let (world, records) = world(vec![]);
    records.say(Ok(Some(with(&world, "scope", json!("read write")))));
    let all = Scopes::parse("read write").unwrap();
    assert_eq!(*world.call(&opaque()).await.unwrap().scopes(), all);
    records.say(Ok(Some(world.claims())));
    world.clock.advance(RECHECK_AFTER.checked_sub(Duration::from_secs(1)).unwrap());
    assert_eq!(*world.call(&opaque()).await.unwrap().scopes(), all);
    world.clock.advance(Duration::from_secs(1));
    let left = world.call(&opaque()).await.unwrap();
    assert_eq!(*left.scopes(), Scopes::parse("read").unwrap());
    records.say(Ok(None));
    world.clock.advance(RECHECK_AFTER);
    assert_eq!(world.refusal(&opaque()).await, "unknown");
}

#[tokio::test]
async fn a_flood_of_one_unknown_token_costs_one_query() {
    let (world, records) = world(vec![]);
    records.say(Ok(None));
    for _ in 0..100 {
        assert_eq!(world.refusal(&opaque()).await, "unknown");
    }
    assert_eq!(records.asked(), 1);
    world.clock.advance(UNKNOWN_FOR);
    assert_eq!(world.refusal(&opaque()).await, "unknown");
    assert_eq!(records.asked(), 2);
}

#[tokio::test]
async fn a_reference_at_another_server_or_of_another_issuer_is_refused() {
    let (world, records) = world(vec![]);
    for (name, value) in [("aud", "https://mcp.example/other"), ("iss", "https://evil.example")] {
        records.say(Ok(Some(with(&world, name, json!(value)))));
        assert_eq!(world.refusal(&opaque()).await, "claim", "{name}");
    }
}

#[tokio::test]
async fn a_reference_expires_and_is_revoked_like_a_signed_token_also_while_it_is_believed() {
    let (world, records) = world(vec![]);
    records.say(Ok(Some(with(&world, "exp", json!(NOW + 30)))));
    assert!(world.call(&opaque()).await.is_ok());
    world.clock.advance(Duration::from_secs(90));
    assert_eq!(world.refusal(&opaque()).await, "expired");
    records.say(Ok(Some(world.claims())));
    assert!(world.call(&opaque()).await.is_ok());
    let now = Timestamp::from_unix(NOW + 90);
    world.revocations.revoke(GrantId::from_bytes([7; 16]), now.plus(RECHECK_AFTER), now);
    assert_eq!(world.refusal(&opaque()).await, "revoked");
}

#[tokio::test]
async fn records_out_of_reach_refuse_for_the_moment_and_are_asked_again() {
    let (world, records) = world(vec![]);
    records.say(Err(OutOfReach));
    let refusal = world.call(&opaque()).await.expect_err("refused");
    assert_eq!(refusal.code(), "unavailable");
    assert_eq!(world.guard.refuse(&refusal).status(), 503);
    records.say(Ok(Some(world.claims())));
    assert!(world.call(&opaque()).await.is_ok());
}

#[tokio::test]
async fn what_is_no_reference_is_not_looked_up() {
    let (world, records) = world(vec![]);
    let cut = opaque()[..opaque().len() - 1].to_owned();
    for token in [cut, opaque().replace("cs_at_", "cs_rt_"), "x".to_owned()] {
        assert_eq!(world.refusal(&token).await, "malformed", "{token}");
    }
    assert!(world.call(&world.token(&json!({}))).await.is_ok());
    assert_eq!(records.asked(), 0);
}

#[tokio::test]
async fn a_guard_without_records_refuses_references() {
    assert_eq!(World::new().refusal(&opaque()).await, "malformed");
}

#[tokio::test]
async fn a_static_token_is_known_by_its_digest_and_by_nothing_else() {
    let claims = |user: &str| -> AccessClaims {
        serde_json::from_value(with(&World::new(), "sub", json!(user))).unwrap()
    };
    let elsewhere = with(&World::new(), "aud", json!("https://mcp.example/other"));
    let known = vec![
        (Digest::of("ci-token"), claims("ci")),
        (Digest::of("dev-token"), claims("dev")),
        (Digest::of("other-token"), serde_json::from_value(elsewhere).unwrap()),
    ];
    let (world, records) = world(known);
    for (token, user) in [("ci-token", "ci"), ("dev-token", "dev")] {
        assert_eq!(world.call(token).await.unwrap().user().as_str(), user);
    }
    assert_eq!(world.refusal("other-token").await, "claim", "of another server");
    // printf %s ci-token | sha256sum
    let digest = "948b8c2427cd29047839b8e4a27a08763f8befbafa86be5cce8e46217d75e58a";
    for token in ["ci-tokem", "CI-TOKEN", "ci-token2", digest] {
        assert_eq!(world.refusal(token).await, "malformed", "{token}");
    }
    assert_eq!(records.asked(), 0);
}
