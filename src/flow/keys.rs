//! Our signing keys: made ahead of time, sealed in the store, published as one ready document, and held
//! by every node as they stand now.

mod change;
mod manager;
mod reseal;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

pub use self::{
    change::{Retired, Rotated},
    manager::KeyManager,
    reseal::Resealing,
};
use crate::{
    guard::LocalKeys,
    jose::{algorithm::Algorithm, keys::KeySet, sign::SigningKey},
    protocol::id::KeyId,
    store::StoreError,
};

/// The signing key in use and the public keys of all that are published.
#[derive(Clone, Debug)]
pub struct SigningKeys {
    /// Signs new tokens.
    pub signer: SigningKey,
    /// Verifies every token still alive.
    pub public: KeySet,
    /// The JWK Set document (RFC 7517 §5), as bytes to send.
    pub document: Bytes,
    /// Its entity tag (RFC 9110 §8.8.3), with the quotes.
    pub etag: Bytes,
    /// The published keys, opened.
    opened: Vec<SigningKey>,
}

impl SigningKeys {
    /// One key that signs, and all that are published, that one among them.
    ///
    /// # Errors
    /// [`KeysError::Unusable`] when they make no set.
    pub fn new(signer: SigningKey, opened: Vec<SigningKey>) -> Result<Self, KeysError> {
        let (public, document) = published(&opened)?;
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(&document)));
        Ok(Self { signer, public, document, etag: etag.into(), opened })
    }

    fn opened(&self, id: &KeyId) -> Option<&SigningKey> {
        self.opened.iter().find(|key| key.kid() == id)
    }
}

/// The set of these keys, to verify with and to send.
fn published(keys: &[SigningKey]) -> Result<(KeySet, Bytes), KeysError> {
    let keys: Vec<_> = keys.iter().map(SigningKey::public_jwk).collect();
    let set = serde_json::json!({ "keys": keys });
    let public = KeySet::from_jwks_value(&set, &[Algorithm::Es256, Algorithm::EdDsa]);
    Ok((public.map_err(|_| KeysError::Unusable)?, Bytes::from(set.to_string())))
}

/// The keys as they stand now, for everybody who signs, verifies or publishes; cloning shares. Whoever
/// uses them asks at the time of use.
#[derive(Clone)]
pub struct Keys {
    held: Arc<RwLock<Arc<SigningKeys>>>,
    guards: LocalKeys,
}

impl Keys {
    /// Keys that are these until they are replaced.
    #[must_use]
    pub fn new(keys: SigningKeys) -> Self {
        let guards = LocalKeys::new(keys.public.clone());
        Self { held: Arc::new(RwLock::new(Arc::new(keys))), guards }
    }

    /// The keys at this moment.
    #[must_use]
    pub fn now(&self) -> Arc<SigningKeys> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same for the guards of this process.
    #[must_use]
    pub fn guards(&self) -> LocalKeys {
        self.guards.clone()
    }

    /// Puts other keys in the place of these. Guards forget what they verified when the set is another,
    /// and keep it when the same keys are published and only another one signs.
    fn replace(&self, fresh: SigningKeys) {
        let held = self.now();
        let same_set = held.document == fresh.document;
        if same_set && held.signer.kid() == fresh.signer.kid() {
            return;
        }
        tracing::info!(signer = %fresh.signer.kid(), published = fresh.opened.len(), "signing keys changed");
        if !same_set {
            self.guards.replace(fresh.public.clone());
        }
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(f)
    }
}

/// The keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The master key does not open them.
    #[error(
        "the signing keys in the database are sealed with another master key; set COUNTERSIGN_MASTER_KEY to the one they were made with (a comma-separated list opens with each)"
    )]
    Sealed,
    /// A key could not be made or read.
    #[error("a signing key could not be made or read")]
    Unusable,
    /// There is no such key.
    #[error("there is no signing key {id}; there is: {}", known.join(", "))]
    Unknown {
        /// As asked.
        id: String,
        /// The ids that there are.
        known: Vec<String>,
    },
    /// More published keys than verifiers read.
    #[error(
        "{0} keys are published, more than some verifiers read; retire some before you make another"
    )]
    TooMany(usize),
    /// Others change the keys at this moment.
    #[error(
        "the signing keys are being changed by others at this moment; look at them and try again"
    )]
    Contended,
}
