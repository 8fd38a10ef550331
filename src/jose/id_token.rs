//! ID tokens of identity providers, judged clause by clause (OIDC Core §3.1.3.7).

mod judge;

use std::{fmt, time::Duration};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use self::judge::{judge_kind, subject};
use crate::{
    ambient::Timestamp,
    jose::{
        algorithm::Algorithm,
        claims::Claims,
        jws::{Jws, unsigned_claims},
        keys::KeySet,
        refusal::Refusal,
    },
    protocol::issuer::Issuer,
};

/// What an ID token must say to be the one we asked for.
#[derive(Clone, Copy, Debug)]
pub struct IdTokenExpectations<'a> {
    /// The spellings of the issuer, one of which `iss` must equal byte for byte.
    pub issuers: &'a [String],
    /// Our client id at the provider.
    pub audience: &'a str,
    /// The nonce we sent; `None` when none was, and then the token may have none.
    pub nonce: Option<&'a str>,
    /// The pinned algorithms.
    pub algorithms: &'a [Algorithm],
    /// The access token that came with it; `at_hash`, when present, must be its hash.
    pub access_token: Option<&'a str>,
    /// The code that was exchanged for it; `c_hash`, when present, must be its hash.
    pub code: Option<&'a str>,
    /// The longest time since the person's sign-in; makes `auth_time` required.
    pub max_age: Option<Duration>,
    /// How far two clocks may differ.
    pub leeway: Duration,
    /// The longest time since `iat`.
    pub max_token_age: Duration,
    /// The longest time from `iat` to `exp`.
    pub max_lifetime: Duration,
    /// Whether `kid` may be missing when exactly one key fits (OIDC Core §10.1).
    pub allow_missing_kid: bool,
    /// Whether `aud` must be one string and no list, as Firebase writes it.
    pub single_audience: bool,
    /// For a token that no nonce ties to the sign-in: neither `iat` nor `auth_time`, which is then
    /// required, may be earlier than this, and `auth_time` no later than `iat`.
    pub since: Option<Timestamp>,
}

/// An ID token all of whose clauses hold. Made by [`verify_id_token`], or by
/// [`accept_unsigned_id_token`] where an emulator stands on this machine; prints no content.
///
/// ```compile_fail,E0451
/// use countersign::jose::id_token::VerifiedIdToken;
/// fn relabelled(token: VerifiedIdToken) -> VerifiedIdToken {
///     VerifiedIdToken { subject: "somebody else".to_owned(), ..token }
/// }
/// ```
#[derive(Clone)]
pub struct VerifiedIdToken {
    raw: Zeroizing<String>,
    issuer: String,
    subject: String,
    issued_at: Timestamp,
    auth_time: Option<Timestamp>,
    claims: Map<String, Value>,
}

/// Verifies an ID token with the keys of its issuer.
///
/// # Errors
/// [`Refusal`] at the first clause that does not hold.
pub fn verify_id_token(
    raw: &str,
    keys: &KeySet,
    expect: &IdTokenExpectations<'_>,
    now: Timestamp,
) -> Result<VerifiedIdToken, Refusal> {
    let jws = Jws::parse(raw, MAX_ID_TOKEN_BYTES)?; // §3.1.3.7 (1): an encrypted token does not parse
    expect.judge_parties(Claims(jws.unverified_claims()))?; // (2) to (5), again of the same claims
    let payload = jws.verify(keys, &expect.policy())?; // (6) to (8)
    expect.judge_hashes(Claims(payload.value()), payload.algorithm())?; // §3.1.3.8, §3.3.2.10
    judged(raw, payload.into_value(), expect, now)
}

/// Accepts an unsigned token of the Firebase emulator, all of whose claims hold. It proves nothing:
/// only whoever holds an [`UnsignedTokens`] may ask.
///
/// # Errors
/// [`Refusal`] at the first clause that does not hold.
pub fn accept_unsigned_id_token(
    raw: &str,
    expect: &IdTokenExpectations<'_>,
    now: Timestamp,
    _on_loopback: UnsignedTokens,
) -> Result<VerifiedIdToken, Refusal> {
    let claims = unsigned_claims(raw, MAX_ID_TOKEN_BYTES)?;
    expect.judge_parties(Claims(&claims))?;
    judged(raw, claims, expect, now)
}

/// The leave to accept unsigned tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsignedTokens(());

impl UnsignedTokens {
    /// Given only to a service that nobody but this machine reaches.
    #[must_use]
    pub fn on_loopback(public_url: &Issuer) -> Option<Self> {
        public_url.is_loopback().then_some(Self(()))
    }
}

/// The clauses that need neither key nor signature.
fn judged(
    raw: &str,
    claims: Map<String, Value>,
    expect: &IdTokenExpectations<'_>,
    now: Timestamp,
) -> Result<VerifiedIdToken, Refusal> {
    let read = Claims(&claims);
    let issued_at = expect.judge_times(read, now)?; // (9), (10)
    expect.judge_nonce(read)?; // (11)
    let auth_time = expect.judge_auth_time(read, issued_at, now)?; // (13)
    judge_kind(read)?;
    Ok(VerifiedIdToken {
        raw: Zeroizing::new(raw.to_owned()),
        issuer: read.required_text("iss")?.to_owned(),
        subject: subject(read)?.to_owned(),
        issued_at,
        auth_time,
        claims,
    })
}

/// What can be refused before any key is fetched: structure, algorithm, type, issuer, audience and
/// expiry. Returns the key id the token names.
///
/// # Errors
/// [`Refusal`] at the first clause that does not hold.
pub fn precheck_id_token(
    raw: &str,
    expect: &IdTokenExpectations<'_>,
    now: Timestamp,
) -> Result<Option<String>, Refusal> {
    let jws = Jws::parse(raw, MAX_ID_TOKEN_BYTES)?;
    jws.precheck(&expect.policy())?;
    let claims = Claims(jws.unverified_claims());
    expect.judge_parties(claims)?;
    claims.unexpired(now.minus(expect.leeway))?;
    Ok(jws.unverified_kid().map(str::to_owned))
}

impl VerifiedIdToken {
    /// The issuer as the token spells it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The person's id at the issuer.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// When the person signed in, if the provider says so.
    #[must_use]
    pub fn auth_time(&self) -> Option<Timestamp> {
        self.auth_time
    }

    /// The provider's session (`sid`, OIDC Back-Channel Logout §2.1).
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.claims.get("sid")?.as_str()
    }

    /// All claims.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The token itself, for `id_token_hint` (OIDC RP-Initiated Logout §2) and nothing else.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }
}

impl fmt::Debug for VerifiedIdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifiedIdToken([redacted])")
    }
}

/// The longest ID token read.
pub const MAX_ID_TOKEN_BYTES: usize = 16 * 1024;
