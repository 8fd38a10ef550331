//! Key sets: which keys are kept, and which sets are of no use.

use serde_json::{Value, json};

use crate::jose::{
    algorithm::Algorithm,
    keys::{KeySet, KeySetFault},
    tests::forge::{ATTACKER, CURVE, EDWARDS, NEXT, PROVIDER},
};

fn read(jwks: &[Value]) -> Result<KeySet, KeySetFault> {
    KeySet::from_jwks_value(&json!({ "keys": jwks }), &Algorithm::ALL)
}

#[test]
fn keys_of_each_kind_are_kept_with_their_ids() {
    let set = read(&[PROVIDER.jwk(), CURVE.jwk(), EDWARDS.jwk()]).unwrap();
    assert_eq!((set.len(), set.is_empty()), (3, false));
    assert!(set.has(CURVE.kid()) && !set.has("other") && !set.has(""));
    assert_eq!(format!("{set:?}"), format!("{:?}", set.kids().collect::<Vec<_>>()));
}

#[test]
fn a_set_that_is_not_json_not_a_set_too_large_or_of_no_use_is_a_fault() {
    let parse = |body: &str| KeySet::parse(body.as_bytes(), &Algorithm::ALL).map(|_| ());
    assert_eq!(parse("<html>"), Err(KeySetFault::NotJson));
    assert_eq!(parse(&"[".repeat(60_000)), Err(KeySetFault::NotJson));
    for body in ["[]", "{}", "{\"keys\":{}}", "{\"keys\":null}", "\"keys\""] {
        assert_eq!(parse(body), Err(KeySetFault::NotAKeySet), "{body}");
    }
    assert_eq!(parse("{\"keys\":[]}"), Err(KeySetFault::NoUsableKey));
    assert_eq!(read(&vec![json!({}); 65]).map(|_| ()), Err(KeySetFault::TooManyKeys));
    let many: Vec<_> = std::iter::repeat_n(json!({}), 63).chain([CURVE.jwk()]).collect();
    assert_eq!(read(&many).unwrap().len(), 1);
}

#[test]
fn only_keys_for_an_allowed_algorithm_are_kept() {
    let set = json!({ "keys": [PROVIDER.jwk(), CURVE.jwk()] });
    let kept = KeySet::from_jwks_value(&set, &[Algorithm::Es256]).unwrap();
    assert_eq!(kept.kids().collect::<Vec<_>>(), [CURVE.kid()]);
    let none = KeySet::from_jwks_value(&set, &[Algorithm::EdDsa, Algorithm::Ps256]);
    assert_eq!(none.map(|_| ()), Err(KeySetFault::NoUsableKey), "RS256 keys are for RS256");
}

#[test]
fn four_keys_of_one_id_are_kept_and_a_fifth_is_not() {
    let same = |key: Value| {
        let mut key = key;
        key["kid"] = json!("same");
        key
    };
    let keys = [PROVIDER.jwk(), NEXT.jwk(), ATTACKER.jwk(), CURVE.jwk(), EDWARDS.jwk()].map(same);
    assert_eq!(read(&keys).unwrap().len(), 4);
}

#[test]
fn a_key_of_wrong_form_is_left_out() {
    let curve = |members: Value| CURVE.jwk_with(&members);
    let x = CURVE.jwk()["x"].clone();
    let huge = "_".repeat(1368);
    for (row, jwk) in [
        ("not on the curve", curve(json!({ "y": x }))),
        ("short coordinate", curve(json!({ "x": "AAAA" }))),
        ("other curve", curve(json!({ "crv": "P-521" }))),
        ("secp256k1", curve(json!({ "crv": "secp256k1" }))),
        ("P-256 point as P-384", curve(json!({ "crv": "P-384" }))),
        ("no y", curve(json!({ "y": null }))),
        ("kty in lower case", curve(json!({ "kty": "ec" }))),
        ("private", curve(json!({ "d": "AAAA" }))),
        ("kid empty", curve(json!({ "kid": "" }))),
        ("kid too long", curve(json!({ "kid": "k".repeat(257) }))),
        ("symmetric", json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256" })),
        ("X25519", EDWARDS.jwk_with(&json!({ "crv": "X25519" }))),
        ("short Ed25519", EDWARDS.jwk_with(&json!({ "x": "AAAA" }))),
        ("2047-bit RSA", PROVIDER.jwk_with(&json!({ "n": format!("f{}w", "_".repeat(340)) }))),
        ("8208-bit RSA", PROVIDER.jwk_with(&json!({ "n": huge }))),
        ("RSA of zeros", PROVIDER.jwk_with(&json!({ "n": "A".repeat(342) }))),
        ("padded modulus", PROVIDER.jwk_with(&json!({ "n": "A=" }))),
        ("exponent 1", PROVIDER.jwk_with(&json!({ "e": "AQ" }))),
        ("huge exponent", PROVIDER.jwk_with(&json!({ "e": huge }))),
        ("no modulus", PROVIDER.jwk_with(&json!({ "n": null }))),
    ] {
        assert_eq!(read(&[jwk]).map(|_| ()), Err(KeySetFault::NoUsableKey), "{row}");
    }
}
