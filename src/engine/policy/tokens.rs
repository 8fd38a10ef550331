//! Which tokens a server takes besides the signed ones, and who may ask about them.

use crate::{
    ambient::Timestamp,
    protocol::{
        access::AccessClaims,
        id::{ClientId, GrantId, ProviderId, TokenId, UserId},
        resource::Resource,
        scope::Scopes,
        secret::Digest,
    },
};

/// The tokens of one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenSettings {
    /// What its access tokens look like.
    pub form: TokenForm,
    /// Tokens that its file names by digest.
    pub fixed: Vec<StaticToken>,
    /// Digest of the secret with which it may introspect (RFC 7662 §2.1); none: it may not.
    pub introspection: Option<Digest>,
}

/// What an access token looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenForm {
    /// A signed statement (RFC 9068), verified without asking anybody.
    #[default]
    Jwt,
    /// Random; what it stands for is looked up.
    Opaque,
}

/// A token that a server's file names by digest: for tests, and for machines that nobody signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticToken {
    /// Digest of the token.
    pub digest: Digest,
    /// Who its bearer is said to be.
    pub user: UserId,
    /// Their name.
    pub name: Option<String>,
    /// Their e-mail address, as the file says.
    pub email: Option<String>,
    /// What they may do.
    pub scopes: Scopes,
}

impl StaticToken {
    /// The client of every static token: no client of ours can have this id.
    pub const CLIENT: &'static str = "urn:countersign:static-token";

    /// What a signed token of the same meaning would say. It ends when the file no longer names it.
    #[must_use]
    pub fn claims(&self, issuer: &str, resource: &Resource) -> AccessClaims {
        let mut id = [0; 16];
        id.copy_from_slice(self.digest.as_bytes().split_at(16).0);
        AccessClaims {
            iss: issuer.to_owned(),
            sub: self.user.clone(),
            aud: resource.clone(),
            client_id: ClientId::new(Self::CLIENT),
            scope: self.scopes.clone(),
            jti: TokenId::from_entropy(id),
            iat: Timestamp::from_unix(0),
            exp: NEVER,
            auth_time: Timestamp::from_unix(0),
            idp: ProviderId::new("static"),
            grant_id: GrantId::from_bytes(id),
            name: self.name.clone(),
            email: self.email.clone(),
        }
    }
}

/// 9999-12-30T00:00:00Z: about the last moment that can be told in every time zone (RFC 3339 has four digits).
const NEVER: Timestamp = Timestamp::from_unix(253_402_128_000);
