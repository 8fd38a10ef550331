//! Bearer tokens on the wire (RFC 6750): reading the `Authorization` header, writing the challenge.

use std::fmt::Write as _;

use crate::protocol::{resource::Resource, scope::Scopes};

/// The token of an `Authorization: Bearer` header (RFC 6750 §2.1); the scheme in any case.
#[must_use]
pub fn bearer_token(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let bearer = scheme.eq_ignore_ascii_case("bearer");
    let clean = token.bytes().map(is_clean).fold(1, |all, one| all & one) == 1;
    (bearer && clean && !token.is_empty()).then_some(token)
}

/// 1 for a byte that may stand in a token (RFC 6750 §2.1, `b64token`), 0 for any other: every call asks this
/// of a thousand, and numbers are worked out for many bytes at a time.
fn is_clean(byte: u8) -> u8 {
    let mark: u8 = b"-._~+/=".iter().map(|mark| u8::from(*mark == byte)).sum();
    mark | u8::from(byte.is_ascii_alphanumeric())
}

/// Why a protected server refuses (RFC 6750 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BearerError {
    /// No credentials: 401 without an `error`.
    Missing,
    /// 401: expired, revoked, malformed, or not meant for this server.
    InvalidToken,
    /// 403: a good token without the needed scopes.
    InsufficientScope,
    /// 400: two tokens, or a token where none may be.
    InvalidRequest,
}

impl BearerError {
    /// The HTTP status (RFC 6750 §3.1).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Missing | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            Self::InvalidRequest => 400,
        }
    }

    /// The `error` code; none when no credentials were given.
    #[must_use]
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::Missing => None,
            Self::InvalidToken => Some("invalid_token"),
            Self::InsufficientScope => Some("insufficient_scope"),
            Self::InvalidRequest => Some("invalid_request"),
        }
    }
}

/// The `WWW-Authenticate` value of a refusal: `resource_metadata` (RFC 9728 §5.1) and every scope the
/// operation needs at once (RFC 6750 §3, MCP 2026-07-28).
#[must_use]
pub fn challenge(error: BearerError, resource: &Resource, scopes: &Scopes, why: &str) -> String {
    let mut text = String::from("Bearer ");
    if let Some(code) = error.code() {
        let why: String = why.chars().filter(|c| c.is_ascii() && !"\"\\".contains(*c)).collect();
        let _ = write!(text, "error=\"{code}\", error_description=\"{why}\", ");
    }
    if !scopes.is_empty() {
        let _ = write!(text, "scope=\"{scopes}\", ");
    }
    let _ = write!(text, "resource_metadata=\"{}\"", resource.metadata_url());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_names_metadata_and_all_scopes() {
        let resource = Resource::new("https://m.example/mcp");
        let scopes = Scopes::parse("admin read").unwrap();
        insta::assert_snapshot!(
            challenge(BearerError::InsufficientScope, &resource, &scopes, "needs \"admin\""),
            @r#"Bearer error="insufficient_scope", error_description="needs admin", scope="admin read", resource_metadata="https://m.example/.well-known/oauth-protected-resource/mcp""#
        );
    }

    #[test]
    fn only_the_bearer_scheme_with_one_clean_token_is_read() {
        assert_eq!(bearer_token("bearer abc"), Some("abc"));
        for header in ["Basic abc", "Bearer", "Bearer ", "Bearer a b", "Bearer  a"] {
            assert_eq!(bearer_token(header), None, "{header}");
        }
    }

    #[test]
    fn a_token_is_of_letters_digits_and_seven_marks() {
        let may = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
        for byte in 0..=u8::MAX {
            let (among, text) = (may(&byte), format!("Bearer a{}b", char::from(byte)));
            assert_eq!(bearer_token(&text).is_some(), among, "{byte}");
        }
    }

    #[test]
    fn each_refusal_has_its_status_and_code_and_none_without_credentials() {
        for (error, status, code) in [
            (BearerError::Missing, 401, None),
            (BearerError::InvalidToken, 401, Some("invalid_token")),
            (BearerError::InsufficientScope, 403, Some("insufficient_scope")),
            (BearerError::InvalidRequest, 400, Some("invalid_request")),
        ] {
            assert_eq!((error.status(), error.code()), (status, code));
        }
    }
}
