//! One public key as a provider publishes it (JWK, RFC 7517 §4), and the rules by which we use it.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey, VerificationAlgorithm,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::jose::{
    algorithm::{Algorithm, Family},
    jws::is_key_id,
    keys::PublicKey,
};

/// The members of a JWK that we look at.
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl Jwk {
    /// A JWK with a private or symmetric member is no public key, whatever else stands in it.
    pub(super) fn read(jwk: &Value) -> Option<Self> {
        let public = PRIVATE.iter().all(|member| jwk.get(member).is_none());
        public.then(|| Self::deserialize(jwk).ok())?
    }

    /// The key, if it may verify signatures by one of `allowed`.
    pub(super) fn usable(&self, allowed: &[Algorithm]) -> Option<PublicKey> {
        let for_signatures = self.purpose.as_deref().is_none_or(|it| it == "sig")
            && self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"))
            && self.kid.as_deref().is_none_or(is_key_id);
        let algorithm = self.alg.as_deref().map(str::parse::<Algorithm>).transpose().ok()?;
        let (family, key) = self.key()?;
        let key = PublicKey { kid: self.kid.clone(), family, algorithm, key };
        (for_signatures && allowed.iter().any(|one| key.fits(*one))).then_some(key)
    }

    fn key(&self) -> Option<(Family, DecodingKey)> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Some((Family::Rsa, self.rsa()?)),
            ("EC", Some("P-256")) => {
                Some((Family::P256, self.curve_point(32, &ECDSA_P256_SHA256_FIXED)?))
            }
            ("EC", Some("P-384")) => {
                Some((Family::P384, self.curve_point(48, &ECDSA_P384_SHA384_FIXED)?))
            }
            ("OKP", Some("Ed25519")) => {
                let x = decoded(self.x.as_deref())?;
                (x.len() == 32).then(|| (Family::Ed25519, DecodingKey::from_ed_der(&x)))
            }
            _ => None,
        }
    }

    /// RFC 7518 §6.3.1; 2048 to 8192 bits, exponent 65537.
    fn rsa(&self) -> Option<DecodingKey> {
        let (n, e) = (decoded(self.n.as_deref())?, decoded(self.e.as_deref())?);
        let (n, e) = (without_zeros(&n), without_zeros(&e));
        let bits = n.len() * 8 - usize::try_from(n.first()?.leading_zeros()).ok()?;
        let fine = (2048..=8192).contains(&bits) && e == [1, 0, 1];
        fine.then(|| DecodingKey::from_rsa_raw_components(n, e))
    }

    /// RFC 7518 §6.2.1: both coordinates in full length, on the curve.
    fn curve_point(
        &self,
        length: usize,
        curve: &'static dyn VerificationAlgorithm,
    ) -> Option<DecodingKey> {
        let (x, y) = (decoded(self.x.as_deref())?, decoded(self.y.as_deref())?);
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        let fine = x.len() == length
            && y.len() == length
            && ParsedPublicKey::new(curve, point.as_slice()).is_ok();
        fine.then(|| DecodingKey::from_ec_der(&point))
    }
}

/// The thumbprint of a public key (RFC 7638 §3, SHA-256); `None` when a required member is missing.
#[must_use]
pub fn thumbprint(jwk: &Value) -> Option<String> {
    let member = |name: &str| jwk.get(name)?.as_str();
    let required: &[&str] = match member("kty")? {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    let text = |name: &&str| Some(format!("\"{name}\":{}", Value::from(member(name)?)));
    let members = required.iter().map(text).collect::<Option<Vec<_>>>()?;
    let canonical = format!("{{{}}}", members.join(","));
    Some(URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes())))
}

fn decoded(text: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Private members of RSA, EC, OKP (RFC 7518 §6.2.2, §6.3.2, RFC 8037 §2) and the symmetric `k`.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
