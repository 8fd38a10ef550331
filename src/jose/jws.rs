//! The compact JWS (RFC 7515 §3.1): its structure, and then its signature. What the claims mean is
//! judged in the rooms' other files.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, crypto::aws_lc::DEFAULT_PROVIDER};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::jose::{algorithm::Algorithm, json, keys::KeySet, refusal::Refusal};

/// A token of sound structure, of which nothing is verified.
pub struct Jws<'a> {
    header: Header,
    payload: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

/// What a kind of token demands of its header.
#[derive(Clone, Copy, Debug)]
pub struct VerifyPolicy<'a> {
    /// The pinned algorithms; the token may only name one of them (RFC 8725 §3.1).
    pub algorithms: &'a [Algorithm],
    /// The allowed `typ`, such as `[None, Some("JWT")]`; `None` stands for an absent one. Compared
    /// without case and without the prefix `application/` (RFC 7515 §4.1.9).
    pub types: &'a [Option<&'a str>],
    /// Whether `kid` may be missing when exactly one key fits (OIDC Core §10.1).
    pub allow_missing_kid: bool,
}

/// The claims of a token whose signature holds. They are still to be judged.
pub struct VerifiedPayload {
    claims: Map<String, Value>,
    algorithm: Algorithm,
}

impl<'a> Jws<'a> {
    /// Takes a token apart, strictly: three segments of canonical base64url, two JSON objects without
    /// repeated members, a known asymmetric algorithm, no extension.
    ///
    /// # Errors
    /// [`Refusal`] at the first flaw.
    pub fn parse(token: &'a str, max_bytes: usize) -> Result<Self, Refusal> {
        if token.len() > max_bytes {
            return Err(Refusal::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(SEGMENTS)?;
        let (header, payload) = signed.split_once('.').ok_or(SEGMENTS)?;
        if payload.contains('.') {
            return Err(SEGMENTS);
        }
        let header = Header::read(&object(header, "header")?)?;
        let payload = object(payload, "payload")?;
        let signature = decoded(signature, "signature")?;
        if signature.is_empty() {
            return Err(Refusal::Malformed("signature is empty"));
        }
        Ok(Self { header, payload, signed, signature })
    }

    /// The key the token names.
    #[must_use]
    pub fn unverified_kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The issuer the token names, for choosing where to look; not yet believed.
    #[must_use]
    pub fn unverified_issuer(&self) -> Option<&str> {
        self.payload.get("iss")?.as_str()
    }

    /// The claims, for refusing early what no key could save.
    pub(super) fn unverified_claims(&self) -> &Map<String, Value> {
        &self.payload
    }

    /// The part of [`Self::verify`] that needs no key: algorithm, type, presence of a key id.
    ///
    /// # Errors
    /// [`Refusal::Algorithm`], [`Refusal::Type`], [`Refusal::NoKeyId`].
    pub fn precheck(&self, policy: &VerifyPolicy<'_>) -> Result<(), Refusal> {
        if !policy.algorithms.contains(&self.header.algorithm) {
            return Err(Refusal::Algorithm);
        }
        let typ = self.header.typ.as_deref().map(media_type);
        let same = |allowed: Option<&str>| match (allowed, typ) {
            (None, None) => true,
            (Some(allowed), Some(typ)) => media_type(allowed).eq_ignore_ascii_case(typ),
            _ => false,
        };
        if !policy.types.iter().copied().any(same) {
            return Err(Refusal::Type);
        }
        if self.header.kid.is_none() && !policy.allow_missing_kid {
            return Err(Refusal::NoKeyId);
        }
        Ok(())
    }

    /// Checks the signature by the pinned algorithms and the keys of one issuer.
    ///
    /// # Errors
    /// As [`Self::precheck`], and [`Refusal::UnknownKey`], [`Refusal::BadSignature`].
    pub fn verify(
        self,
        keys: &KeySet,
        policy: &VerifyPolicy<'_>,
    ) -> Result<VerifiedPayload, Refusal> {
        self.precheck(policy)?;
        let algorithm = self.header.algorithm;
        let good = match self.header.kid.as_deref() {
            Some(kid) if !keys.has(kid) => return Err(Refusal::UnknownKey),
            Some(kid) => {
                let mut fitting = keys.named(kid).filter(|key| key.fits(algorithm)).peekable();
                fitting.peek().ok_or(Refusal::Algorithm)?;
                fitting.any(|key| self.is_signed_by(&key.key))
            }
            None => self.is_signed_by(&keys.only(algorithm).ok_or(Refusal::NoKeyId)?.key),
        };
        let Self { payload: claims, .. } = self;
        good.then_some(VerifiedPayload { claims, algorithm }).ok_or(Refusal::BadSignature)
    }

    /// Asks the one crypto provider by name: the process-wide default of jsonwebtoken panics when
    /// another crate of the program switches its second provider on.
    fn is_signed_by(&self, key: &DecodingKey) -> bool {
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&self.header.algorithm.backend(), key);
        verifier.is_ok_and(|it| it.verify(self.signed.as_bytes(), &self.signature).is_ok())
    }
}

impl VerifiedPayload {
    /// The claims as a type of the caller's.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when they do not fit it.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        T::deserialize(&self.claims).map_err(|_| Refusal::Malformed("claims"))
    }

