//! PKCE (RFC 7636), S256 only: `plain` has no type here.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A `code_challenge` for S256: base64url of 32 bytes (RFC 7636 §4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Challenge(String);

impl Challenge {
    /// Accepts the canonical base64url text of 32 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The text as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `verifier` is the one this challenge was made of, in constant time (RFC 7636 §4.6).
    #[must_use]
    pub fn matches(&self, verifier: &Verifier) -> bool {
        verifier.challenge().0.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

/// A `code_verifier`: 43 to 128 unreserved characters (RFC 7636 §4.1).
#[derive(Clone)]
pub struct Verifier(Zeroizing<String>);

impl Verifier {
    /// Accepts 43 to 128 unreserved characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        let good = (43..=128).contains(&text.len()) && text.bytes().all(unreserved);
        good.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// A new verifier from 256 random bits.
    #[must_use]
    pub fn from_entropy(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The S256 challenge of this verifier.
    #[must_use]
    pub fn challenge(&self) -> Challenge {
        Challenge(URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes())))
    }

    /// The text, for the token request.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_matches() {
        let verifier = Verifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        let challenge = Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        assert!(challenge.matches(&verifier));
        assert!(!challenge.matches(&Verifier::from_entropy([0; 32])));
        assert_eq!(format!("{verifier:?}"), "[redacted]");
    }

    #[test]
    fn short_long_and_odd_verifiers_are_refused() {
        assert!(Verifier::parse(&"a".repeat(42)).is_none());
        assert!(Verifier::parse(&"a".repeat(129)).is_none());
        assert!(Verifier::parse(&"é".repeat(30)).is_none());
        assert!(Verifier::parse(&format!("{} ", "a".repeat(42))).is_none());
        assert!(Verifier::parse(&"a".repeat(128)).is_some());
        assert!(Challenge::parse("plain").is_none());
        assert!(Challenge::parse(&"A".repeat(44)).is_none());
    }
}
