//! Our own access tokens, verified as a resource server must (RFC 9068 §4).

use std::time::Duration;

use crate::{
    ambient::Timestamp,
    jose::{
        algorithm::Algorithm,
        jws::{Jws, VerifyPolicy},
        keys::KeySet,
        refusal::{Refusal, claim},
    },
    protocol::{
        access::{ACCESS_TOKEN_TYPE, AccessClaims},
        resource::Resource,
    },
};

/// Verifies an access token that `issuer` made for `resource`.
///
/// # Errors
/// [`Refusal`] at the first clause that does not hold.
pub fn verify_access_token(
    raw: &str,
    keys: &KeySet,
    issuer: &str,
    resource: &Resource,
    now: Timestamp,
    leeway: Duration,
) -> Result<AccessClaims, Refusal> {
    verify_parsed(parse_access_token(raw)?, keys, issuer, resource, now, leeway)
}

/// Takes an access token apart; nothing of it is believed yet.
///
/// # Errors
/// [`Refusal`] at the first flaw.
pub fn parse_access_token(raw: &str) -> Result<Jws<'_>, Refusal> {
    Jws::parse(raw, MAX_ACCESS_TOKEN_BYTES)
}

/// [`verify_access_token`] for one that was taken apart already.
///
/// # Errors
/// [`Refusal`] at the first clause that does not hold.
pub fn verify_parsed(
    token: Jws<'_>,
    keys: &KeySet,
    issuer: &str,
    resource: &Resource,
    now: Timestamp,
    leeway: Duration,
) -> Result<AccessClaims, Refusal> {
    let payload = token.verify(keys, &POLICY)?; // RFC 9068 §4: `typ`, signature
    let claims: AccessClaims = payload.claims()?;
    if claims.iss != issuer {
        return Err(claim("iss", "is not ours"));
    }
    if claims.aud != *resource {
        return Err(claim("aud", "is another server"));
    }
    if now >= claims.exp.plus(leeway) {
        return Err(Refusal::Expired);
    }
    if claims.iat > now.plus(leeway) {
        return Err(Refusal::NotYetValid);
    }
    Ok(claims)
}

/// The longest access token read.
pub const MAX_ACCESS_TOKEN_BYTES: usize = 8 * 1024;

const POLICY: VerifyPolicy<'static> = VerifyPolicy {
    algorithms: &[Algorithm::Es256, Algorithm::EdDsa],
    types: &[Some(ACCESS_TOKEN_TYPE)],
    allow_missing_kid: false,
};
