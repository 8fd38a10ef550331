//! Identifiers, each a type of its own, so that none is handed over for another.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text_id! {
    /// One of our people (`sub` of our access tokens): `usr_` and 128 random bits.
    UserId;
    /// An OAuth client (RFC 6749 §2.2): registered, pre-registered, or the URL of its metadata document.
    ClientId;
    /// An identity provider: the stem of its file in `providers/`.
    ProviderId;
    /// A protected MCP server: the stem of its file in `servers/`.
    ServerId;
    /// A signing key (`kid`, RFC 7517 §4.5).
    KeyId;
    /// One access token (`jti`, RFC 7519 §4.1.7).
    TokenId;
}

impl UserId {
    /// A new id from 128 random bits.
    #[must_use]
    pub fn from_entropy(bytes: [u8; 16]) -> Self {
        Self(format!("usr_{}", URL_SAFE_NO_PAD.encode(bytes)))
    }
}

impl TokenId {
    /// A new id from 128 random bits.
    #[must_use]
    pub fn from_entropy(bytes: [u8; 16]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// One grant: everything that followed from one consent at one sign-in, and the unit of revocation
/// (a refresh-token family, OAuth 2.1 §4.3.1). Written as base64url of its 128 bits. It names, and
/// opens nothing: the secret in a token is another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantId([u8; 16]);

impl GrantId {
    /// A new id: the moment, in milliseconds since 1970, and 74 random bits (RFC 9562 §5.7). Ids made one
    /// after another stand side by side in an index, so that it grows at its end, and writes one page there
    /// instead of one anywhere for each.
    #[must_use]
    pub fn new(millis: u64, random: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        bytes[6] = VERSION_7 | bytes[6] & 0x0f;
        bytes[8] = VARIANT | bytes[8] & 0x3f;
        Self(bytes)
    }

    /// When it was made, in milliseconds since 1970; any number in an id that [`Self::new`] did not make.
    #[must_use]
    pub fn millis(&self) -> u64 {
        let mut bytes = [0; 8];
        bytes[2..].copy_from_slice(&self.0[..6]);
        u64::from_be_bytes(bytes)
    }

    /// The id of these bits: one that is read back, one of an older program, all of whose bits are random, or
    /// one that follows from a digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The raw bits.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrantId({self})")
    }
}

/// The text is not a grant id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a grant id")]
pub struct NotAGrantId;

impl FromStr for GrantId {
    type Err = NotAGrantId;

    fn from_str(text: &str) -> Result<Self, NotAGrantId> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotAGrantId)?;
        bytes.try_into().map(Self).map_err(|_| NotAGrantId)
    }
}

impl Serialize for GrantId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GrantId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// What a UUID of version 7 has at the head of its seventh byte.
const VERSION_7: u8 = 0x70;
/// What every UUID of RFC 9562 has at the head of its ninth.
const VARIANT: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 9562, appendix A.6.
    #[test]
    fn a_new_grant_id_is_a_uuid_of_version_7() {
        let random = [0xfc, 0xc3, 0xd8, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f];
        let grant = GrantId::new(0x017f_22e2_79b0, random);
        let uuid = 0x017f_22e2_79b0_7cc3_98c4_dc0c_0c07_398f_u128;
        assert_eq!(grant.as_bytes(), &uuid.to_be_bytes());
        assert_eq!(grant.millis(), 0x017f_22e2_79b0);
    }

    #[test]
    fn a_grant_id_made_later_comes_after_one_made_before() {
        let (before, after) = (GrantId::new(255, [255; 10]), GrantId::new(256, [0; 10]));
        assert!(before < after);
    }

    #[test]
    fn a_grant_id_is_22_characters_that_read_back_and_no_other_text_is_one() {
        let grant = GrantId::from_bytes([250; 16]);
        let text = grant.to_string();
        assert_eq!(text, "-vr6-vr6-vr6-vr6-vr6-g");
        assert_eq!(format!("{grant:?}"), format!("GrantId({text})"));
        assert_eq!(text.parse(), Ok(grant));
        for other in ["", "-vr6", &format!("{text}=="), &text.replace("-g", "-h"), &text.repeat(2)]
        {
            assert_eq!(other.parse::<GrantId>(), Err(NotAGrantId), "{other}");
        }
    }

    #[test]
    fn an_id_of_ours_is_made_of_all_its_random_bits() {
        assert_eq!(UserId::from_entropy([250; 16]).as_str(), "usr_-vr6-vr6-vr6-vr6-vr6-g");
        assert_eq!(TokenId::from_entropy([250; 16]).as_str(), "-vr6-vr6-vr6-vr6-vr6-g");
    }
}
