//! Properties that hold for every input, tried on many.
#![cfg(feature = "server")]

#[path = "properties/policy.rs"]
mod policy;
#[path = "properties/scopes.rs"]
mod scopes;
#[path = "properties/seeds.rs"]
mod seeds;
#[path = "properties/tokens.rs"]
mod tokens;

use std::{sync::LazyLock, time::Duration};

use proptest::prelude::*;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use countersign::{
    ambient::Timestamp,
    jose::{
        access_token::verify_access_token,
        algorithm::Algorithm,
        assertion::verify_client_assertion,
        id_token::{IdTokenExpectations, precheck_id_token, verify_id_token},
        jws::Jws,
        keys::KeySet,
        seal::{Vault, open_under, seal_under},
        sign::SigningKey,
    },
    protocol::resource::Resource,
};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://auth.example";

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Algorithm::EdDsa).expect("a key").0);
static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let set = json!({ "keys": [KEY.public_jwk()] });
    KeySet::from_jwks_value(&set, &Algorithm::ALL).expect("a key set")
});
static ISSUERS: LazyLock<Vec<String>> = LazyLock::new(|| vec![ISSUER.to_owned()]);

static ID_TOKEN: LazyLock<String> = LazyLock::new(|| id_token(NOW, NOW + 300, &json!({})));
static ACCESS_TOKEN: LazyLock<String> = LazyLock::new(|| {
    let claims = json!({
        "iss": ISSUER, "sub": "usr_x", "aud": "https://mcp.example/mcp", "client_id": "c",
        "scope": "read", "jti": "t", "iat": NOW, "exp": NOW + 300, "auth_time": NOW,
        "idp": "dev", "grant_id": "AAAAAAAAAAAAAAAAAAAAAA",
    });
    KEY.sign(Some("at+jwt"), &claims).expect("a token")
});
static ASSERTION: LazyLock<String> = LazyLock::new(|| {
    let claims = json!({ "iss": "c", "sub": "c", "aud": ISSUER, "jti": "j", "exp": NOW + 60 });
    KEY.sign(None, &claims).expect("a token")
});

fn id_token(iat: i64, exp: i64, more: &Value) -> String {
    let mut claims =
        json!({ "iss": ISSUER, "aud": "c", "sub": "s", "nonce": "n", "iat": iat, "exp": exp });
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    KEY.sign(Some("JWT"), &claims).expect("a token")
}

fn expected() -> IdTokenExpectations<'static> {
    IdTokenExpectations {
        issuers: &ISSUERS,
        audience: "c",
        nonce: Some("n"),
        algorithms: &[Algorithm::EdDsa],
        access_token: None,
        code: None,
        max_age: None,
        leeway: Duration::from_mins(1),
        max_token_age: Duration::from_mins(10),
        max_lifetime: Duration::from_hours(24),
        allow_missing_kid: false,
        single_audience: false,
        since: None,
    }
}

fn accepts_id_token(raw: &str, now: i64) -> bool {
    verify_id_token(raw, &KEYS, &expected(), Timestamp::from_unix(now)).is_ok()
}

fn accepts_access_token(raw: &str) -> bool {
    let resource = Resource::new("https://mcp.example/mcp");
    let now = Timestamp::from_unix(NOW);
    verify_access_token(raw, &KEYS, ISSUER, &resource, now, Duration::from_mins(1)).is_ok()
}

fn accepts_assertion(raw: &str) -> bool {
    verify_client_assertion(raw, &KEYS, "c", ISSUER, Timestamp::from_unix(NOW)).is_ok()
}

/// `text` with the byte at a fraction of its length changed to another ASCII byte.
fn damaged(text: &str, at: prop::sample::Index, mask: u8) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    bytes[at] ^= mask;
    String::from_utf8(bytes).expect("ASCII")
}

