//! Client assertions, accepted and refused.

use serde_json::{Value, json};

use crate::jose::{
    assertion::{ClientAssertion, precheck_client_assertion, verify_client_assertion},
    refusal::{Refusal, claim},
    tests::forge::{ATTACKER, CURVE, NOW, TestKey, keys, merged},
};

const CLIENT: &str = "https://client.example/metadata.json";
const OURS: &str = "https://auth.example";

fn claims() -> Value {
    json!({ "iss": CLIENT, "sub": CLIENT, "aud": OURS, "jti": "one", "exp": NOW.unix() + 60 })
}

fn with(name: &str, value: Value) -> Value {
    let mut all = claims();
    all[name] = value;
    all
}

fn check(header: &Value, claims: &Value, key: &TestKey) -> Result<ClientAssertion, Refusal> {
    let raw = key.token(header, claims);
    let prechecked = precheck_client_assertion(&raw, CLIENT, OURS, NOW);
    let verified = verify_client_assertion(&raw, &keys(&[CURVE.jwk()]), CLIENT, OURS, NOW);
    match (&prechecked, &verified) {
        (Err(early), Err(late)) => assert_eq!(early, late),
        (Err(early), Ok(_)) => panic!("{early}"),
        (Ok(_), _) => {}
    }
    verified
}

fn verify(claims: &Value) -> Result<ClientAssertion, Refusal> {
    check(&json!({}), claims, &CURVE)
}

#[test]
fn an_assertion_of_the_client_for_us_is_accepted() {
    let good = verify(&claims()).unwrap();
    assert_eq!((good.jti.as_str(), good.exp.unix()), ("one", NOW.unix() + 60));
    for header in [
        json!({ "typ": null }),
        json!({ "typ": "client-authentication+jwt" }),
        json!({ "kid": null }),
    ] {
        assert!(check(&header, &claims(), &CURVE).is_ok(), "{header}");
    }
    assert!(verify(&with("exp", json!(NOW.unix() + 360))).is_ok());
    assert!(verify(&with("iat", json!(NOW.unix() - 10))).is_ok());
    assert!(verify(&with("x", json!("x".repeat(5_400)))).is_ok());
    assert!(verify(&with("jti", json!("j".repeat(255)))).is_ok());
}

#[test]
fn an_assertion_of_or_for_another_is_refused() {
    let other = "is another client";
    let audience = claim("aud", "is not our issuer");
    for (row, claims, refusal) in [
        ("iss", with("iss", json!("other")), claim("iss", other)),
        ("sub", with("sub", json!("other")), claim("sub", other)),
        ("I6 another server's token endpoint", with("aud", json!("https://b/token")), audience),
        ("our token endpoint", with("aud", json!("https://auth.example/token")), audience),
        ("a slash more", with("aud", json!("https://auth.example/")), audience),
        ("a list of us", with("aud", json!([OURS])), claim("aud", "is not a string")),
        (
            "a list of two servers",
            with("aud", json!([OURS, "https://b"])),
            claim("aud", "is not a string"),
        ),
    ] {
        assert_eq!(verify(&claims), Err(refusal), "{row}");
    }
}

#[test]
fn an_assertion_without_id_or_end_or_outside_its_time_is_refused() {
    for name in ["iss", "sub", "aud", "jti", "exp"] {
        let lacking = merged(claims(), &json!({ name: null }));
        let refusal = verify(&lacking).unwrap_err();
        assert!(matches!(refusal, Refusal::Claim { name: n, why: "is missing" } if n == name));
    }
    let soon = |offset: i64| json!(NOW.unix() + offset);
    let jti = claim("jti", "is not 1 to 255 bytes");
    for (row, claims, refusal) in [
        ("expired", with("exp", soon(-60)), Refusal::Expired),
        ("for an hour", with("exp", soon(3600)), claim("exp", "is too far ahead")),
        ("a second too far", with("exp", soon(361)), claim("exp", "is too far ahead")),
        ("not begun", with("nbf", soon(61)), Refusal::NotYetValid),
        ("issued ahead", with("iat", soon(61)), Refusal::NotYetValid),
        ("jti empty", with("jti", json!("")), jti),
        ("jti long", with("jti", json!("j".repeat(256))), jti),
        ("jti number", with("jti", json!(1)), claim("jti", "is not a string")),
    ] {
        assert_eq!(verify(&claims), Err(refusal), "{row}");
    }
}

#[test]
fn an_assertion_of_another_key_type_or_size_is_refused() {
    let none = check(&json!({ "alg": "none" }), &claims(), &ATTACKER);
    assert_eq!(none, Err(Refusal::Algorithm));
    let unknown = check(&json!({}), &claims(), &ATTACKER);
    assert_eq!(unknown, Err(Refusal::UnknownKey));
    let confused = check(&json!({ "kid": CURVE.kid() }), &claims(), &ATTACKER);
    assert_eq!(confused, Err(Refusal::Algorithm));
    let id_token = check(&json!({ "typ": "at+jwt" }), &claims(), &CURVE);
    assert_eq!(id_token, Err(Refusal::Type));
    assert_eq!(verify(&with("x", json!("x".repeat(9000)))), Err(Refusal::TooLong));
}

#[test]
fn a_flaw_that_needs_no_key_is_found_without_one() {
    let precheck = |header: &Value, claims: &Value| {
        let raw = ATTACKER.token(header, claims);
        precheck_client_assertion(&raw, CLIENT, OURS, NOW)
    };
    let kid = Some(ATTACKER.kid().to_owned());
    assert_eq!(precheck(&json!({}), &claims()), Ok(kid), "its signature is another matter");
    assert_eq!(precheck(&json!({ "kid": null }), &claims()), Ok(None));
    for header in [json!({ "alg": "none" }), json!({ "typ": "at+jwt" })] {
        assert!(precheck(&header, &claims()).is_err(), "{header}");
    }
    for (name, value) in [
        ("iss", json!("other")),
        ("sub", json!("other")),
        ("aud", json!("https://b")),
        ("exp", json!(NOW.unix() - 61)),
        ("exp", json!(NOW.unix() + 3600)),
        ("jti", json!("")),
    ] {
        assert!(precheck(&json!({}), &with(name, value)).is_err(), "{name}");
    }
}
