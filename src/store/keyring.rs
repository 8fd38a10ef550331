//! The store's verbs about signing keys, and about whatever rests sealed for long.

use async_trait::async_trait;

use super::StoreError;
use crate::{
    ambient::Timestamp,
    engine::record::{HeldIdentity, IdentityKey, SigningKeyRecord},
    protocol::id::KeyId,
};

/// Claims of an identity, sealed anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resealed {
    /// Whose.
    pub key: IdentityKey,
    /// As they were read.
    pub before: Vec<u8>,
    /// The same under another master key.
    pub after: Vec<u8>,
}

/// The part of the store that is about keys.
#[async_trait]
pub trait Keyring: Send + Sync + 'static {
    /// Every signing key, in the order in which they were made.
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError>;
    /// Writes a signing key, unless its algorithm has one of this generation already; false then. Of
    /// any number of nodes that make the next key one does.
    async fn put_signing_key(&self, key: &SigningKeyRecord) -> Result<bool, StoreError>;
    /// Lets a key sign from `at` on, if it would do so later only; false otherwise.
    async fn activate_signing_key(&self, id: &KeyId, at: Timestamp) -> Result<bool, StoreError>;
    /// Forgets a signing key; false when there was none.
    async fn remove_signing_key(&self, id: &KeyId) -> Result<bool, StoreError>;
    /// Replaces a sealed private key if it still is as it was read.
    async fn reseal_signing_key(
        &self,
        id: &KeyId,
        before: &[u8],
        after: &[u8],
    ) -> Result<bool, StoreError>;

    /// At most `most` identities after this one, in the order of their keys; from the first one on
    /// without.
    async fn identities_after(
        &self,
        last: Option<&IdentityKey>,
        most: u32,
    ) -> Result<Vec<HeldIdentity>, StoreError>;
    /// Replaces claims that still are as they were read; how many were.
    async fn reseal_claims(&self, resealed: &[Resealed]) -> Result<u64, StoreError>;
}
