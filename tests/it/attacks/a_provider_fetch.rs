//! A: what we fetch from providers. Floods cost one fetch, outages cost nothing, bad documents displace no
//! good ones, and no document leads us anywhere but to the provider.

use std::time::{Duration, Instant};

use countersign::{
    jose::algorithm::Algorithm,
    upstream::jwks::{JwksCache, KeysFault},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::before::Before;
use crate::{
    federation::{
        fake::Manner,
        floods::{self, BAD_METADATA, FLOOD, why},
        keys::{ATTACKER, CURRENT, NEXT, short_jwk},
        kind::Kind,
        outage,
        refusals::{UNTRUSTED, keys},
        world::{World, pass},
    },
    upstream::{
        clock,
        fault_server::{self, FaultServer},
        fetcher,
        jwks::{Issuer, key, set},
        seconds,
    },
};

const INTERRUPTED: &str = "503 The sign-in was interrupted";

#[tokio::test]
async fn a01_random_kid_flood_fetches_once_and_locks_nobody_out() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes());
        let before = Before::of(&world.service);
        pass(6).await;
        world.provider.now(|desk| desk.defect = FLOOD);
        for _ in 0..12 {
            let answer = world.walk().await;
            let told = answer.location().is_some_and(|to| to.contains("error=server_error"));
            assert!(told || answer.status == 503, "{} {}", answer.status, answer.body);
            answer.opens_no_session();
        }
        assert_eq!(world.provider.asked_for_keys().await, 2, "one beside the first");
        before.stands(&world.service, &[]);
        world.log_keeps_secrets();
        world.provider.now(|desk| desk.defect = |_| {});
        assert_eq!(world.scopes().await, kind.scopes(), "a known key is not locked out");
        pass(31).await;
        world.provider.now(|desk| desk.defect = FLOOD);
        let _refused = world.walk().await;
        assert_eq!(world.provider.asked_for_keys().await, 3, "one per 30 s");
    }
    let (kid, jwk) = key();
    let issuer = Issuer::with(set(&[&jwk])).await;
    issuer.look(&kid).await.unwrap();
    pass(6).await;
    let invented: Vec<String> = (0..1000).map(|n| format!("invented-{n}")).collect();
    let outcomes = join_all(invented.iter().map(|kid| issuer.look(kid))).await;
    assert!(outcomes.iter().all(Result::is_err));
    let began = Instant::now();
    for kid in &invented {
        assert!(issuer.look(kid).await.is_err());
    }
    assert!(began.elapsed() < Duration::from_secs(1), "each in less than a millisecond");
    issuer.look(&kid).await.unwrap();
    assert_eq!(issuer.asked().await, 2);
}

#[tokio::test]
async fn a02_bad_signatures_under_a_known_kid_fetch_nothing() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes());
        let before = Before::of(&world.service);
        pass(31).await;
        world.provider.now(|desk| desk.defect = |draft| draft.signer = &ATTACKER);
        for _ in 0..20 {
            world.was_told(&world.walk().await, UNTRUSTED, "the signature is wrong");
        }
        assert_eq!(world.provider.asked_for_keys().await, 1);
        before.stands(&world.service, &[]);
    }
    let (kid, jwk) = key();
    let issuer = Issuer::with(set(&[&jwk])).await;
    for _ in 0..1000 {
        issuer.look(&kid).await.unwrap();
    }
    assert_eq!(issuer.asked().await, 1);
}

