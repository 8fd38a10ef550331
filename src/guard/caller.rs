//! Who calls: the last link of the chain of proofs, made of a verified access token only: one
//! whose signature was checked, or whose digest is known here.

use std::sync::Arc;

use crate::protocol::{
    access::AccessClaims,
    id::{ClientId, UserId},
    scope::Scopes,
};

/// A person at a client, proven by an access token for this very server. The layer puts it into the
/// request's extensions; the token itself does not travel on. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(Arc<AccessClaims>);

impl Caller {
    /// The one constructor: claims that a signature of ours or a record of ours vouches for, and whose
    /// issuer and audience were verified.
    pub(super) fn from_verified(claims: AccessClaims) -> Self {
        Self(Arc::new(claims))
    }

    /// The person's internal id (`sub`).
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.0.sub
    }

    /// The client they use (`client_id`).
    #[must_use]
    pub fn client(&self) -> &ClientId {
        &self.0.client_id
    }

    /// What they may do here (`scope`), as granted: hierarchies are the server's to apply.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.0.scope
    }

    /// Everything the token says.
    #[must_use]
    pub fn claims(&self) -> &AccessClaims {
        &self.0
    }
}
