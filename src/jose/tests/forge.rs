//! Makes tokens, good and bad, with real keys: a provider's, its next one, and an attacker's.

use std::{sync::LazyLock, time::Duration};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaEncoding,
        RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    ambient::Timestamp,
    jose::{
        algorithm::Algorithm,
        id_token::{IdTokenExpectations, VerifiedIdToken, verify_id_token},
        keys::KeySet,
        refusal::Refusal,
        sign::SigningKey,
    },
};

pub(super) const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
pub(super) const AUDIENCE: &str = "client-1";
pub(super) const NONCE: &str = "n-0S6_WzA2Mj";
pub(super) const ISSUER: &str = "https://tenant.example/";

/// A key pair with its PKCS#8 form, so that tests can sign in ways [`SigningKey`] does not offer.
pub(super) struct TestKey {
    pub(super) signing: SigningKey,
    der: Vec<u8>,
}

impl TestKey {
    fn new(algorithm: Algorithm) -> Self {
        let (signing, der) = SigningKey::generate(algorithm).unwrap();
        Self { signing, der: der.to_vec() }
    }

    pub(super) fn kid(&self) -> &str {
        self.signing.kid().as_str()
    }

    pub(super) fn jwk(&self) -> Value {
        self.signing.public_jwk()
    }

    /// The public key with some members set, or removed by null.
    pub(super) fn jwk_with(&self, members: &Value) -> Value {
        merged(self.jwk(), members)
    }

    /// Signs as `alg` says; a name that this key cannot sign with gets RS256.
    pub(super) fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let dice = SystemRandom::new();
        match alg {
            "ES256" => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.der)
                .unwrap()
                .sign(&dice, message)
                .map(|made| made.as_ref().to_vec())
                .unwrap(),
            "EdDSA" => {
                Ed25519KeyPair::from_pkcs8(&self.der).unwrap().sign(message).as_ref().to_vec()
            }
            "RS384" => self.rsa(&signature::RSA_PKCS1_SHA384, message),
            "RS512" => self.rsa(&signature::RSA_PKCS1_SHA512, message),
            "PS256" => self.rsa(&signature::RSA_PSS_SHA256, message),
            "PS384" => self.rsa(&signature::RSA_PSS_SHA384, message),
            "PS512" => self.rsa(&signature::RSA_PSS_SHA512, message),
            _ => self.rsa(&signature::RSA_PKCS1_SHA256, message),
        }
    }

    fn rsa(&self, padding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let pair = RsaKeyPair::from_pkcs8(&self.der).unwrap();
        let mut made = vec![0; pair.public_modulus_len()];
        pair.sign(padding, &SystemRandom::new(), message, &mut made).unwrap();
        made
    }

    /// A token of this key. Its header names the key's own algorithm and id and the type `JWT`, but
    /// for the `changes` (null removes a member).
    pub(super) fn token(&self, changes: &Value, claims: &Value) -> String {
        let alg = self.signing.algorithm().name();
        let header = merged(json!({ "alg": alg, "typ": "JWT", "kid": self.kid() }), changes);
        let alg = header["alg"].as_str().unwrap_or_default().to_owned();
        let (header, claims) = (header.to_string(), claims.to_string());
        compact(header.as_bytes(), claims.as_bytes(), |message| self.sign(&alg, message))
    }
}

pub(super) static PROVIDER: LazyLock<TestKey> = LazyLock::new(|| TestKey::new(Algorithm::Rs256));
pub(super) static NEXT: LazyLock<TestKey> = LazyLock::new(|| TestKey::new(Algorithm::Rs256));
pub(super) static ATTACKER: LazyLock<TestKey> = LazyLock::new(|| TestKey::new(Algorithm::Rs256));
pub(super) static CURVE: LazyLock<TestKey> = LazyLock::new(|| TestKey::new(Algorithm::Es256));
pub(super) static EDWARDS: LazyLock<TestKey> = LazyLock::new(|| TestKey::new(Algorithm::EdDsa));

/// What the provider publishes: current and next key, and one of another kind.
pub(super) static PUBLISHED: LazyLock<KeySet> =
    LazyLock::new(|| keys(&[PROVIDER.jwk(), NEXT.jwk(), CURVE.jwk()]));

pub(super) fn keys(jwks: &[Value]) -> KeySet {
    KeySet::from_jwks_value(&json!({ "keys": jwks }), &Algorithm::ALL).unwrap()
}

pub(super) fn compact(
    header: &[u8],
    payload: &[u8],
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The claims of a good token.
pub(super) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "auth0|alice", "nonce": NONCE,
        "iat": NOW.unix() - 5, "exp": NOW.unix() + 3600, "email": "alice@example.com",
    })
}

pub(super) fn with(name: &str, value: Value) -> Value {
    let mut all = claims();
    all[name] = value;
    all
}

pub(super) fn without(name: &str) -> Value {
    merged(claims(), &json!({ name: null }))
}

/// `base` with the members of `changes`; null removes one.
pub(super) fn merged(mut base: Value, changes: &Value) -> Value {
    let members = base.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    base
}

/// A token of the provider's key with a good header.
pub(super) fn signed(claims: &Value) -> String {
    PROVIDER.token(&json!({}), claims)
}

/// A token of the provider's key over a payload that need not be sound JSON.
pub(super) fn signed_raw(payload: &[u8]) -> String {
    let header = json!({ "alg": "RS256", "kid": PROVIDER.kid() }).to_string();
    compact(header.as_bytes(), payload, |message| PROVIDER.sign("RS256", message))
}

/// A token of the provider's key whose header has these members too, or lacks those that are null.
pub(super) fn headed(changes: &Value) -> String {
    PROVIDER.token(changes, &claims())
}

static ISSUERS: LazyLock<Vec<String>> = LazyLock::new(|| vec![ISSUER.to_owned()]);

pub(super) fn expected() -> IdTokenExpectations<'static> {
    IdTokenExpectations {
        issuers: &ISSUERS,
        audience: AUDIENCE,
        nonce: Some(NONCE),
        algorithms: &[Algorithm::Rs256],
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

pub(super) fn verify(raw: &str) -> Result<VerifiedIdToken, Refusal> {
    verify_id_token(raw, &PUBLISHED, &expected(), NOW)
}

/// Asserts each named token's refusal, and names every row that fails.
pub(super) fn assert_refused(rows: impl IntoIterator<Item = (&'static str, String, Refusal)>) {
    verify(&signed(&claims())).expect("the token without a defect is accepted");
    let wrong: Vec<_> = rows
        .into_iter()
        .map(|(row, raw, refusal)| (row, verify(&raw).map(|_| ()).err(), refusal))
        .filter(|(_, got, refusal)| *got != Some(*refusal))
        .collect();
    assert!(wrong.is_empty(), "row, got, wanted: {wrong:#?}");
}