#[tokio::test]
async fn a04_many_sign_ins_at_once_after_a_rotation_fetch_once_and_all_succeed() {
    let world = World::of(Kind::Auth0).await;
    assert_eq!(world.scopes().await, "admin read write");
    let mut browsers: Vec<_> = (0..24).map(|_| world.service.browser()).collect();
    let mut waiting = Vec::new();
    for browser in &mut browsers {
        let back = world.callback(browser).await;
        waiting.push(async move { browser.get(&back).await });
    }
    pass(6).await;
    world.provider.now(|desk| {
        desk.keys = vec![NEXT.jwk()];
        desk.signer = &NEXT;
    });
    let answers = join_all(waiting).await;
    assert!(answers.iter().all(|answer| answer.landing().contains_key("code")));
    assert_eq!(world.provider.asked_for_keys().await, 2);
    world.log_keeps_secrets();

    let ((old, old_jwk), (new, new_jwk)) = (key(), key());
    let issuer = Issuer::with(set(&[&old_jwk])).await;
    issuer.look(&old).await.unwrap();
    pass(6).await;
    issuer.answers(set(&[&new_jwk]).set_delay(Duration::from_millis(100))).await;
    let outcomes = join_all((0..500).map(|_| issuer.look(&new))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(issuer.asked().await, 1);
}

#[tokio::test]
async fn a05_known_keys_serve_through_an_outage_and_no_longer_than_six_hours() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes());
        let slowly = Manner::Slowly(Duration::from_secs(10));
        for manner in [Manner::Status(503), Manner::Body(200, "<html>".to_owned()), slowly] {
            world.provider.now(|desk| desk.key_set = manner);
            world.service.wait(7190);
            // Whoever comes first may learn of the outage; nobody after waits for it.
            assert_eq!(world.scopes().await, kind.scopes(), "{kind:?}");
            let began = Instant::now();
            assert_eq!(world.scopes().await, kind.scopes(), "{kind:?}");
            assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
            assert_eq!(world.health(kind.id()).await, "stale");
            assert_eq!(world.health("spare").await, "ok");
        }
        let before = Before::of(&world.service);
        world.service.wait(60);
        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        let answer = browser.get(&back).await;
        before.stands(&world.service, &[]);
        assert_eq!(world.health(kind.id()).await, "down");
        world.another_can_be_chosen(&mut browser, &answer).await;
        world.provider.now(|desk| desk.key_set = Manner::Well);
        pass(70).await;
        assert_eq!(world.scopes().await, kind.scopes(), "after the outage");
        assert_eq!(world.health(kind.id()).await, "ok");
    }
}

#[tokio::test]
async fn a07_a_key_set_of_a_gigabyte_or_of_compressed_bytes_is_cut_off() {
    let gigabyte = b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n".to_vec();
    let padded = [gigabyte, vec![b' '; 128 * 1024]].concat();
    let bomb =
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\n\x1f12345678";
    let (kid, jwk) = key();
    for manner in [
        fault_server::Manner::Endless,
        fault_server::Manner::Raw(padded),
        fault_server::Manner::Raw(bomb.to_vec()),
    ] {
        let server = FaultServer::start(manner.clone()).await;
        let keys = JwksCache::new(fetcher(), clock(), &Algorithm::ALL);
        let began = Instant::now();
        let outcome = keys.keys_for(&server.url, Some(&kid)).await;
        assert!(matches!(outcome, Err(KeysFault::Unavailable { .. })));
        assert!(began.elapsed() < Duration::from_secs(3));
        server.is_left_alone().await;

        // What was good before serves on.
        let clock = clock();
        let keys = JwksCache::new(fetcher(), clock.clone(), &Algorithm::ALL);
        server.become_so(FaultServer::json(&json!({ "keys": [jwk] }).to_string()));
        keys.keys_for(&server.url, Some(&kid)).await.unwrap();
        server.become_so(manner);
        clock.advance(seconds(3601));
        keys.keys_for(&server.url, Some(&kid)).await.unwrap();
        server.is_left_alone().await;
    }
    let world = World::of(Kind::Oidc).await;
    let before = Before::of(&world.service);
    let huge = json!({ "keys": [CURRENT.jwk()], "padding": "x".repeat(70_000) }).to_string();
    world.provider.now(|desk| desk.key_set = Manner::Body(200, huge));
    world.was_shown(&world.walk().await, INTERRUPTED);
    before.stands(&world.service, &[]);
}

/// Keys that are too many, too large or too weak, by what they are.
fn unfit_keys() -> Vec<(&'static str, Value)> {
    let modulus = |bytes: usize| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.encode(vec![0xA5; bytes])
    };
    vec![
        ("512 bits", NEXT.jwk_with(&json!({ "n": modulus(64) }))),
        ("1024 bits", short_jwk(NEXT.kid())),
        ("2047 bits", NEXT.jwk_with(&json!({ "n": modulus(255) }))),
        ("16 384 bits", NEXT.jwk_with(&json!({ "n": modulus(2048) }))),
        ("32 KiB", NEXT.jwk_with(&json!({ "n": modulus(32 * 1024) }))),
        ("no modulus", NEXT.jwk_with(&json!({ "n": "" }))),
        ("e = 0", NEXT.jwk_with(&json!({ "e": "AA" }))),
        ("e = 1", NEXT.jwk_with(&json!({ "e": "AQ" }))),
        ("e = 3", NEXT.jwk_with(&json!({ "e": "Aw" }))),
        ("e even", NEXT.jwk_with(&json!({ "e": "AQAA" }))),
        ("e of 4096 bits", NEXT.jwk_with(&json!({ "e": modulus(512) }))),
    ]
}

