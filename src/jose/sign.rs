//! Signing: our access tokens (RFC 9068) and the development identity provider's ID tokens.
//!
//! Owns the private keys, prepared once and never parsed again. The one exception to this floor's
//! purity stands here: making a key, and an ECDSA signature, draw randomness inside the crypto library.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeySize, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{jose::algorithm::Algorithm, protocol::id::KeyId};

pub use crate::jose::jwk::thumbprint;

/// A private key that signs tokens. Cheap to clone; prints only its id.
#[derive(Clone)]
pub struct SigningKey(Arc<Prepared>);

struct Prepared {
    kid: KeyId,
    algorithm: Algorithm,
    pair: Pair,
    public: Value,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// Why a key cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// We sign with ES256, EdDSA and (for development) RS256 only.
    #[error("tokens are signed with ES256, EdDSA or RS256 only")]
    Algorithm,
    /// Not a PKCS#8 key of the algorithm.
    #[error("the key is not a PKCS#8 private key of its algorithm")]
    NotAKey,
    /// The crypto library could not make a key or a signature.
    #[error("the key could not be made or used")]
    Crypto,
    /// The claims are not JSON.
    #[error("the claims cannot be written as JSON")]
    Claims,
}

impl SigningKey {
    /// A new key of `algorithm` (ES256, EdDSA or RS256), and its PKCS#8 form to seal and store.
    ///
    /// # Errors
    /// [`KeyFault::Algorithm`] for another algorithm, [`KeyFault::Crypto`] when the library fails.
    pub fn generate(algorithm: Algorithm) -> Result<(Self, Zeroizing<Vec<u8>>), KeyFault> {
        let dice = SystemRandom::new();
        let der = match algorithm {
            Algorithm::Es256 => {
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &dice)
                    .map(|document| document.as_ref().to_vec())
            }
            Algorithm::EdDsa => {
                Ed25519KeyPair::generate_pkcs8v1(&dice).map(|document| document.as_ref().to_vec())
            }
            Algorithm::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048).and_then(|pair| {
                let der: Pkcs8V1Der<'_> = pair.as_der()?;
                Ok(der.as_ref().to_vec())
            }),
            _ => return Err(KeyFault::Algorithm),
        };
        let der = Zeroizing::new(der.map_err(|_| KeyFault::Crypto)?);
        Ok((Self::from_pkcs8(algorithm, &der)?, der))
    }

    /// A key read back from its PKCS#8 form.
    ///
    /// # Errors
    /// [`KeyFault::Algorithm`], or [`KeyFault::NotAKey`] when `der` is no key of `algorithm`.
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyFault> {
        let pair = Pair::from_pkcs8(algorithm, der)?;
        let mut public = pair.public_members();
        let kid = KeyId::new(thumbprint(&public).ok_or(KeyFault::NotAKey)?);
        if let Some(members) = public.as_object_mut() {
            members.insert("alg".to_owned(), algorithm.name().into());
            members.insert("use".to_owned(), "sig".into());
            members.insert("kid".to_owned(), kid.as_str().into());
        }
        Ok(Self(Arc::new(Prepared { kid, algorithm, pair, public })))
    }

    /// The key's id: its thumbprint (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &KeyId {
        &self.0.kid
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// The public half, as it is published (RFC 7517 §4).
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        self.0.public.clone()
    }

    /// A compact JWS over `claims`, with `typ` in its header if given (RFC 7515 §3.1).
    ///
    /// # Errors
    /// [`KeyFault::Claims`] when `claims` have no JSON form, [`KeyFault::Crypto`] when the library fails.
    pub fn sign<T: Serialize>(&self, typ: Option<&str>, claims: &T) -> Result<String, KeyFault> {
        self.compact(&Header { alg: self.0.algorithm, typ, kid: Some(self.0.kid.as_str()) }, claims)
    }

    /// The same without a `kid`, for a party that knows this key by a name of its own.
    ///
    /// # Errors
    /// As [`Self::sign`].
    pub fn sign_unnamed<T: Serialize>(&self, claims: &T) -> Result<String, KeyFault> {
        self.compact(&Header { alg: self.0.algorithm, typ: Some("JWT"), kid: None }, claims)
    }

    fn compact<T: Serialize>(&self, header: &Header<'_>, claims: &T) -> Result<String, KeyFault> {
        let json = |it: Result<Vec<u8>, serde_json::Error>| it.map_err(|_| KeyFault::Claims);
        let mut token = URL_SAFE_NO_PAD.encode(json(serde_json::to_vec(header))?);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(json(serde_json::to_vec(claims))?, &mut token);
        let signature = self.0.pair.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {}, [redacted])", self.0.algorithm, self.0.kid)
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: Algorithm,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

impl Pair {
    fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyFault> {
        let pair = match algorithm {
            Algorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Self::Ecdsa)
            }
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(der).map(Self::Ed25519),
            Algorithm::Rs256 => RsaKeyPair::from_pkcs8(der).map(Self::Rsa),
            _ => return Err(KeyFault::Algorithm),
        };
        pair.map_err(|_| KeyFault::NotAKey)
    }

    /// `kty` and the key itself: what the thumbprint covers.
    fn public_members(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Ecdsa(pair) => {
                // An uncompressed point: 0x04, then two coordinates of 32 bytes (SEC 1 §2.3.3).
                let (x, y) = pair.public_key().as_ref().split_at(1).1.split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) })
            }
            Self::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) })
            }
            Self::Rsa(pair) => {
                let parts = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "n": text(&parts.n), "e": text(&parts.e) })
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        let dice = SystemRandom::new();
        match self {
            Self::Ecdsa(pair) => pair
                .sign(&dice, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| KeyFault::Crypto),
            Self::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &dice, message, &mut signature)
                    .map(|()| signature)
                    .map_err(|_| KeyFault::Crypto)
            }
        }
    }
}
