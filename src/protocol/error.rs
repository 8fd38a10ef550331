//! Errors as the wire names them. The type decides who hears one: an [`AuthorizationError`] goes to
//! the client by redirect, a [`TokenError`] to the client as JSON.

use std::borrow::Cow;

/// `error` of an authorization response (RFC 6749 §4.1.2.1, RFC 8707 §2, OpenID Connect Core §3.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the registered error code of its own name")]
pub enum AuthorizationErrorCode {
    AccessDenied,
    ConsentRequired,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    LoginRequired,
    RequestNotSupported,
    RequestUriNotSupported,
    ServerError,
    TemporarilyUnavailable,
    UnauthorizedClient,
    UnsupportedResponseType,
}

impl AuthorizationErrorCode {
    /// The code as sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::ConsentRequired => "consent_required",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::LoginRequired => "login_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedResponseType => "unsupported_response_type",
        }
    }
}

/// An error for the client, sent to its proven redirect URI.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct AuthorizationError {
    /// The registered code.
    pub code: AuthorizationErrorCode,
    /// One sentence for the client's developer; our own words only.
    pub description: Cow<'static, str>,
}

impl AuthorizationError {
    /// An error with a description.
    #[must_use]
    pub fn new(code: AuthorizationErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self { code, description: description.into() }
    }
}

/// `error` of the token, registration and revocation endpoints (RFC 6749 §5.2, RFC 7591 §3.2.2,
/// RFC 8707 §2, RFC 7009 §2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the registered error code of its own name")]
pub enum TokenErrorCode {
    InvalidClient,
    InvalidClientMetadata,
    InvalidGrant,
    InvalidRedirectUri,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    TemporarilyUnavailable,
    UnauthorizedClient,
    UnsupportedGrantType,
}

impl TokenErrorCode {
    /// The code as sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }

    /// The HTTP status it travels with: 401 for `invalid_client`, 503 for trouble of ours, else 400.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidClient => 401,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// An error for the client, sent as JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct TokenError {
    /// The registered code.
    pub code: TokenErrorCode,
    /// One sentence for the client's developer; our own words only.
    pub description: Cow<'static, str>,
}

impl TokenError {
    /// An error with a description.
    #[must_use]
    pub fn new(code: TokenErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self { code, description: description.into() }
    }

    /// `invalid_request` (RFC 6749 §5.2).
    #[must_use]
    pub fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(TokenErrorCode::InvalidRequest, description)
    }

    /// `invalid_grant` (RFC 6749 §5.2).
    #[must_use]
    pub fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(TokenErrorCode::InvalidGrant, description)
    }

    /// `invalid_client` (RFC 6749 §5.2).
    #[must_use]
    pub fn invalid_client(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(TokenErrorCode::InvalidClient, description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_sent_by_its_registered_name() {
        use AuthorizationErrorCode as Code;
        let shown = AuthorizationError::new(Code::AccessDenied, "No.").to_string();
        assert_eq!(shown, "access_denied: No.");
        assert_eq!(TokenError::invalid_grant("No.").to_string(), "invalid_grant: No.");
        assert_eq!(TokenError::invalid_client("No.").to_string(), "invalid_client: No.");
        assert_eq!(TokenError::invalid_request("No.").to_string(), "invalid_request: No.");
    }

    #[test]
    fn a_client_that_is_not_itself_gets_401_and_trouble_of_ours_is_503() {
        for (code, status) in [
            (TokenErrorCode::InvalidClient, 401),
            (TokenErrorCode::TemporarilyUnavailable, 503),
            (TokenErrorCode::InvalidGrant, 400),
            (TokenErrorCode::InvalidTarget, 400),
        ] {
            assert_eq!(code.status(), status, "{code:?}");
        }
    }
}