#[tokio::test]
async fn a08_too_many_keys_are_refused_and_weak_or_huge_ones_left_out() {
    let (kid, jwk) = key();
    for (what, unfit) in unfit_keys() {
        let issuer = Issuer::with(set(&[&unfit, &jwk])).await;
        issuer.look(&kid).await.unwrap();
        assert_eq!(issuer.keys.keys_for(&issuer.uri, None).await.unwrap().len(), 1, "{what}");
    }
    let tiny = json!({ "kty": "x" });
    let at_most = [vec![&tiny; 63], vec![&jwk]].concat();
    Issuer::with(set(&at_most)).await.look(&kid).await.unwrap();
    for too_many in [65, 100, 100_000] {
        let issuer = Issuer::with(set(&[vec![&tiny; too_many - 1], vec![&jwk]].concat())).await;
        let outcome = issuer.look(&kid).await;
        assert!(matches!(outcome, Err(KeysFault::Unavailable { .. })), "{too_many}");
    }
    for changes in [json!({ "e": "AQ" }), json!({ "e": "Aw" })] {
        keys::refused(|| NEXT.jwk_with(&changes), &NEXT, keys::UNKNOWN).await;
    }
    keys::refused(|| short_jwk(NEXT.kid()), &NEXT, keys::UNKNOWN).await;
}

#[tokio::test]
async fn a10_a_redirect_of_keys_or_metadata_is_not_followed() {
    for kind in Kind::ALL {
        for status in [301, 302, 303, 307, 308] {
            let world = World::of(kind).await;
            let before = Before::of(&world.service);
            let elsewhere = format!("{}/elsewhere", world.provider.uri);
            world.provider.now(|desk| desk.key_set = Manner::Redirect(status, elsewhere));
            world.was_shown(&world.walk().await, INTERRUPTED);
            before.stands(&world.service, &[]);
            assert_eq!(world.provider.asked("/elsewhere").await, 0);
        }
    }
    for kind in [Kind::Oidc, Kind::Auth0] {
        let world = World::of(kind).await;
        let own = format!("{}/elsewhere", world.provider.uri);
        for elsewhere in ["http://169.254.169.254/latest/meta-data/".to_owned(), own] {
            let world = World::of(kind).await;
            world.provider.now(|desk| desk.discovery = Manner::Redirect(302, elsewhere));
            floods::is_passed_over(&world).await;
            assert_eq!(world.provider.asked("/elsewhere").await, 0);
        }
    }
}

#[tokio::test]
async fn a13_metadata_of_another_issuer_or_with_unsafe_endpoints_are_refused() {
    for kind in [Kind::Oidc, Kind::Auth0] {
        let count = if kind == Kind::Oidc { BAD_METADATA.len() } else { 3 };
        for (name, value) in &BAD_METADATA[..count] {
            let world = World::of(kind).await;
            world.provider.now(|desk| desk.metadata[*name] = json!(value));
            floods::is_passed_over(&world).await;
            assert!(world.service.log.text().contains(why(name)), "{name} {value}");
        }
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.metadata["token_endpoint"] = Value::Null);
        floods::is_passed_over(&world).await;
        // Those that turn bad later do not displace the good ones.
        for (name, value) in &BAD_METADATA[1..4] {
            let world = World::of(kind).await;
            assert_eq!(world.scopes().await, kind.scopes());
            world.provider.now(|desk| desk.metadata[*name] = json!(value));
            world.service.wait(2 * 3600);
            assert_eq!(world.scopes().await, kind.scopes(), "{kind:?} {name}");
            assert_eq!(world.provider.asked("/.well-known/openid-configuration").await, 2);
        }
    }
}

