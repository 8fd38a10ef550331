//! ID tokens that must be accepted, and what is read before a key is at hand.

use std::time::Duration;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    ambient::Timestamp,
    jose::{
        algorithm::Algorithm,
        id_token::{IdTokenExpectations, precheck_id_token, verify_id_token},
        jws::{Jws, VerifyPolicy},
        keys::KeySet,
        refusal::{Refusal, claim},
        tests::forge::{
            AUDIENCE, CURVE, EDWARDS, ISSUER, NEXT, NOW, PROVIDER, PUBLISHED, TestKey, claims,
            compact, expected, headed, keys, merged, signed, verify, with, without,
        },
    },
};

fn at(offset: i64) -> Value {
    json!(NOW.unix() + offset)
}

#[test]
fn good_tokens_are_accepted() {
    let long = "s".repeat(255);
    for (row, raw) in [
        ("F00, A00, G00", signed(&claims())),
        ("F00b the next key", NEXT.token(&json!({}), &claims())),
        ("A00b one audience in a list", signed(&with("aud", json!([AUDIENCE])))),
        ("azp is us", signed(&with("azp", json!(AUDIENCE)))),
        (
            "two audiences and azp",
            signed(&merged(claims(), &json!({ "aud": ["x", AUDIENCE], "azp": AUDIENCE }))),
        ),
        ("no typ", headed(&json!({ "typ": null }))),
        ("typ in lower case", headed(&json!({ "typ": "jwt" }))),
        ("typ in full", headed(&json!({ "typ": "application/jwt" }))),
        ("a thumbprint beside kid", headed(&json!({ "x5t": "abc", "unknown": { "a": 1 } }))),
        ("10 hours of life", signed(&with("exp", at(35_995)))),
        ("24 hours of life", signed(&with("exp", at(86_395)))),
        ("expired within the leeway", signed(&with("exp", at(-4)))),
        ("iat ahead within the leeway", signed(&with("iat", at(60)))),
        ("iat 10 minutes old", signed(&with("iat", at(-660)))),
        ("nbf ahead within the leeway", signed(&with("nbf", at(60)))),
        ("auth_time with a fraction", signed(&with("auth_time", json!(1_799_999_990.5)))),
        ("auth_time 0 without max_age", signed(&with("auth_time", json!(0)))),
        ("a subject of 255 bytes", signed(&with("sub", json!(long)))),
        ("at_hash, no access token at hand", signed(&with("at_hash", json!("x")))),
        ("Cognito ID token", signed(&with("token_use", json!("id")))),
        ("Keycloak ID token", signed(&with("typ", json!("ID")))),
    ] {
        assert_eq!(verify(&raw).map(|_| ()), Ok(()), "{row}");
        assert!(precheck_id_token(&raw, &expected(), NOW).unwrap().is_some(), "{row}");
    }
}

