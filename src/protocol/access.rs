//! The claims of our access tokens (RFC 9068 §2.2).

use serde::{Deserialize, Serialize};

use crate::{
    ambient::Timestamp,
    protocol::{
        id::{ClientId, GrantId, ProviderId, TokenId, UserId},
        resource::Resource,
        scope::Scopes,
    },
};

/// The `typ` header of an access token (RFC 9068 §2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Our issuer.
    pub iss: String,
    /// The internal user id.
    pub sub: UserId,
    /// The exact URL of the MCP server.
    pub aud: Resource,
    /// The client the token was issued to.
    pub client_id: ClientId,
    /// What the caller may do.
    #[serde(with = "scope_list")]
    pub scope: Scopes,
    /// This token's id.
    pub jti: TokenId,
    /// When it was issued.
    pub iat: Timestamp,
    /// When it ends.
    pub exp: Timestamp,
    /// When the person signed in at the provider (RFC 9068 §2.2.1).
    pub auth_time: Timestamp,
    /// The identity provider that vouched.
    pub idp: ProviderId,
    /// The grant it follows from, the unit of revocation.
    pub grant_id: GrantId,
    /// The person's display name, for the tools' use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The person's verified e-mail address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
}

mod scope_list {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::Scopes;

    pub(super) fn serialize<S: Serializer>(scopes: &Scopes, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(scopes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Scopes, D::Error> {
        Scopes::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}
