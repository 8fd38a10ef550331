//! Access tokens that say nothing by themselves, kept by digest with what they stand for.

use crate::{
    ambient::Timestamp,
    engine::record::{Authorization, Grant},
    protocol::{
        access::AccessClaims,
        id::{ClientId, GrantId},
        secret::Digest,
    },
};

/// An opaque access token of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpaqueToken {
    /// Digest of the token.
    pub digest: Digest,
    /// What a signed token would say.
    pub claims: AccessClaims,
}

/// A personal access token. Its grant is its own: ended, the token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalToken {
    /// Digest of the token.
    pub digest: Digest,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whose it is, where and what for; never refreshed.
    pub grant: Grant,
}

impl PersonalToken {
    /// The client of every personal token: no client of ours can have this id.
    pub const CLIENT: &'static str = "urn:countersign:personal-token";

    /// A token's record.
    #[must_use]
    pub fn new(
        digest: Digest,
        name: String,
        grant: (GrantId, Authorization),
        times: (Timestamp, Timestamp),
    ) -> Self {
        let ((id, authorization), (created_at, expires_at)) = (grant, times);
        let authorization = Authorization { client: ClientId::new(Self::CLIENT), ..authorization };
        let grant = Grant {
            id,
            authorization,
            generation: 0,
            current: None,
            previous: None,
            successor: None,
            graces: 0,
            rotated_at: created_at,
            idle_at: expires_at,
            expires_at,
            revoked_at: None,
        };
        Self { digest, name, created_at, grant }
    }

    /// Whether it is good at `now`, as far as it goes itself.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.grant.revoked_at.is_none() && now < self.grant.expires_at
    }
}
