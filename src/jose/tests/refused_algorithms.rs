//! ID tokens refused for their algorithm, their key or their header.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::jose::{
    id_token::verify_id_token,
    refusal::Refusal,
    tests::forge::{
        ATTACKER, CURVE, NEXT, NOW, PROVIDER, PUBLISHED, assert_refused, claims, compact, expected,
        headed, keys, signed,
    },
};

fn under(kid: &str, alg: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let header = json!({ "alg": alg, "kid": kid, "typ": "JWT" }).to_string();
    compact(header.as_bytes(), claims().to_string().as_bytes(), sign)
}

fn hmac_of(key: &[u8], message: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, message).as_ref().to_vec()
}

/// The provider's public key in the encodings that confused verifiers once fed to HMAC.
fn public_der() -> Vec<u8> {
    let modulus = PROVIDER.jwk()["n"].as_str().unwrap().to_owned();
    let n = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(modulus).unwrap();
    let start = [0x30, 0x82, 0x01, 0x0A, 0x02, 0x82, 0x01, 0x01, 0x00];
    [&start[..], &n, &[0x02, 0x03, 0x01, 0x00, 0x01]].concat()
}

#[test]
fn no_signature_and_symmetric_signatures_are_refused() {
    let kid = PROVIDER.kid();
    let der = public_der();
    let pem = format!(
        "-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n",
        STANDARD.encode(&der)
    );
    let jwk = PROVIDER.jwk().to_string();
    let hs256 = |key: &[u8]| under(kid, "HS256", |message| hmac_of(key, message));
    let unsigned = |alg: &str| under(kid, alg, |_| Vec::new());
    assert_refused([
        ("F01 none without kid", headless("none"), Refusal::Algorithm),
        ("F02 none", unsigned("none"), Refusal::Algorithm),
        ("F03 nOnE", unsigned("nOnE"), Refusal::Algorithm),
        ("None", unsigned("None"), Refusal::Algorithm),
        ("none but signed", under(kid, "none", rs256), Refusal::Algorithm),
        ("empty alg", under(kid, "", rs256), Refusal::Algorithm),
        ("F04 HS256 with the public PEM", hs256(pem.as_bytes()), Refusal::Algorithm),
        ("HS256 with the PEM trimmed", hs256(pem.trim().as_bytes()), Refusal::Algorithm),
        ("F05 HS256 with the public DER", hs256(&der), Refusal::Algorithm),
        ("HS256 with the JWK", hs256(jwk.as_bytes()), Refusal::Algorithm),
        ("A11 HS256 with the client secret", hs256(b"client secret"), Refusal::Algorithm),
    ]);
}

fn headless(alg: &str) -> String {
    let header = json!({ "alg": alg, "typ": "JWT" }).to_string();
    compact(header.as_bytes(), claims().to_string().as_bytes(), |_| Vec::new())
}

fn rs256(message: &[u8]) -> Vec<u8> {
    PROVIDER.sign("RS256", message)
}

#[test]
fn an_algorithm_that_is_not_pinned_is_refused_though_the_key_could() {
    let rsa = |alg: &'static str| under(PROVIDER.kid(), alg, |m| PROVIDER.sign(alg, m));
    let curve = under(CURVE.kid(), "ES256", |message| CURVE.sign("ES256", message));
    assert_refused([
        ("F06 RS384", rsa("RS384"), Refusal::Algorithm),
        ("RS512", rsa("RS512"), Refusal::Algorithm),
        ("F07, A18 PS256", rsa("PS256"), Refusal::Algorithm),
        ("F08 ES256 by a published key", curve, Refusal::Algorithm),
        ("lower case", under(PROVIDER.kid(), "rs256", rs256), Refusal::Algorithm),
        ("RS256 under a curve's id", under(CURVE.kid(), "RS256", rs256), Refusal::Algorithm),
        (
            "PS256 signature called RS256",
            under(PROVIDER.kid(), "RS256", |message| PROVIDER.sign("PS256", message)),
            Refusal::BadSignature,
        ),
    ]);
}

#[test]
fn a_key_of_another_or_none_is_refused() {
    let attack = |message: &[u8]| ATTACKER.sign("RS256", message);
    let kid = |kid: Value| headed(&json!({ "kid": kid }));
    assert_refused([
        ("F09 attacker's key", under(PROVIDER.kid(), "RS256", attack), Refusal::BadSignature),
        ("another published id", under(NEXT.kid(), "RS256", rs256), Refusal::BadSignature),
        ("F10 unknown kid", under("other", "RS256", rs256), Refusal::UnknownKey),
        ("F11 no kid", kid(Value::Null), Refusal::NoKeyId),
        ("empty kid", kid(json!("")), Refusal::Malformed("kid")),
        ("F12 kid number", kid(json!(1)), Refusal::Malformed("kid")),
        ("kid array", kid(json!([PROVIDER.kid()])), Refusal::Malformed("kid")),
        ("F13 kid 10 kB", kid(json!("k".repeat(10_000))), Refusal::Malformed("kid")),
        ("kid 257 bytes", kid(json!("k".repeat(257))), Refusal::Malformed("kid")),
        ("F14 kid path", kid(json!("../../etc/passwd")), Refusal::UnknownKey),
        ("kid of SQL", kid(json!("' OR 1=1 --")), Refusal::UnknownKey),
        ("kid not ASCII", kid(json!("ключ")), Refusal::Malformed("kid")),
        ("kid with a newline", kid(json!("a\nb")), Refusal::Malformed("kid")),
    ]);
}

