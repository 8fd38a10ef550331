//! Floor 4: the flows, where pure steps meet the store and the world: load, step, save.
//!
//! Owns the order of things in a sign-in, a token request, a registration, a revocation and an introspection. Each flow
//! is a small struct of the hands it needs; what is right or wrong is decided in `engine`, `jose`
//! and `provider`.

pub mod account;
pub mod authorizer;
pub mod callback;
pub mod clients;
mod firebase;
pub mod introspect;
pub mod keys;
pub mod lookout;
pub mod moving;
pub mod pending;
pub mod personal;
pub mod posted;
pub mod providers;
pub mod references;
pub mod register;
pub mod revoke;
pub mod session;
pub mod sign_in;
pub mod standing;
pub mod tokens;

use crate::{
    protocol::error::{TokenError, TokenErrorCode},
    store::StoreError,
};

/// What a client hears when the store cannot work (503, `Retry-After`).
#[must_use]
pub fn store_trouble(error: &StoreError) -> TokenError {
    tracing::error!(%error, "the store failed");
    TokenError::new(TokenErrorCode::TemporarilyUnavailable, "Try again in a few seconds.")
}