#[test]
fn each_pinned_algorithm_is_accepted_with_its_own_hash_of_the_access_token() {
    for alg in Algorithm::ALL {
        let key: &TestKey = match alg {
            Algorithm::Es384 => continue, // the next test
            Algorithm::Es256 => &CURVE,
            Algorithm::EdDsa => &EDWARDS,
            _ => &PROVIDER,
        };
        let hash = match alg.name() {
            "RS256" | "PS256" | "ES256" => "77QmUPtjPfzWtF2AnpK9RQ",
            "RS384" | "PS384" => "jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs",
            _ => "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM",
        };
        let set = keys(&[key.jwk_with(&json!({ "alg": null }))]);
        let raw = key.token(&json!({ "alg": alg.name() }), &with("at_hash", json!(hash)));
        let pinned = [alg];
        let access_token = Some("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
        let expect = IdTokenExpectations { algorithms: &pinned, access_token, ..expected() };
        assert_eq!(verify_id_token(&raw, &set, &expect, NOW).map(|_| ()), Ok(()), "{alg}");
    }
}

#[test]
fn es384_is_accepted_when_pinned() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(48);
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({ "kty": "EC", "crv": "P-384", "x": text(x), "y": text(y), "kid": "p" });
    let header = json!({ "alg": "ES384", "kid": "p" }).to_string();
    let claims = with("at_hash", json!("jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs")).to_string();
    let raw = compact(header.as_bytes(), claims.as_bytes(), |message| {
        pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    });
    let access_token = Some("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
    let pinned = [Algorithm::Es384];
    let expect = IdTokenExpectations { algorithms: &pinned, access_token, ..expected() };
    assert_eq!(verify_id_token(&raw, &keys(&[jwk]), &expect, NOW).map(|_| ()), Ok(()));
}

#[test]
fn a_key_set_of_mixed_quality_still_serves() {
    let token = signed(&claims());
    let bare = PROVIDER.jwk_with(&json!({ "alg": null, "use": null }));
    let post_quantum = json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": "pq", "pub": "AAAA" });
    let set = keys(&[post_quantum, json!(null), json!({ "kty": 1 }), bare]);
    assert_eq!(set.kids().collect::<Vec<_>>(), [PROVIDER.kid()]);
    assert!(verify_id_token(&token, &set, &expected(), NOW).is_ok());
    let same_id = NEXT.jwk_with(&json!({ "kid": PROVIDER.kid() }));
    let twins = keys(&[same_id, PROVIDER.jwk()]);
    assert!(verify_id_token(&token, &twins, &expected(), NOW).is_ok());
}

#[test]
fn two_spellings_of_an_issuer_are_accepted_when_both_are_configured() {
    let issuers = [ISSUER.to_owned(), "tenant.example".to_owned()];
    let expect = IdTokenExpectations { issuers: &issuers, ..expected() };
    let bare = signed(&with("iss", json!("tenant.example")));
    let token = verify_id_token(&bare, &PUBLISHED, &expect, NOW).unwrap();
    assert_eq!(token.issuer(), "tenant.example", "G00b");
}

#[test]
fn a_token_without_nonce_is_accepted_where_none_was_sent() {
    let expect = IdTokenExpectations { nonce: None, ..expected() };
    assert!(verify_id_token(&signed(&without("nonce")), &PUBLISHED, &expect, NOW).is_ok());
}

#[test]
fn a_verified_token_tells_what_it_says_and_prints_nothing() {
    let raw = signed(&merged(claims(), &json!({ "sid": "s1", "auth_time": NOW.unix() - 9 })));
    let token = verify(&raw).unwrap();
    assert_eq!((token.issuer(), token.subject()), (ISSUER, "auth0|alice"));
    assert_eq!(token.issued_at(), NOW.minus(Duration::from_secs(5)));
    assert_eq!(token.auth_time(), Some(NOW.minus(Duration::from_secs(9))));
    assert_eq!(token.session_id(), Some("s1"));
    assert_eq!(token.claims()["email"], "alice@example.com");
    assert_eq!(token.raw(), raw);
    assert_eq!(format!("{token:?}"), "VerifiedIdToken([redacted])");
}

#[test]
fn a_token_that_is_not_verified_tells_its_issuer_and_key_and_prints_nothing() {
    let raw = signed(&claims());
    let jws = Jws::parse(&raw, raw.len()).unwrap();
    assert_eq!(jws.unverified_issuer(), Some(ISSUER));
    assert_eq!(jws.unverified_kid(), Some(PROVIDER.kid()));
    assert_eq!(format!("{jws:?}"), "Jws([redacted])");
    let policy = VerifyPolicy {
        algorithms: &[Algorithm::Rs256],
        types: &[Some("JWT")],
        allow_missing_kid: false,
    };
    let payload = jws.verify(&PUBLISHED, &policy).unwrap();
    assert_eq!(format!("{payload:?}"), "VerifiedPayload([redacted])");
    let nobody = signed(&without("iss"));
    assert_eq!(Jws::parse(&nobody, nobody.len()).unwrap().unverified_issuer(), None);
}

#[test]
fn sixteen_kib_of_an_id_token_are_read_and_not_a_byte_beyond_the_bound() {
    assert!(verify(&signed(&with("x", json!("x".repeat(11_000))))).is_ok());
    let longer = verify(&signed(&with("x", json!("x".repeat(12_000)))));
    assert_eq!(longer.unwrap_err(), Refusal::TooLong);
    let raw = signed(&claims());
    assert!(Jws::parse(&raw, raw.len()).is_ok());
    assert_eq!(Jws::parse(&raw, raw.len() - 1).unwrap_err(), Refusal::TooLong);
}

#[test]
fn the_cheap_checks_need_no_key_and_refuse_what_no_key_could_save() {
    let expect = expected();
    let check = |raw: &str, now: Timestamp| precheck_id_token(raw, &expect, now);
    let raw = signed(&claims());
    assert_eq!(check(&raw, NOW), Ok(Some(PROVIDER.kid().to_owned())));
    assert_eq!(check(&raw, NOW.plus(Duration::from_hours(2))), Err(Refusal::Expired));
    let other = signed(&with("iss", json!("https://evil.example")));
    assert_eq!(check(&other, NOW), Err(claim("iss", "is not the provider")));
    let other = signed(&with("aud", json!("client-2")));
    assert_eq!(check(&other, NOW), Err(claim("aud", "is another client")));
    assert_eq!(check(&headed(&json!({ "kid": null })), NOW), Err(Refusal::NoKeyId));
    assert_eq!(check(&headed(&json!({ "alg": "PS256" })), NOW), Err(Refusal::Algorithm));
    assert_eq!(check(&headed(&json!({ "typ": "at+jwt" })), NOW), Err(Refusal::Type));
    assert_eq!(check("a.b", NOW), Err(Refusal::Malformed("not three segments")));
}

#[test]
fn no_refusal_repeats_a_byte_of_the_token() {
    let raw = signed(&with("iss", json!("https://evil.example")));
    let refusal = verify(&raw).unwrap_err();
    assert_eq!(refusal.to_string(), "claim `iss` is not the provider");
    assert_eq!(refusal.code(), "claim");
    assert!(KeySet::parse(b"{}", &Algorithm::ALL).is_err());
}
