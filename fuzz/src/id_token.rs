//! The way from a provider's ID token to a principal. A first line names the provider (`oidc`, `auth0` or
//! `firebase`) and how to go on: `raw`, then a token; or `signed`, then a line of header, then claims, which
//! are signed as they stand, so that the clauses behind the signature are reached.

use std::{collections::BTreeMap, sync::LazyLock};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::{
    config::{Lookup, fuzzing::provider},
    jose::{
        algorithm::Algorithm,
        id_token::{IdTokenExpectations, VerifiedIdToken, precheck_id_token, verify_id_token},
        keys::KeySet,
    },
    protocol::{issuer::Issuer, scope::Scopes},
    provider::{
        Adapter, Binding, adapter,
        policy::{Decision, Principal, decide},
    },
};
use serde_json::{Value, json};

static KEY: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed"));
static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let x = URL_SAFE_NO_PAD.encode(KEY.public_key());
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "k1", "x": x });
    KeySet::from_jwks_value(&json!({ "keys": [key] }), &Algorithm::ALL).expect("a key set")
});
static PROVIDERS: LazyLock<BTreeMap<&str, std::sync::Arc<dyn Adapter>>> = LazyLock::new(|| {
    let public_url = Issuer::parse("https://auth.example").expect("an issuer");
    let read = |(name, text): (_, &str)| {
        let text = format!("{text}{GRANTS}");
        let settings = provider(&text, &Lookup::default(), &public_url);
        (name, adapter(settings.unwrap_or_else(|faults| panic!("{name}: {faults:?}"))))
    };
    [("oidc", OIDC), ("auth0", AUTH0), ("firebase", FIREBASE)].into_iter().map(read).collect()
});

/// Nobody enters but by a token that our provider's key signed, for us, for now, and for this sign-in.
pub fn run(data: &[u8]) -> bool {
    let Some((first, rest)) = super::text(data).and_then(|text| text.split_once('\n')) else {
        return false;
    };
    let Some((name, way)) = first.split_once(' ') else { return false };
    let Some(adapter) = PROVIDERS.get(name) else { return false };
    let raw = match (way, rest.split_once('\n')) {
        ("raw", _) => rest.to_owned(),
        ("signed", Some((header, claims))) => signed(header, claims),
        _ => return false,
    };
    let binding = Binding { nonce: "n-1", access_token: Some("at-1"), began: super::NOW };
    let expect =
        IdTokenExpectations { algorithms: &[Algorithm::EdDsa], ..adapter.expectations(binding) };
    let early = precheck_id_token(&raw, &expect, super::NOW);
    let Ok(token) = verify_id_token(&raw, &KEYS, &expect, super::NOW) else { return false };
    assert!(early.is_ok_and(|kid| kid.as_deref() == Some("k1")), "the early look is no stricter");
    let claims = is_theirs(&raw);
    is_for_us(&claims, &expect, &token);
    let Ok(identity) = adapter.identity(&token) else { return false };
    let key = identity.key();
    assert!(key.provider == adapter.settings().id && !key.subject.is_empty());
    assert!(identity.verified_email().is_none() || claims["email_verified"] == Value::Bool(true));
    match decide(adapter.settings(), identity) {
        Decision::NotAdmitted(_) => false,
        Decision::Admitted(principal) => {
            has_what_rules_give(&principal, &claims, name);
            true
        }
    }
}

fn signed(header: &str, claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signing_input = format!("{}.{}", part(header), part(claims));
    let signature = KEY.sign(signing_input.as_bytes());
    format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// Ed25519 makes one signature of one text: a token with another one is not the provider's. Returns the
/// claims as any JSON reader would have them.
fn is_theirs(raw: &str) -> Value {
    let parts: Vec<&str> = raw.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("three parts") };
    let ours = KEY.sign(format!("{header}.{claims}").as_bytes());
    assert_eq!(URL_SAFE_NO_PAD.encode(ours.as_ref()), signature);
    let read = |part: &str| -> Value {
        let json = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice(&json).expect("JSON")
    };
    assert_eq!(read(header)["alg"], "EdDSA");
    read(claims)
}

fn is_for_us(claims: &Value, expect: &IdTokenExpectations<'_>, token: &VerifiedIdToken) {
    let (now, leeway) = (super::NOW.unix(), 60.0);
    #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
    let date = |name: &str| claims[name].as_f64().map(|date| date - now as f64);
    assert!(expect.issuers.iter().any(|issuer| claims["iss"] == issuer.as_str()));
    let listed = |list: &Vec<Value>| list.iter().any(|one| one == expect.audience);
    assert!(claims["aud"] == expect.audience || claims["aud"].as_array().is_some_and(listed));
    assert!(claims["azp"].is_null() || claims["azp"] == expect.audience);
    assert_eq!(claims["nonce"].as_str(), expect.nonce);
    assert_eq!(claims["sub"], token.subject());
    assert!(date("exp").is_some_and(|exp| exp > -leeway), "expired");
    assert!(date("iat").is_some_and(|iat| (-661.0..leeway + 1.0).contains(&iat)), "issued");
    assert!(date("nbf").is_none_or(|nbf| nbf < leeway + 1.0), "not yet");
}

fn has_what_rules_give(principal: &Principal, claims: &Value, provider: &str) {
    let scopes = |text| Scopes::parse(text).expect("scopes");
    let listed = claims["https://example.com/groups"]
        .as_array()
        .is_some_and(|all| all.iter().any(|one| one == "admins"));
    let most = if listed { "read write admin" } else { "read" };
    assert_eq!(*principal.scopes(), scopes(most));
    assert_eq!(claims["email_verified"], true, "no rule says who enters: a verified address does");
    if provider == "firebase" {
        assert_eq!(claims["firebase"]["sign_in_provider"], "google.com");
        assert!(claims["firebase"]["tenant"].is_null());
    }
}

const OIDC: &str = r#"
kind   = "oidc"
issuer = "https://id.example.com"
client = { id = "us", secret = "hush-hush" }
"#;
const AUTH0: &str = r#"
kind   = "auth0"
domain = "tenant.eu.auth0.com"
client = { id = "us", secret = "hush-hush" }
"#;
const FIREBASE: &str = r#"
kind        = "firebase"
project     = "project-1"
api_key     = "AIzaFuzz"
auth_domain = "project-1.firebaseapp.com"
mode        = "sdk"
"#;
const GRANTS: &str = r#"
[[grant]]
scopes = ["read"]

[[grant]]
when   = { claim = "https://example.com/groups", has = "admins" }
scopes = ["write", "admin"]
"#;