#[tokio::test]
async fn a13_an_algorithm_that_metadata_announce_is_not_taken_for_that() {
    for kind in [Kind::Oidc, Kind::Auth0] {
        for algorithm in ["none", "HS256"] {
            let world = World::of(kind).await;
            let before = Before::of(&world.service);
            world.provider.now(|desk| {
                let name = "id_token_signing_alg_values_supported";
                desk.metadata[name] = json!([algorithm]);
            });
            world.provider.now(|desk| {
                desk.defect = match algorithm {
                    "none" => |draft| {
                        draft.head("alg", "none");
                        draft.finish = |token| format!("{}.", token.rsplit_once('.').unwrap().0);
                    },
                    _ => |draft| {
                        draft.head("alg", "HS256");
                        draft.secret = Some(CURRENT.public_pem().into_bytes());
                    },
                };
            });
            let why = "the signature algorithm is not allowed";
            world.was_refused(&world.walk().await, UNTRUSTED, why);
            before.stands(&world.service, &[]);
            world.provider.now(|desk| desk.defect = |_| {});
            assert_eq!(world.scopes().await, kind.scopes());
        }
    }
}

/// What the headers say, and for how many seconds the set is then kept.
const LIFETIMES: [(&[(&str, &str)], u64); 9] = [
    (&[("cache-control", "max-age=0")], 60),
    (&[("cache-control", "no-store")], 60),
    (&[("cache-control", "max-age=1")], 300),
    (&[("cache-control", "max-age=999999999")], 3600),
    (&[("cache-control", "max-age=999999999999999999999999")], 3600),
    (&[("cache-control", "max-age=3600"), ("age", "1000000000000")], 300),
    (&[("cache-control", "max-age=-1"), ("age", "-1")], 600),
    (&[("cache-control", "max-age=1e9, =,,;\"")], 600),
    (&[("expires", "never"), ("date", "\u{e9}")], 60),
];

#[tokio::test]
async fn a14_whatever_the_cache_headers_say_a_set_is_kept_for_a_minute_to_an_hour() {
    let (kid, jwk) = key();
    for (headers, kept) in LIFETIMES {
        let answer = headers.iter().fold(set(&[&jwk]), |answer, (name, value)| {
            let value = http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
            answer.insert_header(*name, value)
        });
        let issuer = Issuer::with(answer).await;
        issuer.look(&kid).await.unwrap();
        issuer.clock.advance(seconds(kept * 7 / 10));
        issuer.look(&kid).await.unwrap();
        assert_eq!(issuer.asked().await, 1, "{headers:?}: not sooner");
        issuer.clock.advance(seconds(kept * 3 / 10 + 1));
        issuer.look(&kid).await.unwrap();
        assert_eq!(issuer.asked().await, 2, "{headers:?}: not later");
    }
}

#[tokio::test]
async fn a16_a_provider_that_is_down_at_the_start_stops_nothing_but_itself() {
    for kind in [Kind::Oidc, Kind::Auth0] {
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.discovery = Manner::Status(503));
        outage::is_passed_over(&world).await;
        world.provider.now(|desk| desk.discovery = Manner::Well);
        pass(70).await;
        assert_eq!(world.scopes().await, kind.scopes());
        assert_eq!(world.health(kind.id()).await, "ok");
    }
    let oidc = |file: &str| file.replace("${OIDC_ISSUER}", "http://127.0.0.1:1");
    outage::is_passed_over(&World::with(Kind::Oidc, oidc).await).await;
    let auth0 = |file: &str| file.replace("${AUTH0_DOMAIN}", "http://127.0.0.1:1");
    outage::is_passed_over(&World::with(Kind::Auth0, auth0).await).await;
}

#[tokio::test]
async fn a17_one_kid_at_two_providers_is_two_keys() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.keys = vec![CURRENT.jwk_with(&json!({ "kid": "k1" }))]);
        world.spare.now(|desk| {
            desk.keys = vec![NEXT.jwk_with(&json!({ "kid": "k1" }))];
            desk.defect = |draft| (draft.signer = &NEXT, draft.head("kid", "k1")).1;
        });
        let landing = world.walk_by_spare().await.landing();
        assert_eq!(world.scopes_of(&landing).await, "read");
        let before = Before::of(&world.service);
        world.provider.now(|desk| {
            desk.defect = |draft| (draft.signer = &NEXT, draft.head("kid", "k1")).1;
        });
        world.was_told(&world.walk().await, UNTRUSTED, "the signature is wrong");
        before.stands(&world.service, &[]);
        world.provider.now(|desk| desk.defect = |draft| draft.head("kid", "k1"));
        assert_eq!(world.scopes().await, kind.scopes());
    }
}
