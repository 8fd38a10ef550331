//! Our signing keys: made once, sealed in the store, published as one ready document.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::{
    ambient::{Entropy, Timestamp, random},
    engine::record::SigningKeyRecord,
    jose::{algorithm::Algorithm, keys::KeySet, seal::Vault, sign::SigningKey},
    store::{Store, StoreError},
};

const PURPOSE: &str = "signing-key";

/// The signing key in use and the public keys of all.
#[derive(Debug, Clone)]
pub struct SigningKeys {
    /// Signs new tokens.
    pub signer: SigningKey,
    /// Verifies every token still alive.
    pub public: KeySet,
    /// The JWK Set document (RFC 7517 §5), as bytes to send.
    pub document: Arc<[u8]>,
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
}

/// Opens the stored keys; makes the first one on an empty store.
///
/// # Errors
/// [`KeysError`] when the store fails or the master key is not the one.
pub async fn open(
    store: &dyn Store,
    vault: &Vault,
    algorithm: Algorithm,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<SigningKeys, KeysError> {
    let mut records = store.signing_keys().await?;
    if !records.iter().any(|record| record.algorithm == algorithm.to_string()) {
        store.put_first_signing_key(&fresh(vault, algorithm, entropy, now)?).await?;
        records = store.signing_keys().await?;
    }
    let mut keys = Vec::new();
    for record in &records {
        keys.push((record, unsealed(vault, record)?));
    }
    let active = |record: &SigningKeyRecord| {
        record.active_at <= now && record.retired_at.is_none_or(|at| now < at)
    };
    let usable = keys.iter().filter(|(record, key)| active(record) && key.algorithm() == algorithm);
    let (_, signer) = usable.max_by_key(|(record, _)| record.active_at).ok_or(KeysError::Unusable)?;
    published(signer.clone(), keys.iter().map(|(_, key)| key))
}

fn published<'a>(
    signer: SigningKey,
    keys: impl Iterator<Item = &'a SigningKey>,
) -> Result<SigningKeys, KeysError> {
    let document = serde_json::json!({ "keys": keys.map(SigningKey::public_jwk).collect::<Vec<_>>() });
    let public = KeySet::from_jwks_value(&document, &[Algorithm::Es256, Algorithm::EdDsa])
        .map_err(|_| KeysError::Unusable)?;
    Ok(SigningKeys { signer, public, document: document.to_string().into_bytes().into() })
}

fn fresh(
    vault: &Vault,
    algorithm: Algorithm,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<SigningKeyRecord, KeysError> {
    let (key, private) = SigningKey::generate(algorithm).map_err(|_| KeysError::Unusable)?;
    Ok(SigningKeyRecord {
        id: key.kid().clone(),
        algorithm: algorithm.to_string(),
        sealed: vault.seal(PURPOSE, &private, random(entropy)),
        created_at: now,
        active_at: now,
        retired_at: None,
    })
}

fn unsealed(vault: &Vault, record: &SigningKeyRecord) -> Result<SigningKey, KeysError> {
    let algorithm = record.algorithm.parse().map_err(|_| KeysError::Unusable)?;
    let private: Zeroizing<Vec<u8>> =
        vault.open(PURPOSE, &record.sealed).ok_or(KeysError::Sealed)?;
    SigningKey::from_pkcs8(algorithm, &private).map_err(|_| KeysError::Unusable)
}
