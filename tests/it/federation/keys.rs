//! Keys of providers and attackers, made once per run, that sign in every way a token can claim.

use std::sync::LazyLock;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RsaEncoding, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::jose::{algorithm::Algorithm, sign::SigningKey};
use serde_json::Value;

use super::token::merged;

/// A key pair with its PKCS#8 form, so that it can sign in ways that [`SigningKey`] does not offer.
pub(crate) struct TestKey {
    signing: SigningKey,
    der: Vec<u8>,
}

/// The key that providers sign with.
pub(crate) static CURRENT: LazyLock<TestKey> = LazyLock::new(|| TestKey::new(Algorithm::Rs256));
/// The key that they rotate to.
pub(crate) static NEXT: LazyLock<TestKey> = LazyLock::new(|| TestKey::new(Algorithm::Rs256));
/// A key that nobody publishes, or only another provider.
pub(crate) static ATTACKER: LazyLock<TestKey> = LazyLock::new(|| TestKey::new(Algorithm::Rs256));
/// A key of another kind, published beside the current one.
pub(crate) static CURVE: LazyLock<TestKey> = LazyLock::new(|| TestKey::new(Algorithm::Es256));

impl TestKey {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let (signing, der) = SigningKey::generate(algorithm).unwrap();
        Self { signing, der: der.to_vec() }
    }

    pub(crate) fn kid(&self) -> &str {
        self.signing.kid().as_str()
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        self.signing.algorithm().name()
    }

    /// The public half, as a provider publishes it.
    pub(crate) fn jwk(&self) -> Value {
        self.signing.public_jwk()
    }

    /// The public half with some members set, or removed by null.
    pub(crate) fn jwk_with(&self, changes: &Value) -> Value {
        merged(self.jwk(), changes)
    }

    /// The modulus, DER and PEM of the public key: what a confused verifier may take for a MAC secret.
    pub(crate) fn public_pem(&self) -> String {
        use base64::engine::general_purpose::STANDARD;
        let text = STANDARD.encode(self.public_der());
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    /// The private key as PEM (RFC 7468), as Google hands it to a service account.
    pub(crate) fn private_pem(&self) -> String {
        use base64::engine::general_purpose::STANDARD;
        format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(&self.der)
        )
    }

    /// `SubjectPublicKeyInfo`.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        use aws_lc_rs::{
            encoding::{AsDer as _, PublicKeyX509Der},
            signature::KeyPair as _,
        };
        let pair = RsaKeyPair::from_pkcs8(&self.der).unwrap();
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        der.as_ref().to_vec()
    }

    /// Signs as `alg` says; a name that this key cannot sign with gets RS256.
    pub(crate) fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        match alg {
            "ES256" => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.der)
                .unwrap()
                .sign(&SystemRandom::new(), message)
                .map(|made| made.as_ref().to_vec())
                .unwrap(),
            "RS384" => self.rsa(&signature::RSA_PKCS1_SHA384, message),
            "RS512" => self.rsa(&signature::RSA_PKCS1_SHA512, message),
            "PS256" => self.rsa(&signature::RSA_PSS_SHA256, message),
            _ => self.rsa(&signature::RSA_PKCS1_SHA256, message),
        }
    }

    fn rsa(&self, padding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let pair = RsaKeyPair::from_pkcs8(&self.der).unwrap();
        let mut made = vec![0; pair.public_modulus_len()];
        pair.sign(padding, &SystemRandom::new(), message, &mut made).unwrap();
        made
    }
}

/// HS256 under any bytes.
pub(crate) fn mac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::sign(&key, message).as_ref().to_vec()
}

/// A public RSA key of 1024 bits: nobody needs the private half to see that it is refused.
pub(crate) fn short_jwk(kid: &str) -> Value {
    let mut modulus = [0xA5_u8; 128];
    modulus[127] |= 1;
    let n = URL_SAFE_NO_PAD.encode(modulus);
    serde_json::json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": "AQAB" })
}
