//! ID tokens refused for what they say, or do not say.

use std::time::Duration;

use serde_json::{Value, json};

use crate::jose::{
    id_token::{IdTokenExpectations, verify_id_token},
    refusal::{Refusal, claim},
    tests::forge::{
        AUDIENCE, ISSUER, NEXT, NONCE, NOW, PUBLISHED, assert_refused, claims, expected, merged,
        signed, with, without,
    },
};

type Row = (&'static str, String, Refusal);

/// A token with one claim changed, and why it is refused.
fn row(row: &'static str, name: &'static str, value: Value, why: &'static str) -> Row {
    (row, signed(&with(name, value)), claim(name, why))
}

fn missing(row: &'static str, name: &'static str) -> Row {
    (row, signed(&without(name)), claim(name, "is missing"))
}

fn at(offset: i64) -> Value {
    json!(NOW.unix() + offset)
}

#[test]
fn every_issuer_but_the_providers_own_spelling_is_refused() {
    let other = "is not the provider";
    let form = "is not a string";
    assert_refused([
        row("F35, A02 other tenant", "iss", json!("https://other.example/"), other),
        row("F36, A01 slash missing", "iss", json!("https://tenant.example"), other),
        row("one slash more", "iss", json!("https://tenant.example//"), other),
        row("upper-case host", "iss", json!("https://TENANT.example/"), other),
        missing("F37 missing", "iss"),
        row("F38 array", "iss", json!([ISSUER]), form),
        row("F40 null", "iss", Value::Null, form),
        row("number", "iss", json!(1), form),
        row("A03 custom domain", "iss", json!("https://login.tenant.example/"), other),
        row("G01 look-alike", "iss", json!("https://tenant.example.evil.example/"), other),
        row("G02 http", "iss", json!("http://tenant.example/"), other),
        row("prefix", "iss", json!("https://tenant.example/x"), other),
        row("port", "iss", json!("https://tenant.example:443/"), other),
        row("empty", "iss", json!(""), other),
        row("workload issuer", "iss", json!("https://token.actions.example"), other),
    ]);
}

#[test]
fn every_audience_but_ours_alone_or_vouched_for_by_azp_is_refused() {
    let other = "is another client";
    let list = "is not a list of strings";
    let form = "is neither a string nor a list";
    let two = |changes: Value| signed(&merged(with("aud", json!([AUDIENCE, "other"])), &changes));
    let alone = claim("azp", "is missing beside several audiences");
    assert_refused([
        row("A04, G06 other client", "aud", json!("client-2"), other),
        row("A05 an API", "aud", json!(["https://api.example", "https://x/userinfo"]), other),
        row("upper case", "aud", json!("CLIENT-1"), other),
        row("prefix", "aud", json!("client-10"), other),
        missing("F43 missing", "aud"),
        row("F44 null", "aud", Value::Null, form),
        row("F45 object", "aud", json!({ AUDIENCE: true }), form),
        row("number", "aud", json!(1), form),
        row("empty string", "aud", json!(""), other),
        row("empty list", "aud", json!([]), other),
        row("list with a number", "aud", json!([AUDIENCE, 1]), list),
        row("list in a list", "aud", json!([[AUDIENCE]]), list),
        ("A06 two audiences, no azp", two(json!({})), alone),
        ("A07 two audiences, azp other", two(json!({ "azp": "other" })), claim("azp", other)),
        row("A08, G07 azp other", "azp", json!("other"), other),
        row("azp empty", "azp", json!(""), other),
        row("azp array", "azp", json!([AUDIENCE]), "is not a string"),
        row("azp null", "azp", Value::Null, "is not a string"),
    ]);
}

#[test]
fn a_token_outside_its_time_is_refused() {
    let form = "is not a date";
    let life = "does not fit `iat`";
    assert_refused([
        ("F51 expired", signed(&with("exp", at(-60))), Refusal::Expired),
        missing("F52 exp missing", "exp"),
        row("F53 exp string", "exp", json!((NOW.unix() + 60).to_string()), form),
        row("exp null", "exp", Value::Null, form),
        row("F54 exp negative", "exp", json!(-1), form),
        row("exp of 64 bits", "exp", json!(u64::MAX), form),
        row("exp 1e300", "exp", json!(1e300), form),
        row("exp in milliseconds", "exp", json!((NOW.unix() + 60) * 1000), form),
        row("F55 ten years", "exp", at(315_360_000), life),
        row("24 hours and a second", "exp", at(86_396), life),
        ("F57 iat future", signed(&with("iat", at(61))), Refusal::NotYetValid),
        missing("F58 iat missing", "iat"),
        row("iat string", "iat", json!("1800000000"), form),
        row("A17 iat old, life long", "iat", at(-661), "is too long ago"),
        row("exp before iat", "exp", at(-6), life),
        row("exp at iat", "exp", at(-5), life),
        ("F62 nbf future", signed(&with("nbf", at(61))), Refusal::NotYetValid),
        row("nbf string", "nbf", json!("1800000000"), form),
        row("nbf null", "nbf", Value::Null, form),
        ("F59 auth_time future", signed(&with("auth_time", at(61))), Refusal::NotYetValid),
        row("auth_time string", "auth_time", json!("1800000000"), form),
    ]);
}

#[test]
fn with_a_max_age_the_sign_in_must_be_known_and_recent() {
    let expect = IdTokenExpectations { max_age: Some(Duration::from_mins(5)), ..expected() };
    let verify =
        |claims: &Value| verify_id_token(&signed(claims), &PUBLISHED, &expect, NOW).map(|_| ());
    assert_eq!(verify(&claims()), Err(claim("auth_time", "is missing")), "A14");
    let old = Err(claim("auth_time", "is too long ago"));
    assert_eq!(verify(&with("auth_time", at(-361))), old, "A15, F61");
    assert_eq!(verify(&with("auth_time", json!(0))), old, "never");
    assert_eq!(verify(&with("auth_time", at(-360))), Ok(()));
}

#[test]
fn a_subject_that_is_not_1_to_255_printable_characters_is_refused() {
    let form = "is not 1 to 255 printable characters";
    assert_refused([
        missing("F46 missing", "sub"),
        row("F47 empty", "sub", json!(""), form),
        row("256 bytes", "sub", json!("s".repeat(256)), form),
        row("256 bytes in fewer characters", "sub", json!("é".repeat(128)), form),
        row("F49 number", "sub", json!(1), "is not a string"),
        row("null", "sub", Value::Null, "is not a string"),
        row("array", "sub", json!(["auth0|alice"]), "is not a string"),
        row("line break", "sub", json!("alice\r\nroot"), form),
        row("tab", "sub", json!("a\tb"), form),
        row("delete", "sub", json!("a\u{7f}"), form),
        row("C1 control", "sub", json!("a\u{85}"), form),
        ("NUL", signed(&with("sub", json!("a\0b"))), Refusal::Malformed("payload")),
    ]);
}

#[test]
fn a_token_of_another_sign_in_is_refused() {
    let other = "is not the one we sent";
    assert_refused([
        missing("A09 nonce missing", "nonce"),
        row("A10 other nonce", "nonce", json!("other"), other),
        row("nonce empty", "nonce", json!(""), other),
        row("A19 nonce array", "nonce", json!([NONCE]), "is not a string"),
        row("nonce null", "nonce", Value::Null, "is not a string"),
        row("at_hash number", "at_hash", json!(1), "is not a string"),
        row("c_hash number", "c_hash", json!(1), "is not a string"),
    ]);
    let unasked = IdTokenExpectations { nonce: None, ..expected() };
    let got = verify_id_token(&signed(&claims()), &PUBLISHED, &unasked, NOW).map(|_| ());
    assert_eq!(got, Err(claim("nonce", other)), "a nonce that nobody sent");
}

#[test]
fn an_access_token_that_the_id_token_does_not_vouch_for_is_refused() {
    let expect = IdTokenExpectations {
        access_token: Some("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
        ..expected()
    };
    let verify = |hash: Value| {
        let raw = signed(&with("at_hash", hash));
        verify_id_token(&raw, &PUBLISHED, &expect, NOW).map(|_| ())
    };
    let other = Err(claim("at_hash", "is that of another access token"));
    assert_eq!(verify(json!("77QmUPtjPfzWtF2AnpK9RQ")), Ok(()), "OIDC Core appendix A.3");
    assert_eq!(verify(json!("77QmUPtjPfzWtF2AnpK9RQ=")), other);
    assert_eq!(verify(json!("77QmUPtjPfzWtF2AnpK9RA")), other);
    assert_eq!(verify(json!("")), other);
}

#[test]
fn a_token_of_another_kind_is_refused_by_its_claims_too() {
    let use_ = "is not that of an ID token";
    let event = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    assert_refused([
        row("A16 logout token", "events", event, "belongs to no ID token"),
        row("Cognito access token", "token_use", json!("access"), use_),
        row("token_use array", "token_use", json!(["id"]), use_),
        row("Keycloak access token", "typ", json!("Bearer"), use_),
        row("Keycloak refresh token", "typ", json!("Refresh"), use_),
    ]);
}

#[test]
fn our_own_access_token_is_no_id_token() {
    let own = merged(
        claims(),
        &json!({
            "nonce": null, "scope": "read", "client_id": AUDIENCE, "jti": "t", "grant_id": "g",
        }),
    );
    let typ = json!({ "typ": "at+jwt" });
    assert_refused([
        ("by its type", NEXT.token(&typ, &own), Refusal::Type),
        ("by its nonce", NEXT.token(&json!({}), &own), claim("nonce", "is missing")),
    ]);
}

#[test]
fn a_token_beside_another_code_is_refused() {
    let code = Some("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk");
    let verify = |hash: &str| {
        let raw = signed(&with("c_hash", json!(hash)));
        let expect = IdTokenExpectations { code, ..expected() };
        verify_id_token(&raw, &PUBLISHED, &expect, NOW).map(|_| ())
    };
    assert_eq!(verify("LDktKdoQak3Pk0cnXxCltA"), Ok(()), "the example of OIDC Core, appendix A.4");
    assert_eq!(verify("77QmUPtjPfzWtF2AnpK9RQ"), Err(claim("c_hash", "is that of another code")));
}
