//! The store's verbs about access tokens that are kept by digest.

use async_trait::async_trait;

use super::StoreError;
use crate::{
    engine::record::{OpaqueToken, PersonalToken},
    protocol::{access::AccessClaims, id::UserId, secret::Digest},
};

/// The part of the store that is about issued tokens.
#[async_trait]
pub trait Issued: Send + Sync + 'static {
    /// Writes an opaque access token.
    async fn put_opaque_token(&self, token: &OpaqueToken) -> Result<(), StoreError>;
    /// What an opaque access token stands for, also when it has expired lately; none when its grant was
    /// revoked.
    async fn opaque_token(&self, digest: &Digest) -> Result<Option<AccessClaims>, StoreError>;

    /// Writes a personal token and its grant.
    async fn put_personal_token(&self, token: &PersonalToken) -> Result<(), StoreError>;
    /// A personal token, also when it was revoked or has expired lately.
    async fn personal_token(&self, digest: &Digest) -> Result<Option<PersonalToken>, StoreError>;
    /// The personal tokens of one person or of everybody, the newest first, also those that were
    /// revoked or have expired lately.
    async fn personal_tokens(&self, of: Option<&UserId>) -> Result<Vec<PersonalToken>, StoreError>;
}
