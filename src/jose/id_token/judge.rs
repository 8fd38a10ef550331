//! The clauses of OIDC Core §3.1.3.7, one function each.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::IdTokenExpectations;
use crate::{
    ambient::Timestamp,
    jose::{
        algorithm::Algorithm,
        claims::Claims,
        jws::VerifyPolicy,
        refusal::{Refusal, claim},
    },
};

impl<'a> IdTokenExpectations<'a> {
    pub(super) fn policy(&self) -> VerifyPolicy<'a> {
        VerifyPolicy {
            algorithms: self.algorithms,
            types: &[None, Some("JWT")],
            allow_missing_kid: self.allow_missing_kid,
        }
    }

    pub(super) fn judge_parties(&self, claims: Claims<'_>) -> Result<(), Refusal> {
        let issuer = claims.required_text("iss")?;
        if !self.issuers.iter().any(|known| known == issuer) {
            return Err(claim("iss", "is not the provider"));
        }
        let audiences = claims.audiences()?;
        if self.single_audience && !claims.0.get("aud").is_some_and(Value::is_string) {
            return Err(claim("aud", "is not one string"));
        }
        if !audiences.contains(&self.audience) {
            return Err(claim("aud", "is another client"));
        }
        match claims.text("azp")? {
            None if audiences.len() > 1 => Err(claim("azp", "is missing beside several audiences")),
            Some(other) if other != self.audience => Err(claim("azp", "is another client")),
            _ => Ok(()),
        }
    }

    pub(super) fn judge_times(
        &self,
        claims: Claims<'_>,
        now: Timestamp,
    ) -> Result<Timestamp, Refusal> {
        let exp = claims.unexpired(now.minus(self.leeway))?;
        claims.begun("nbf", now.plus(self.leeway))?;
        let iat = claims.begun("iat", now.plus(self.leeway))?.ok_or(claim("iat", "is missing"))?;
        if now.since(iat) > self.max_token_age.saturating_add(self.leeway) {
            return Err(claim("iat", "is too long ago"));
        }
        if self.since.is_some_and(|began| iat < began) {
            return Err(claim("iat", BEFORE));
        }
        if exp <= iat || exp.since(iat) > self.max_lifetime {
            return Err(claim("exp", "does not fit `iat`"));
        }
        Ok(iat)
    }

    pub(super) fn judge_nonce(&self, claims: Claims<'_>) -> Result<(), Refusal> {
        match (self.nonce, claims.text("nonce")?) {
            (Some(_), None) => Err(claim("nonce", "is missing")),
            (ours, theirs) if ours == theirs => Ok(()),
            _ => Err(claim("nonce", "is not the one we sent")),
        }
    }

    pub(super) fn judge_auth_time(
        &self,
        claims: Claims<'_>,
        issued_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Refusal> {
        let auth_time = claims.begun("auth_time", now.plus(self.leeway))?;
        if let Some(max_age) = self.max_age {
            let signed_in = auth_time.ok_or(claim("auth_time", "is missing"))?;
            if now.since(signed_in) > max_age.saturating_add(self.leeway) {
                return Err(claim("auth_time", "is too long ago"));
            }
        }
        if let Some(began) = self.since {
            let signed_in = auth_time.ok_or(claim("auth_time", "is missing"))?;
            if signed_in < began {
                return Err(claim("auth_time", BEFORE));
            }
            if signed_in > issued_at {
                return Err(claim("auth_time", "is later than `iat`"));
            }
        }
        Ok(auth_time)
    }

    /// What came beside the token must be what it was issued with.
    pub(super) fn judge_hashes(&self, claims: Claims<'_>, by: Algorithm) -> Result<(), Refusal> {
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
pub(super) fn judge_kind(claims: Claims<'_>) -> Result<(), Refusal> {
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
pub(super) fn subject(claims: Claims<'_>) -> Result<&str, Refusal> {
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

const BEFORE: &str = "is before the sign-in began";
