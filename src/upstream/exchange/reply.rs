//! The token response in openidconnect's terms, with the ID token left unread.
//!
//! openidconnect's own type parses the claims while it reads, and so refuses tokens over members
//! that are none of its business; verification is `jose`'s alone.

use std::{fmt, time::Duration};

use openidconnect::{
    AccessToken, EmptyAdditionalClaims, EndpointNotSet, EndpointSet, IdToken, OAuth2TokenResponse,
    RefreshToken, Scope, StandardErrorResponse, TokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

/// openidconnect's client with our reply, and only the token endpoint set.
pub(super) type ProviderClient = openidconnect::Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    TokenError,
    Reply,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// RFC 6749 §5.2.
pub(super) type TokenError = StandardErrorResponse<CoreErrorResponseType>;

/// RFC 6749 §5.1 and OIDC Core §3.1.3.3, as far as we use it.
#[derive(Deserialize)]
pub(super) struct Reply {
    access_token: AccessToken,
    token_type: CoreTokenType,
    id_token: Option<String>,
}

impl Reply {
    pub(super) fn is_bearer(&self) -> bool {
        self.token_type.as_ref().eq_ignore_ascii_case("bearer")
    }

    /// The ID token, if any, and the access token.
    pub(super) fn into_tokens(self) -> (Option<Zeroizing<String>>, Zeroizing<String>) {
        (self.id_token.map(Zeroizing::new), Zeroizing::new(self.access_token.into_secret()))
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Asked for by the trait; there is nothing to write.
impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_unit()
    }
}

impl OAuth2TokenResponse for Reply {
    type TokenType = CoreTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &CoreTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        None
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        None
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

/// An ID token that openidconnect has read.
type ReadIdToken = IdToken<
    EmptyAdditionalClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

impl
    TokenResponse<
        EmptyAdditionalClaims,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    > for Reply
{
    fn id_token(&self) -> Option<&ReadIdToken> {
        None
    }
}