fn vault() -> Vault {
    Vault::new(vec![Zeroizing::new([1; 32]), Zeroizing::new([2; 32])]).expect("two keys")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_token_with_any_byte_changed_is_refused(at: prop::sample::Index, mask in 1_u8..128) {
        prop_assert!(accepts_id_token(&ID_TOKEN, NOW));
        prop_assert!(!accepts_id_token(&damaged(&ID_TOKEN, at, mask), NOW));
        prop_assert!(accepts_access_token(&ACCESS_TOKEN));
        prop_assert!(!accepts_access_token(&damaged(&ACCESS_TOKEN, at, mask)));
        prop_assert!(accepts_assertion(&ASSERTION));
        prop_assert!(!accepts_assertion(&damaged(&ASSERTION, at, mask)));
    }

    #[test]
    fn a_token_cut_short_or_drawn_out_is_refused(at: prop::sample::Index, more in "[ -~]{1,9}") {
        let cut = &ID_TOKEN[..at.index(ID_TOKEN.len())];
        let (longer, later) = ([ID_TOKEN.as_str(), &more].concat(), [&more, ID_TOKEN.as_str()].concat());
        prop_assert!(!accepts_id_token(cut, NOW));
        prop_assert!(!accepts_id_token(&longer, NOW));
        prop_assert!(!accepts_id_token(&later, NOW));
    }

    #[test]
    fn acceptance_is_an_interval_in_time(
        iat in -900_i64..900,
        life in 1_i64..1200,
        nbf in -900_i64..900,
        auth_time in -900_i64..900,
        moments in prop::collection::vec(-2000_i64..3000, 32),
    ) {
        let (iat, nbf, auth_time) = (NOW + iat, NOW + nbf, NOW + auth_time);
        let exp = iat + life;
        let raw = id_token(iat, exp, &json!({ "nbf": nbf, "auth_time": auth_time }));
        let from = iat.max(nbf).max(auth_time) - 60;
        let to = (exp + 60).min(iat + 661); // exclusive
        let edges = [from - 1, from, to - 1, to];
        for now in moments.into_iter().map(|offset| NOW + offset).chain(edges) {
            prop_assert_eq!(accepts_id_token(&raw, now), (from..to).contains(&now), "{}", now);
        }
    }

    #[test]
    fn no_text_and_no_claims_make_the_verifier_panic(text in ".{0,200}", claims in json_value()) {
        let now = Timestamp::from_unix(NOW);
        let signed = KEY.sign(None, &claims).expect("a token");
        for raw in [&text, &signed, &format!("{text}.{text}.{text}")] {
            let _ = Jws::parse(raw, 10_000);
            let _ = precheck_id_token(raw, &expected(), now);
            prop_assert!(!accepts_id_token(raw, NOW));
            prop_assert!(!accepts_access_token(raw));
            prop_assert!(!accepts_assertion(raw));
        }
        let _ = KeySet::parse(text.as_bytes(), &Algorithm::ALL);
        let _ = KeySet::from_jwks_value(&json!({ "keys": [claims] }), &Algorithm::ALL);
    }

    #[test]
    fn what_is_sealed_opens_unless_a_byte_changed(
        plain in prop::collection::vec(any::<u8>(), 0..300),
        purpose in "[a-z]{1,9}",
        secret in "[!-~]{40}",
        nonce: [u8; 12],
        at: prop::sample::Index,
        mask in 1_u8..=255,
    ) {
        let damage = |sealed: &[u8]| {
            let mut sealed = sealed.to_vec();
            let at = at.index(sealed.len());
            sealed[at] ^= mask;
            sealed
        };
        let (other_purpose, other_secret) = (purpose.clone() + "x", secret.clone() + "x");
        let sealed = vault().seal(&purpose, &plain, nonce);
        prop_assert_eq!(vault().open(&purpose, &sealed), Some(plain.clone().into()));
        prop_assert!(vault().open(&purpose, &damage(&sealed)).is_none());
        prop_assert!(vault().open(&other_purpose, &sealed).is_none());
        let sealed = seal_under(&secret, &plain, nonce);
        prop_assert_eq!(open_under(&secret, &sealed), Some(plain.into()));
        prop_assert!(open_under(&secret, &damage(&sealed)).is_none());
        prop_assert!(open_under(&other_secret, &sealed).is_none());
    }
}

/// Objects with the names that matter and values of every kind.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,9}".prop_map(Value::from),
        Just(Value::from(ISSUER)),
        Just(Value::from("c")),
    ];
    let value = leaf
        .prop_recursive(3, 16, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::from));
    let name = prop::sample::select(vec![
        "iss",
        "aud",
        "sub",
        "exp",
        "iat",
        "nbf",
        "nonce",
        "azp",
        "auth_time",
        "jti",
        "kty",
        "n",
        "e",
        "crv",
        "x",
        "y",
        "kid",
        "use",
        "alg",
        "key_ops",
    ]);
    prop::collection::hash_map(name, value, 0..12).prop_map(|members| {
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    })
}
