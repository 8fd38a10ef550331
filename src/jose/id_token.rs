//! ID tokens of identity providers, judged clause by clause (OIDC Core §3.1.3.7).

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

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
}

/// An ID token all of whose clauses hold. Made by [`verify_id_token`] only; prints no content.
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
    let claims = Claims(payload.value());
    let issued_at = expect.judge_times(claims, now)?; // (9), (10)
    expect.judge_nonce(claims)?; // (11)
    let auth_time = expect.judge_auth_time(claims, now)?; // (13)
    expect.judge_hashes(claims, payload.algorithm())?; // §3.1.3.8, §3.3.2.10
    judge_kind(claims)?;
    Ok(VerifiedIdToken {
        raw: Zeroizing::new(raw.to_owned()),
        issuer: claims.required_text("iss")?.to_owned(),
        subject: subject(claims)?.to_owned(),
        issued_at,
        auth_time,
        claims: payload.into_value(),
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

impl<'a> IdTokenExpectations<'a> {
    fn policy(&self) -> VerifyPolicy<'a> {
        VerifyPolicy {
            algorithms: self.algorithms,
            types: &[None, Some("JWT")],
            allow_missing_kid: self.allow_missing_kid,
        }
    }

    fn judge_parties(&self, claims: Claims<'_>) -> Result<(), Refusal> {
        let issuer = claims.required_text("iss")?;
        if !self.issuers.iter().any(|known| known == issuer) {
            return Err(claim("iss", "is not the provider"));
        }
        let audiences = claims.audiences()?;
        if !audiences.contains(&self.audience) {
            return Err(claim("aud", "is another client"));
        }
        match claims.text("azp")? {
            None if audiences.len() > 1 => Err(claim("azp", "is missing beside several audiences")),
            Some(other) if other != self.audience => Err(claim("azp", "is another client")),
            _ => Ok(()),
        }
    }

    fn judge_times(&self, claims: Claims<'_>, now: Timestamp) -> Result<Timestamp, Refusal> {
        let exp = claims.unexpired(now.minus(self.leeway))?;
        claims.begun("nbf", now.plus(self.leeway))?;
        let iat = claims.begun("iat", now.plus(self.leeway))?.ok_or(claim("iat", "is missing"))?;
        if now.since(iat) > self.max_token_age.saturating_add(self.leeway) {
            return Err(claim("iat", "is too long ago"));
        }
        if exp <= iat || exp.since(iat) > self.max_lifetime {
            return Err(claim("exp", "does not fit `iat`"));
        }
        Ok(iat)
    }

    fn judge_nonce(&self, claims: Claims<'_>) -> Result<(), Refusal> {
        match (self.nonce, claims.text("nonce")?) {
            (Some(_), None) => Err(claim("nonce", "is missing")),
            (ours, theirs) if ours == theirs => Ok(()),
            _ => Err(claim("nonce", "is not the one we sent")),
        }
    }

    fn judge_auth_time(
        &self,
        claims: Claims<'_>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Refusal> {
        let auth_time = claims.begun("auth_time", now.plus(self.leeway))?;
        if let Some(max_age) = self.max_age {
            let signed_in = auth_time.ok_or(claim("auth_time", "is missing"))?;
            if now.since(signed_in) > max_age.saturating_add(self.leeway) {
                return Err(claim("auth_time", "is too long ago"));
            }
        }
        Ok(auth_time)
    }

    /// What came beside the token must be what it was issued with.
    fn judge_hashes(&self, claims: Claims<'_>, by: Algorithm) -> Result<(), Refusal> {
        let fits = |name, beside: Option<&str>, why| match (claims.text(name)?, beside) {
            (Some(hash), Some(text)) if hash != left_half(text, by) => Err(claim(name, why)),
            _ => Ok(()),
        };
        fits("at_hash", self.access_token, "is that of another access token")?;
        fits("c_hash", self.code, "is that of another code")
    }
}

/// Tokens of other kinds that may otherwise look alike: logout and event tokens (`events`, RFC 8417
/// §2.2), Cognito's access tokens (`token_use`), Keycloak's access and refresh tokens (`typ`).
fn judge_kind(claims: Claims<'_>) -> Result<(), Refusal> {
    if claims.0.contains_key("events") {
        return Err(claim("events", "belongs to no ID token"));
    }
    if claims.0.get("token_use").is_some_and(|use_| use_ != "id") {
        return Err(claim("token_use", "is not that of an ID token"));
    }
    let typ = claims.0.get("typ").and_then(Value::as_str).unwrap_or("ID");
    if !["ID", "JWT"].iter().any(|fine| fine.eq_ignore_ascii_case(typ)) {
        return Err(claim("typ", "is not that of an ID token"));
    }
    Ok(())
}

/// OIDC Core §2: at most 255 characters, and nothing that could break a line or a log.
fn subject(claims: Claims<'_>) -> Result<&str, Refusal> {
    let sub = claims.required_text("sub")?;
    let fine = (1..=255).contains(&sub.len()) && !sub.chars().any(char::is_control);
    fine.then_some(sub).ok_or(claim("sub", "is not 1 to 255 printable characters"))
}

/// The left half of the hash that belongs to the algorithm (OIDC Core §3.1.3.6).
fn left_half(text: &str, algorithm: Algorithm) -> String {
    let hash = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => Sha256::digest(text).to_vec(),
        Algorithm::Rs384 | Algorithm::Ps384 | Algorithm::Es384 => Sha384::digest(text).to_vec(),
        Algorithm::Rs512 | Algorithm::Ps512 | Algorithm::EdDsa => Sha512::digest(text).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(hash.split_at(hash.len() / 2).0)
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
