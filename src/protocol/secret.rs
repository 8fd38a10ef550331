//! Secrets: 256 random bits behind a prefix that secret scanners recognise. They print
//! `[redacted]`, leave memory when dropped, and are stored as SHA-256 digests only.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A SHA-256 digest, the only form in which a secret is kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// A digest read back from the store.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Equality in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

macro_rules! secret {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// What every such secret begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new secret from 256 random bits.
            #[must_use]
            pub fn from_entropy(bytes: [u8; 32]) -> Self {
                Self(Zeroizing::new(format!("{}{}", $prefix, URL_SAFE_NO_PAD.encode(bytes))))
            }

            /// Accepts exactly what [`Self::from_entropy`] makes: prefix, length and canonical base64url.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let body = text.strip_prefix($prefix)?;
                let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(body).ok()?);
                (bytes.len() == 32).then(|| Self(Zeroizing::new(text.to_owned())))
            }

            /// The text, for the one party it is meant for.
            #[must_use]
            pub fn reveal(&self) -> &str {
                &self.0
            }

            /// The form to store and to look up by.
            #[must_use]
            pub fn digest(&self) -> Digest {
                Digest::of(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[redacted]")
            }
        }
    )*};
}

secret! {
    /// An authorization code (RFC 6749 §4.1.2).
    AuthorizationCode = "cs_ac_";
    /// The secret of a confidential client (RFC 6749 §2.3.1).
    ClientSecret = "cs_cs_";
    /// Our own `state` towards an identity provider (RFC 6749 §10.12).
    UpstreamState = "cs_st_";
    /// The cookie value that binds a page or a sign-in to one browser.
    BrowserToken = "cs_bt_";
    /// The cookie value of a signed-in browser.
    SessionToken = "cs_se_";
    /// An access token that says nothing by itself (RFC 6749 §1.4); what it stands for is stored.
    OpaqueAccessToken = "cs_at_";
    /// An access token that a person or an operator made by hand, for programs without a browser.
    PersonalAccessToken = "cs_pat_";
}

/// A refresh token (RFC 6749 §1.5): `cs_rt_` and base64url of grant id (16 bytes), generation (4,
/// big-endian), 256 random bits and a 128-bit tag. The tag, made with a key of ours, tells a token we
/// once issued from an invented one, so that an old token is recognised as *reuse* without a row per
/// rotation, and a damaged one changes nothing.
#[derive(Clone)]
pub struct RefreshToken {
    text: Zeroizing<String>,
    bytes: Zeroizing<[u8; Self::LEN]>,
}

impl RefreshToken {
    /// What every refresh token begins with.
    pub const PREFIX: &'static str = "cs_rt_";
    /// Bytes before the tag.
    pub const BODY: usize = 52;
    const LEN: usize = 68;

    /// The bytes that the tag covers.
    #[must_use]
    pub fn body(grant: super::id::GrantId, generation: u32, random: [u8; 32]) -> [u8; Self::BODY] {
        let mut body = [0; Self::BODY];
        let parts = grant.as_bytes().iter().copied().chain(generation.to_be_bytes()).chain(random);
        for (to, from) in body.iter_mut().zip(parts) {
            *to = from;
        }
        body
    }

    /// Joins a body and its tag.
    #[must_use]
    pub fn compose(body: [u8; Self::BODY], tag: [u8; 16]) -> Self {
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        for (to, from) in bytes.iter_mut().zip(body.into_iter().chain(tag)) {
            *to = from;
        }
        let text = format!("{}{}", Self::PREFIX, URL_SAFE_NO_PAD.encode(*bytes));
        Self { text: Zeroizing::new(text), bytes }
    }

    /// Accepts prefix, exact length and canonical base64url; the tag is still unverified.
    #[must_use]
    pub fn parse_unverified(text: &str) -> Option<Self> {
        let decoded = URL_SAFE_NO_PAD.decode(text.strip_prefix(Self::PREFIX)?).ok()?;
        let bytes = Zeroizing::new(<[u8; Self::LEN]>::try_from(decoded).ok()?);
        Some(Self { text: Zeroizing::new(text.to_owned()), bytes })
    }

    /// The grant the token belongs to.
    #[must_use]
    pub fn grant(&self) -> super::id::GrantId {
        let mut id = [0; 16];
        id.copy_from_slice(self.bytes.split_at(16).0);
        super::id::GrantId::from_bytes(id)
    }

    /// How many rotations preceded this token.
    #[must_use]
    pub fn generation(&self) -> u32 {
        let number = self.bytes.iter().skip(16).take(4);
        number.fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
    }

    /// The tagged bytes and the tag.
    #[must_use]
    pub fn split(&self) -> (&[u8], &[u8]) {
        self.bytes.split_at(Self::BODY)
    }

    /// The text, for the client it is issued to.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The form to store and to compare with.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.text)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::id::GrantId;

    #[test]
    fn a_secret_prints_nothing_and_parses_back() {
        let code = AuthorizationCode::from_entropy([7; 32]);
        assert_eq!(format!("{code:?}"), "[redacted]");
        let again = AuthorizationCode::parse(code.reveal()).unwrap();
        assert!(again.digest().matches(&code.digest()));
    }

    #[test]
    fn a_secret_of_another_kind_length_or_spelling_is_refused() {
        let code = AuthorizationCode::from_entropy([7; 32]);
        assert!(ClientSecret::parse(code.reveal()).is_none());
        assert!(AuthorizationCode::parse(&code.reveal()[..code.reveal().len() - 1]).is_none());
        assert!(AuthorizationCode::parse(&format!("{}=", code.reveal())).is_none());
        let mut other = code.reveal().to_owned();
        other.pop();
        other.push('d'); // same bytes, unused bits set: not canonical
        assert!(AuthorizationCode::parse(&other).is_none());
    }

    #[test]
    fn a_refresh_token_carries_its_grant_and_generation() {
        let grant = GrantId::from_bytes([3; 16]);
        let token = RefreshToken::compose(RefreshToken::body(grant, 70_000, [9; 32]), [1; 16]);
        let read = RefreshToken::parse_unverified(token.reveal()).unwrap();
        assert_eq!((read.grant(), read.generation()), (grant, 70_000));
        assert_eq!(read.split().1, [1; 16]);
        assert_eq!(format!("{read:?} {:?}", read.digest()), "[redacted] Digest(…)");
    }

    #[test]
    fn a_digest_matches_itself_alone() {
        let digest = Digest::of("a");
        assert!(digest.matches(&Digest::from_bytes(*digest.as_bytes())));
        let mut other = *digest.as_bytes();
        other[31] ^= 1;
        assert!(!digest.matches(&Digest::from_bytes(other)));
    }
}
