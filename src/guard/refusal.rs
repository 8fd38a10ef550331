//! Why the guard refuses, before it becomes a response.

use std::time::Duration;

use crate::{
    jose::refusal::Refusal,
    protocol::{bearer::BearerError, scope::Scopes},
};

/// Why a call is refused. No text here carries any part of a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuardRefusal {
    /// No bearer token was sent: 401 without an error code (RFC 6750 §3.1).
    #[error("Sign in first: send an access token in the Authorization header.")]
    Missing,
    /// The token is sent in a way that is not allowed: 400.
    #[error("{0}")]
    Misplaced(&'static str),
    /// The token does not stand up to verification: 401.
    #[error("{}", words(.0))]
    Invalid(Refusal),
    /// A token by reference that stands for nothing, or no longer: 401.
    #[error("The access token is not valid for this server.")]
    Unknown,
    /// The grant behind the token was revoked: 401.
    #[error("The access token was revoked; sign in again.")]
    Revoked,
    /// A good token that lacks scopes; all that the operation needs are named: 403.
    #[error("This needs the scopes: {0}.")]
    InsufficientScope(Scopes),
    /// The issuer's keys or records cannot be had, so nothing can be said about the token: 503.
    #[error("What is needed to check access tokens is out of reach for the moment.")]
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
}

impl GuardRefusal {
    /// The RFC 6750 §3.1 error; none when the fault is not the caller's.
    #[must_use]
    pub const fn bearer_error(&self) -> Option<BearerError> {
        match self {
            Self::Missing => Some(BearerError::Missing),
            Self::Misplaced(_) => Some(BearerError::InvalidRequest),
            Self::Invalid(_) | Self::Unknown | Self::Revoked => Some(BearerError::InvalidToken),
            Self::InsufficientScope(_) => Some(BearerError::InsufficientScope),
            Self::Unavailable { .. } => None,
        }
    }

    /// One word for logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Misplaced(_) => "misplaced",
            Self::Invalid(refusal) => refusal.code(),
            Self::Unknown => "unknown",
            Self::Revoked => "revoked",
            Self::InsufficientScope(_) => "insufficient_scope",
            Self::Unavailable { .. } => "unavailable",
        }
    }
}

impl From<Refusal> for GuardRefusal {
    fn from(refusal: Refusal) -> Self {
        Self::Invalid(refusal)
    }
}

/// What the caller is told: enough to renew or to sign in again, no oracle beyond that.
const fn words(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Expired => "The access token has expired.",
        _ => "The access token is not valid for this server.",
    }
}