    /// The claims as they came.
    #[must_use]
    pub fn value(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The claims, to keep.
    #[must_use]
    pub fn into_value(self) -> Map<String, Value> {
        self.claims
    }

    /// The algorithm that signed them.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl fmt::Debug for Jws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jws([redacted])")
    }
}

impl fmt::Debug for VerifiedPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifiedPayload([redacted])")
    }
}

/// The claims of a token that says itself that nobody signed it (RFC 7519 §6), taken apart as strictly
/// as a signed one: nothing of it is proven.
pub(super) fn unsigned_claims(
    token: &str,
    max_bytes: usize,
) -> Result<Map<String, Value>, Refusal> {
    if token.len() > max_bytes {
        return Err(Refusal::TooLong);
    }
    let signed = token.strip_suffix('.').ok_or(SEGMENTS)?;
    let (header, payload) = signed.split_once('.').ok_or(SEGMENTS)?;
    let header = object(header, "header")?;
    let named = |name: &str, value: &str| header.get(name).and_then(Value::as_str) == Some(value);
    if !named("alg", "none") || !named("typ", "JWT") || header.len() != 2 {
        return Err(Refusal::Algorithm);
    }
    object(payload, "payload")
}

/// The header members that are believed; `jku`, `jwk`, `x5u` and `x5c` are never looked at, because a
/// key that a token brings along proves nothing.
struct Header {
    algorithm: Algorithm,
    kid: Option<String>,
    typ: Option<String>,
}

impl Header {
    fn read(members: &Map<String, Value>) -> Result<Self, Refusal> {
        let name = members.get("alg").and_then(Value::as_str).ok_or(Refusal::Algorithm)?;
        let algorithm = name.parse().map_err(|_| Refusal::Algorithm)?;
        if ["crit", "b64", "zip", "enc"].iter().any(|name| members.contains_key(*name)) {
            return Err(Refusal::Critical);
        }
        let kid = text(members, "kid", "kid")?;
        if !kid.as_deref().is_none_or(is_key_id) {
            return Err(Refusal::Malformed("kid"));
        }
        Ok(Self { algorithm, kid, typ: text(members, "typ", "typ")? })
    }
}

fn text(
    members: &Map<String, Value>,
    name: &str,
    fault: &'static str,
) -> Result<Option<String>, Refusal> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::Malformed(fault)),
    }
}

/// 1 to 256 printable ASCII characters.
pub(super) fn is_key_id(kid: &str) -> bool {
    (1..=256).contains(&kid.len()) && kid.bytes().all(|byte| matches!(byte, 0x20..=0x7E))
}

/// A media type without the prefix that RFC 7515 §4.1.9 lets be left out.
fn media_type(typ: &str) -> &str {
    match typ.split_at_checked(12) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
        _ => typ,
    }
}

fn object(segment: &str, part: &'static str) -> Result<Map<String, Value>, Refusal> {
    json::object(&decoded(segment, part)?).map_err(|_| Refusal::Malformed(part))
}

/// Base64url without padding, white space or unused bits (RFC 7515 §2): one spelling per token.
fn decoded(segment: &str, part: &'static str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(segment).map_err(|_| Refusal::Malformed(part))
}

const SEGMENTS: Refusal = Refusal::Malformed("not three segments");
