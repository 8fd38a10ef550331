//! Redeeming an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 8707 §2.2).

use std::time::Duration;

use crate::{
    ambient::Timestamp,
    engine::{
        client_auth::AuthenticatedClient,
        limits::Limits,
        record::{Client, Code, Grant},
    },
    protocol::{
        error::{TokenError, TokenErrorCode},
        form::Params,
        pkce::Verifier,
        secret::Digest,
    },
};

/// Checks everything a token request must repeat of the authorization request. Whatever the result,
/// the code has been used: the caller spends it either way.
///
/// # Errors
/// `invalid_grant` or `invalid_target`.
pub fn redeem(
    code: &Code,
    client: &AuthenticatedClient,
    params: &Params,
    now: Timestamp,
) -> Result<(), TokenError> {
    if code.authorization.client != client.client().id {
        return Err(TokenError::invalid_grant("The code was issued to another client."));
    }
    if now >= code.expires_at {
        return Err(TokenError::invalid_grant("The code has expired; start again."));
    }
    // RFC 6749 §4.1.3: identical to the one of the authorization request.
    if params.one("redirect_uri") != Some(&code.redirect_uri) {
        return Err(TokenError::invalid_grant(
            "redirect_uri differs from the authorization request.",
        ));
    }
    let verifier = params.one("code_verifier").and_then(Verifier::parse);
    if !verifier.is_some_and(|verifier| code.challenge.matches(&verifier)) {
        return Err(TokenError::invalid_grant("code_verifier does not match the code_challenge."));
    }
    same_resource(&code.authorization, params)
}

/// RFC 8707 §2.2: a token request may repeat the resource of its grant, not name another.
///
/// # Errors
/// `invalid_target`.
pub fn same_resource(
    authorization: &crate::engine::record::Authorization,
    params: &Params,
) -> Result<(), TokenError> {
    let same = params.all("resource").all(|asked| authorization.resource.is_named_by(asked));
    same.then_some(()).ok_or_else(|| {
        TokenError::new(TokenErrorCode::InvalidTarget, "The grant is for another resource.")
    })
}

/// The grant that redeeming `code` opens; `first` is the digest of its first refresh token.
#[must_use]
pub fn open_grant(code: &Code, first: Option<Digest>, limits: &Limits, now: Timestamp) -> Grant {
    let expires_at = now.plus(limits.refresh_absolute);
    Grant {
        id: code.grant,
        authorization: code.authorization.clone(),
        generation: 0,
        current: first,
        previous: None,
        successor: None,
        graces: 0,
        rotated_at: now,
        idle_at: now.plus(limits.refresh_idle).min(expires_at),
        expires_at,
        revoked_at: None,
    }
}

/// Until when the client lives by this use, if it would end too early otherwise. It gets a day more than it
/// is promised, so that one that is used all the time is not written every time.
#[must_use]
pub fn prolonged(client: &Client, limits: &Limits, now: Timestamp) -> Option<Timestamp> {
    let promised = now.plus(limits.client_idle);
    client.expires_at.filter(|end| *end < promised).map(|_| promised.plus(DAY))
}

const DAY: Duration = Duration::from_hours(24);

#[cfg(test)]
#[path = "redeem_tests.rs"]
mod tests;
