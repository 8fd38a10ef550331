//! Tokens that we sign, read back by ourselves.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    ambient::Timestamp,
    jose::{
        access_token::verify_access_token,
        algorithm::Algorithm,
        jws::{Jws, VerifyPolicy},
        keys::KeySet,
        refusal::{Refusal, claim},
        sign::SigningKey,
    },
    protocol::{access::AccessClaims, resource::Resource},
};

const ISSUER: &str = "https://auth.example";
const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "usr_x", "aud": "https://mcp.example/mcp", "client_id": "c",
        "scope": "read write", "jti": "t", "iat": NOW.unix(), "exp": NOW.unix() + 3600,
        "auth_time": NOW.unix(), "idp": "dev", "grant_id": "AAAAAAAAAAAAAAAAAAAAAA",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut all = claims();
    all[name] = value;
    all
}

fn set_of(key: &SigningKey) -> KeySet {
    KeySet::from_jwks_value(&json!({ "keys": [key.public_jwk()] }), &Algorithm::ALL).unwrap()
}

fn check(key: &SigningKey, typ: Option<&str>, claims: &Value) -> Result<AccessClaims, Refusal> {
    let raw = key.sign(typ, claims).unwrap();
    let resource = Resource::new("https://mcp.example/mcp");
    verify_access_token(&raw, &set_of(key), ISSUER, &resource, NOW, Duration::from_mins(1))
}

#[test]
fn a_token_signed_with_es256_or_eddsa_is_accepted_also_from_the_stored_key() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let (key, der) = SigningKey::generate(algorithm).unwrap();
        let again = SigningKey::from_pkcs8(algorithm, &der).unwrap();
        assert_eq!(again.kid(), key.kid());
        let claims = check(&again, Some("at+jwt"), &claims()).unwrap();
        assert_eq!(claims.scope.to_string(), "read write");
        check(&key, Some("application/AT+JWT"), &json!(claims)).unwrap();
    }
}

#[test]
fn an_rs256_token_is_no_access_token_of_ours() {
    let (key, _) = SigningKey::generate(Algorithm::Rs256).unwrap();
    assert_eq!(check(&key, Some("at+jwt"), &claims()), Err(Refusal::Algorithm));
}

#[test]
fn a_token_of_another_type_issuer_server_or_time_is_refused() {
    let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    assert_eq!(check(&key, None, &claims()), Err(Refusal::Type));
    assert_eq!(check(&key, Some("JWT"), &claims()), Err(Refusal::Type));
    let at = |claims: Value| check(&key, Some("at+jwt"), &claims);
    for issuer in ["https://auth.example/", "https://AUTH.example", "https://evil.example"] {
        assert_eq!(at(with("iss", json!(issuer))), Err(claim("iss", "is not ours")));
    }
    for aud in ["https://mcp.example/mcp/", "https://mcp.example/other", ""] {
        assert_eq!(at(with("aud", json!(aud))), Err(claim("aud", "is another server")));
    }
    let array = with("aud", json!(["https://mcp.example/mcp"]));
    assert_eq!(at(array), Err(Refusal::Malformed("claims")));
    assert_eq!(at(with("exp", json!(NOW.unix() - 60))), Err(Refusal::Expired));
    assert_eq!(at(with("iat", json!(NOW.unix() + 61))), Err(Refusal::NotYetValid));
    assert!(at(with("exp", json!(NOW.unix() - 59))).is_ok());
    assert!(at(with("iat", json!(NOW.unix() + 60))).is_ok());
}

#[test]
fn eight_kib_of_a_token_are_read_and_no_more() {
    let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let of = |padding: usize| check(&key, Some("at+jwt"), &with("x", json!("x".repeat(padding))));
    assert!(of(5_400).is_ok());
    assert_eq!(of(6_100).unwrap_err(), Refusal::TooLong);
}

#[test]
fn a_token_that_lacks_a_claim_is_refused() {
    let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    for name in ["iss", "sub", "aud", "client_id", "scope", "jti", "iat", "exp", "grant_id"] {
        let mut all = claims();
        all.as_object_mut().unwrap().remove(name);
        assert_eq!(check(&key, Some("at+jwt"), &all), Err(Refusal::Malformed("claims")), "{name}");
    }
}

#[test]
fn a_key_prints_its_id_only_and_signs_with_no_other_algorithm() {
    let (key, der) = SigningKey::generate(Algorithm::EdDsa).unwrap();
    assert_eq!(format!("{key:?}"), format!("SigningKey(EdDSA, {}, [redacted])", key.kid()));
    assert!(SigningKey::generate(Algorithm::Ps256).is_err());
    assert!(SigningKey::from_pkcs8(Algorithm::Es256, &der).is_err());
    assert!(SigningKey::from_pkcs8(Algorithm::EdDsa, &der[1..]).is_err());
}

#[test]
fn the_thumbprint_is_that_of_the_rfc() {
    // RFC 8037 appendix A.3.
    let jwk =
        json!({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let thumbprint = crate::jose::sign::thumbprint(&jwk).unwrap();
    assert_eq!(thumbprint, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn a_statement_without_a_key_id_is_signed_all_the_same() {
    let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let raw = key.sign_unnamed(&claims()).unwrap();
    let jws = Jws::parse(&raw, raw.len()).unwrap();
    assert_eq!(jws.unverified_kid(), None);
    let policy = VerifyPolicy {
        algorithms: &[Algorithm::Es256],
        types: &[Some("JWT")],
        allow_missing_kid: true,
    };
    assert_eq!(jws.verify(&set_of(&key), &policy).unwrap().value()["sub"], "usr_x");
}
