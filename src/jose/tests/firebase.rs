//! What only Firebase asks of an ID token: tied to the sign-in by its times, one audience as a string,
//! and, of the emulator, nobody's signature.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    ambient::Timestamp,
    jose::{
        id_token::{
            IdTokenExpectations, UnsignedTokens, VerifiedIdToken, accept_unsigned_id_token,
            verify_id_token,
        },
        jws::unsigned_claims,
        refusal::{Refusal, claim},
        tests::forge::{
            AUDIENCE, NOW, PUBLISHED, claims, expected, headed, merged, signed, with, without,
        },
    },
    protocol::issuer::Issuer,
};

fn expects() -> IdTokenExpectations<'static> {
    let since = Some(Timestamp::from_unix(NOW.unix() - 30));
    IdTokenExpectations { nonce: None, single_audience: true, since, ..expected() }
}

fn good() -> Value {
    merged(claims(), &json!({ "nonce": null, "auth_time": NOW.unix() - 10 }))
}

fn changed(changes: &Value) -> Value {
    merged(good(), changes)
}

fn verify(claims: &Value) -> Result<VerifiedIdToken, Refusal> {
    verify_id_token(&signed(claims), &PUBLISHED, &expects(), NOW)
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}.", part(header), part(claims))
}

fn accept(raw: &str) -> Result<VerifiedIdToken, Refusal> {
    let leave =
        Issuer::parse("http://localhost:8000").ok().as_ref().map(UnsignedTokens::on_loopback);
    accept_unsigned_id_token(raw, &expects(), NOW, leave.flatten().unwrap())
}

fn none() -> Value {
    json!({ "alg": "none", "typ": "JWT" })
}

#[test]
fn a_token_of_this_sign_in_is_accepted_to_the_second() {
    let then = NOW.unix() - 30;
    for changes in
        [json!({}), json!({ "iat": then, "auth_time": then }), json!({ "auth_time": then })]
    {
        let token = verify(&changed(&changes)).unwrap();
        assert_eq!(token.auth_time().unwrap().unix(), changed(&changes)["auth_time"]);
    }
}

#[test]
fn f61_a_token_older_than_the_sign_in_is_refused() {
    let before = NOW.unix() - 31;
    let why = "is before the sign-in began";
    let rows = [
        (json!({ "iat": before, "auth_time": before }), claim("iat", why)),
        (json!({ "auth_time": before }), claim("auth_time", why)),
        (json!({ "auth_time": 0 }), claim("auth_time", why)),
        (json!({ "auth_time": null }), claim("auth_time", "is missing")),
        (json!({ "auth_time": NOW.unix() - 4 }), claim("auth_time", "is later than `iat`")),
        (json!({ "auth_time": NOW.unix() + 61 }), Refusal::NotYetValid),
    ];
    for (changes, refusal) in rows {
        assert_eq!(verify(&changed(&changes)).unwrap_err(), refusal, "{changes}");
    }
}

#[test]
fn f42_an_audience_in_a_list_is_refused_where_one_string_is_written() {
    let refusal = claim("aud", "is not one string");
    for aud in [json!([AUDIENCE]), json!([AUDIENCE, "x"]), json!([])] {
        assert_eq!(verify(&changed(&json!({ "aud": aud }))).unwrap_err(), refusal);
    }
    let other = verify(&changed(&json!({ "aud": "x" }))).unwrap_err();
    assert_eq!(other, claim("aud", "is another client"));
}

#[test]
fn a_nonce_that_nobody_sent_is_refused() {
    let refusal = claim("nonce", "is not the one we sent");
    assert_eq!(verify(&changed(&json!({ "nonce": "n" }))).unwrap_err(), refusal);
}

#[test]
fn an_unsigned_token_of_the_emulator_is_accepted_with_every_other_clause() {
    assert_eq!(accept(&unsigned(&none(), &good())).unwrap().subject(), "auth0|alice");
    let rows = [
        (with("iss", json!("https://x.example")), claim("iss", "is not the provider")),
        (with("aud", json!([AUDIENCE])), claim("aud", "is not one string")),
        (with("exp", json!(1)), Refusal::Expired),
        (without("nonce"), claim("auth_time", "is missing")),
        (claims(), claim("nonce", "is not the one we sent")),
        (changed(&json!({ "sub": "" })), claim("sub", "is not 1 to 255 printable characters")),
        (changed(&json!({ "events": {} })), claim("events", "belongs to no ID token")),
    ];
    for (claims, refusal) in rows {
        assert_eq!(accept(&unsigned(&none(), &claims)).unwrap_err(), refusal, "{claims}");
    }
}

#[test]
fn f01_f02_f03_only_a_token_that_says_it_is_unsigned_is_taken_for_one() {
    let headers = [
        json!({ "alg": "none" }),
        json!({ "alg": "nOnE", "typ": "JWT" }),
        json!({ "alg": "RS256", "typ": "JWT" }),
        json!({ "alg": "none", "typ": "jwt" }),
        json!({ "alg": "none", "typ": "JWT", "kid": "k" }),
        json!({ "alg": "none", "typ": "JWT", "crit": ["exp"] }),
        json!({ "alg": ["none"], "typ": "JWT" }),
    ];
    for header in headers {
        let raw = unsigned(&header, &good());
        assert_eq!(accept(&raw).unwrap_err(), Refusal::Algorithm, "{header}");
    }
    let segments = Refusal::Malformed("not three segments");
    assert_eq!(accept(&signed(&good())).unwrap_err(), segments);
    assert_eq!(accept(&headed(&none())).unwrap_err(), segments);
    assert_eq!(accept("").unwrap_err(), segments);
    assert_eq!(accept(".").unwrap_err(), segments);
    let long = changed(&json!({ "padding": "x".repeat(16 * 1024) }));
    assert_eq!(accept(&unsigned(&none(), &long)).unwrap_err(), Refusal::TooLong);
    let raw = unsigned(&none(), &good());
    assert!(unsigned_claims(&raw, raw.len()).is_ok());
    assert_eq!(unsigned_claims(&raw, raw.len() - 1), Err(Refusal::TooLong));
}

#[test]
fn nobody_gets_leave_to_believe_the_emulator_in_public() {
    for issuer in ["https://auth.example.com", "https://localhost.example"] {
        assert_eq!(UnsignedTokens::on_loopback(&Issuer::parse(issuer).unwrap()), None);
    }
    assert!(UnsignedTokens::on_loopback(&Issuer::parse("http://[::1]:8000").unwrap()).is_some());
}
