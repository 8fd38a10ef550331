//! Refreshing (RFC 6749 §6, OAuth 2.1 §4.3.1): every use rotates the token, reuse revokes the grant,
//! and a client that lost a response gets the same successor again.

use crate::{
    ambient::Timestamp,
    engine::{client_auth::AuthenticatedClient, limits::Limits, record::Grant},
    protocol::{
        error::{TokenError, TokenErrorCode},
        form::Params,
        scope::Scopes,
        secret::{Digest, RefreshToken},
    },
};

/// What presenting a refresh token leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is the current one: rotate.
    Rotate,
    /// It is the one before, its successor is unused and the response was probably lost: give the same
    /// successor again.
    Again,
    /// It is an old one of ours: somebody has a copy. Revoke the grant.
    Reuse,
    /// It is refused, and nothing changes.
    Refused(TokenError),
}

/// Whether this very token stands in the grant. Its 256 random bits prove it ours even when its tag was
/// made with a master key that is no longer here; an older token is then unknown, not reused.
#[must_use]
pub fn stands(grant: &Grant, token: &RefreshToken) -> bool {
    let digest = token.digest();
    let mut kept = [grant.current, grant.previous].into_iter().flatten();
    kept.any(|kept| kept.matches(&digest))
}

/// Judges a refresh token whose tag was found good, or that [`stands`].
#[must_use]
pub fn judge(
    grant: &Grant,
    token: &RefreshToken,
    client: &AuthenticatedClient,
    limits: &Limits,
    now: Timestamp,
) -> Turn {
    if grant.authorization.client != client.client().id {
        return Turn::Refused(TokenError::invalid_grant("The token belongs to another client."));
    }
    if grant.revoked_at.is_some() || now >= grant.idle_at || now >= grant.expires_at {
        return Turn::Refused(TokenError::invalid_grant("The grant has ended; sign in again."));
    }
    let digest = token.digest();
    let is = |kept: Option<Digest>| kept.is_some_and(|kept| kept.matches(&digest));
    if is(grant.current) {
        return Turn::Rotate;
    }
    let lost = grant.rotated_at.plus(limits.grace) > now && grant.graces < limits.graces;
    if is(grant.previous) && lost { Turn::Again } else { Turn::Reuse }
}

/// The grant after a rotation to `next`, whose text is sealed for the grace in `sealed`.
#[must_use]
pub fn rotated(
    grant: &Grant,
    next: Digest,
    sealed: Vec<u8>,
    limits: &Limits,
    now: Timestamp,
) -> Grant {
    Grant {
        generation: grant.generation.saturating_add(1),
        previous: grant.current,
        current: Some(next),
        successor: Some(sealed),
        graces: 0,
        rotated_at: now,
        idle_at: now.plus(limits.refresh_idle).min(grant.expires_at),
        ..grant.clone()
    }
}

/// The grant after its successor was given once more.
#[must_use]
pub fn given_again(grant: &Grant) -> Grant {
    Grant { graces: grant.graces.saturating_add(1), ..grant.clone() }
}

/// The scopes of the new access token: those asked for, never more than granted (RFC 6749 §6).
///
/// # Errors
/// `invalid_scope` when something was asked that was not granted.
pub fn narrowed(granted: &Scopes, params: &Params) -> Result<Scopes, TokenError> {
    let wider = || TokenError::new(TokenErrorCode::InvalidScope, "Wider than what was granted.");
    let Some(text) = params.one("scope") else { return Ok(granted.clone()) };
    let asked = Scopes::parse(text).map_err(|_| wider())?;
    let asked: Scopes =
        asked.iter().filter(|scope| scope.as_str() != "offline_access").cloned().collect();
    if asked.is_empty() {
        return Ok(granted.clone());
    }
    if granted.covers(&asked) { Ok(asked) } else { Err(wider()) }
}

#[cfg(test)]
#[path = "refresh_tests.rs"]
mod tests;
