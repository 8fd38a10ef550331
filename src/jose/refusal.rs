//! Why a token is refused, in words that repeat nothing of the token.

/// Why a token is refused. Safe to log: no text here holds a byte of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Larger than a token of its kind may be.
    #[error("the token is too long")]
    TooLong,
    /// Not a JWS in compact serialization with plain JSON objects inside (RFC 7515 §3.1).
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// The signature algorithm is not one of those pinned, or not the key's (RFC 8725 §3.1).
    #[error("the signature algorithm is not allowed")]
    Algorithm,
    /// The header asks for an extension (`crit`, `b64`, `zip`), of which we implement none (RFC 7515 §4.1.11).
    #[error("the token asks for an extension that is not supported")]
    Critical,
    /// The `typ` header is that of another kind of token (RFC 8725 §3.11).
    #[error("the token is of another type")]
    Type,
    /// The header names no key.
    #[error("the token names no key")]
    NoKeyId,
    /// The header names a key that is not in the set.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The signature does not fit the key.
    #[error("the signature is wrong")]
    BadSignature,
    /// One claim is missing, of the wrong form, or says something else than expected.
    #[error("claim `{name}` {why}")]
    Claim {
        /// The claim's name.
        name: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// `exp` has passed (RFC 7519 §4.1.4).
    #[error("the token has expired")]
    Expired,
    /// `nbf`, `iat` or `auth_time` lies in the future (RFC 7519 §4.1.5).
    #[error("the token is not valid yet")]
    NotYetValid,
}

impl Refusal {
    /// A stable name for logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed(_) => "malformed",
            Self::Algorithm => "algorithm",
            Self::Critical => "critical",
            Self::Type => "type",
            Self::NoKeyId => "no_key_id",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::Claim { .. } => "claim",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
        }
    }
}

/// A claim that is wrong.
pub(super) const fn claim(name: &'static str, why: &'static str) -> Refusal {
    Refusal::Claim { name, why }
}
