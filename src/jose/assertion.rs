//! Client assertions, `private_key_jwt` (RFC 7523 §3 with draft-ietf-oauth-rfc7523bis: the audience is
//! the authorization server's issuer, as one string).

use std::time::Duration;

use crate::{
    ambient::Timestamp,
    jose::{
        algorithm::Algorithm,
        claims::Claims,
        jws::{Jws, VerifyPolicy},
        keys::KeySet,
        refusal::{Refusal, claim},
    },
};

/// An assertion that proves its client. It counts once: whoever takes it remembers `jti` until `exp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAssertion {
    /// The assertion's own id.
    pub jti: String,
    /// When it ends.
    pub exp: Timestamp,
}

/// What can be told of an assertion without a key: that it says to be made by `client` for `issuer`
/// and now, in a form that we take. Only then are keys worth fetching for it. Yields the key id it
/// names; the rest is not to be believed before [`verify_client_assertion`].
///
/// # Errors
/// [`Refusal`] at the first clause that does not hold.
pub fn precheck_client_assertion(
    raw: &str,
    client: &str,
    issuer: &str,
    now: Timestamp,
) -> Result<Option<String>, Refusal> {
    let jws = Jws::parse(raw, MAX_ASSERTION_BYTES)?;
    jws.precheck(&POLICY)?;
    judge(Claims(jws.unverified_claims()), client, issuer, now)?;
    Ok(jws.unverified_kid().map(str::to_owned))
}

/// Verifies that `client` made this assertion for `issuer`, which is us.
///
/// # Errors
/// [`Refusal`] at the first clause that does not hold.
pub fn verify_client_assertion(
    raw: &str,
    keys: &KeySet,
    client: &str,
    issuer: &str,
    now: Timestamp,
) -> Result<ClientAssertion, Refusal> {
    let payload = Jws::parse(raw, MAX_ASSERTION_BYTES)?.verify(keys, &POLICY)?; // RFC 7523 §3 (9)
    judge(Claims(payload.value()), client, issuer, now)
}

fn judge(
    claims: Claims<'_>,
    client: &str,
    issuer: &str,
    now: Timestamp,
) -> Result<ClientAssertion, Refusal> {
    if claims.required_text("iss")? != client {
        return Err(claim("iss", "is another client")); // (1)
    }
    if claims.required_text("sub")? != client {
        return Err(claim("sub", "is another client")); // (2)
    }
    if claims.required_text("aud")? != issuer {
        return Err(claim("aud", "is not our issuer")); // (3), rfc7523bis §4: never a list
    }
    let exp = claims.unexpired(now.minus(LEEWAY))?; // (4)
    if exp > now.plus(MAX_LIFE + LEEWAY) {
        return Err(claim("exp", "is too far ahead"));
    }
    claims.begun("nbf", now.plus(LEEWAY))?; // (5)
    claims.begun("iat", now.plus(LEEWAY))?; // (6)
    let jti = claims.required_text("jti")?; // (7)
    if !(1..=255).contains(&jti.len()) {
        return Err(claim("jti", "is not 1 to 255 bytes"));
    }
    Ok(ClientAssertion { jti: jti.to_owned(), exp })
}

const MAX_ASSERTION_BYTES: usize = 8 * 1024;
const MAX_LIFE: Duration = Duration::from_mins(5);
const LEEWAY: Duration = Duration::from_mins(1);

/// Which algorithm a client uses is its choice among ours; its key fixes the kind.
const POLICY: VerifyPolicy<'static> = VerifyPolicy {
    algorithms: &Algorithm::ALL,
    types: &[None, Some("JWT"), Some("client-authentication+jwt")],
    allow_missing_kid: true,
};