/// A token of the attacker's key under an id that is known, or not, which brings the key along.
fn bringing(member: &str, value: &Value, kid: &str) -> String {
    ATTACKER.token(&json!({ member: value, "kid": kid }), &claims())
}

#[test]
fn a_key_that_the_token_brings_along_is_never_used() {
    let url = "https://evil.example/keys";
    let known = PROVIDER.kid();
    let own = ATTACKER.kid();
    assert_refused([
        ("F15 jku", bringing("jku", &json!(url), known), Refusal::BadSignature),
        ("jku, own id", bringing("jku", &json!(url), own), Refusal::UnknownKey),
        ("F16 jwk", bringing("jwk", &ATTACKER.jwk(), known), Refusal::BadSignature),
        ("jwk, own id", bringing("jwk", &ATTACKER.jwk(), own), Refusal::UnknownKey),
        ("x5u", bringing("x5u", &json!(url), known), Refusal::BadSignature),
        ("x5c", bringing("x5c", &json!(["MIIB"]), known), Refusal::BadSignature),
    ]);
}

#[test]
fn extensions_and_tokens_of_another_type_are_refused() {
    assert_refused([
        ("F17 crit", headed(&json!({ "crit": ["http://x"], "http://x": 1 })), Refusal::Critical),
        ("crit of exp", headed(&json!({ "crit": ["exp"], "exp": 1 })), Refusal::Critical),
        ("crit empty", headed(&json!({ "crit": [] })), Refusal::Critical),
        ("F18 b64 false", headed(&json!({ "b64": false, "crit": ["b64"] })), Refusal::Critical),
        ("b64 without crit", headed(&json!({ "b64": false })), Refusal::Critical),
        ("b64 true", headed(&json!({ "b64": true })), Refusal::Critical),
        ("zip", headed(&json!({ "zip": "DEF" })), Refusal::Critical),
        ("enc", headed(&json!({ "enc": "A256GCM" })), Refusal::Critical),
        ("F20 at+jwt", headed(&json!({ "typ": "at+jwt" })), Refusal::Type),
        ("at+jwt in full", headed(&json!({ "typ": "application/at+jwt" })), Refusal::Type),
        ("F21, A16 logout+jwt", headed(&json!({ "typ": "logout+jwt" })), Refusal::Type),
        ("dpop+jwt", headed(&json!({ "typ": "dpop+jwt" })), Refusal::Type),
        ("assertion", headed(&json!({ "typ": "client-authentication+jwt" })), Refusal::Type),
        ("typ empty", headed(&json!({ "typ": "" })), Refusal::Type),
        ("typ after no media type", headed(&json!({ "typ": "application+JWT" })), Refusal::Type),
        ("typ of another tree", headed(&json!({ "typ": "secevent/v1/JWT" })), Refusal::Type),
    ]);
}

#[test]
fn a_key_that_was_withdrawn_or_is_not_for_signatures_is_unknown() {
    let token = signed(&claims());
    let refusal = |jwk: Value| {
        let set = keys(&[jwk, NEXT.jwk()]);
        verify_id_token(&token, &set, &expected(), NOW).map(|_| ()).unwrap_err()
    };
    assert_eq!(refusal(CURVE.jwk()), Refusal::UnknownKey, "withdrawn");
    for (row, members) in [
        ("F19 use", json!({ "use": "enc" })),
        ("alg", json!({ "alg": "RSA-OAEP" })),
        ("HMAC alg", json!({ "alg": "HS256" })),
        ("key_ops", json!({ "key_ops": ["encrypt"] })),
        ("sign only", json!({ "key_ops": ["sign"] })),
        ("private", json!({ "d": "AQAB" })),
        ("RSA-1024", json!({ "n": format!("{}g", "u".repeat(170)) })),
        ("exponent 3", json!({ "e": "Aw" })),
        ("kid number", json!({ "kid": 1 })),
    ] {
        assert_eq!(refusal(PROVIDER.jwk_with(&members)), Refusal::UnknownKey, "{row}");
    }
    let only_pss = PROVIDER.jwk_with(&json!({ "alg": "PS256" }));
    assert_eq!(refusal(only_pss), Refusal::Algorithm, "the key's own algorithm is another");
}

#[test]
fn without_a_kid_nothing_is_tried_unless_exactly_one_key_fits() {
    let token = headed(&json!({ "kid": null }));
    let lenient =
        crate::jose::id_token::IdTokenExpectations { allow_missing_kid: true, ..expected() };
    let two = verify_id_token(&token, &PUBLISHED, &lenient, NOW);
    assert_eq!(two.map(|_| ()), Err(Refusal::NoKeyId));
    let other = verify_id_token(&token, &keys(&[NEXT.jwk()]), &lenient, NOW);
    assert_eq!(other.map(|_| ()), Err(Refusal::BadSignature));
    let one = keys(&[PROVIDER.jwk(), CURVE.jwk()]);
    assert!(verify_id_token(&token, &one, &lenient, NOW).is_ok());
}
