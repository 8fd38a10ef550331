//! Sets of public keys (JWK Set, RFC 7517 §5), read key by key: one that we cannot use is left out
//! and never spoils the others.

use std::{fmt, sync::Arc};

use jsonwebtoken::DecodingKey;
use serde_json::Value;

use crate::jose::{
    algorithm::{Algorithm, Family},
    jwk::Jwk,
};

/// Public keys for verification. Cheap to clone.
#[derive(Clone)]
pub struct KeySet(Arc<[PublicKey]>);

/// One usable key.
pub(super) struct PublicKey {
    pub(super) kid: Option<String>,
    pub(super) family: Family,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) key: DecodingKey,
}

/// Why a key set is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetFault {
    /// Not JSON.
    #[error("the key set is not JSON")]
    NotJson,
    /// JSON without the array `keys` (RFC 7517 §5.1).
    #[error("the key set has no array `keys`")]
    NotAKeySet,
    /// More keys than [`KeySet::MAX_KEYS`].
    #[error("the key set has more than {} keys", KeySet::MAX_KEYS)]
    TooManyKeys,
    /// No key for any allowed algorithm.
    #[error("the key set has no key for the allowed algorithms")]
    NoUsableKey,
}

impl KeySet {
    /// The most keys read.
    pub const MAX_KEYS: usize = 64;

    /// Reads a JWK Set and keeps the keys that can verify one of `allowed`.
    ///
    /// # Errors
    /// [`KeySetFault`] when nothing in `body` can be used, or too much stands in it.
    pub fn parse(body: &[u8], allowed: &[Algorithm]) -> Result<Self, KeySetFault> {
        let set = serde_json::from_slice(body).map_err(|_| KeySetFault::NotJson)?;
        Self::from_jwks_value(&set, allowed)
    }

    /// The same from JSON already read.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_jwks_value(set: &Value, allowed: &[Algorithm]) -> Result<Self, KeySetFault> {
        let listed = set.get("keys").and_then(Value::as_array).ok_or(KeySetFault::NotAKeySet)?;
        if listed.len() > Self::MAX_KEYS {
            return Err(KeySetFault::TooManyKeys);
        }
        let mut keys: Vec<PublicKey> = Vec::new();
        for key in listed.iter().filter_map(|jwk| Jwk::read(jwk)?.usable(allowed)) {
            let same = keys.iter().filter(|known| known.kid == key.kid).count();
            if key.kid.is_none() || same < MAX_SAME_KID {
                keys.push(key);
            }
        }
        if keys.is_empty() { Err(KeySetFault::NoUsableKey) } else { Ok(Self(keys.into())) }
    }

    /// Whether a key of this id is here.
    #[must_use]
    pub fn has(&self, kid: &str) -> bool {
        self.kids().any(|known| known == kid)
    }

    /// The ids of the keys that have one.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|key| key.kid.as_deref())
    }

    /// How many usable keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none; never so for a set that was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys that `kid` may mean: a provider may publish one id twice while it rotates.
    pub(super) fn named(&self, kid: &str) -> impl Iterator<Item = &PublicKey> {
        self.0.iter().filter(move |key| key.kid.as_deref() == Some(kid))
    }

    /// The one key for `algorithm`, if there is exactly one (OIDC Core §10.1: then `kid` may be missing).
    pub(super) fn only(&self, algorithm: Algorithm) -> Option<&PublicKey> {
        let mut fitting = self.0.iter().filter(|key| key.fits(algorithm));
        fitting.next().filter(|_| fitting.next().is_none())
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.kids()).finish()
    }
}

impl PublicKey {
    /// Whether the key may verify `algorithm`: its own `alg`, if it names one, is the only one.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.family == algorithm.family() && self.algorithm.is_none_or(|own| own == algorithm)
    }
}

/// Keys kept under one id.
const MAX_SAME_KID: usize = 4;
