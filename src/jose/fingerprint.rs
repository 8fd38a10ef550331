//! Fingerprints of tokens, by which one that was verified lately is found again.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};

/// What one token is known by, in this process and nowhere else.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint([u8; LENGTH]);

/// It is of use to nobody, and would be one less secret if it were seen.
impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Takes fingerprints, with a random key of its own.
///
/// A fingerprint is the GMAC (NIST SP 800-38D) of a token's every byte, always with the same nonce: a
/// universal hash. For whoever does not know the key and sees no fingerprint, two texts of up to 16 KiB
/// have the same one with a chance below 2^-117, whatever they compute, and a guess meets one of ten
/// thousand kept tokens with one below 2^-103. A digest takes ten times as long where the processor
/// has no instructions for it.
pub(crate) struct Fingerprints(LessSafeKey);

impl Fingerprints {
    /// With a new key.
    #[expect(
        clippy::expect_used,
        reason = "without randomness no secret may be made: stop at once"
    )]
    pub(crate) fn new() -> Self {
        let mut key = [0; 32];
        rand::fill(&mut key).expect("the operating system gives random bytes");
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).expect("32 bytes of key")))
    }

    /// The fingerprint of a token.
    #[expect(clippy::expect_used, reason = "AES-GCM fails only beyond 64 GiB")]
    pub(crate) fn of(&self, token: &str) -> Fingerprint {
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(token), &mut []);
        let mut print = [0; LENGTH];
        print.copy_from_slice(tag.expect("the token fits").as_ref());
        Fingerprint(print)
    }
}

/// Bytes of a fingerprint.
const LENGTH: usize = 16;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_has_one_and_every_change_of_it_another(token in "[ -~]{0,80}", at: usize) {
            let prints = Fingerprints::new();
            let mut changed = token.clone().into_bytes();
            match changed.len() {
                0 => changed.push(b'x'),
                length => changed[at % length] ^= 1,
            }
            let changed = String::from_utf8(changed).unwrap();
            prop_assert!(prints.of(&token) == prints.of(&token));
            prop_assert!(prints.of(&token) != prints.of(&changed));
        }
    }

    #[test]
    fn what_is_longer_by_zeros_is_another_token() {
        let prints = Fingerprints::new();
        let texts = ["", "\0", "\0\0", "a", "a\0", "a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"];
        let found: HashSet<_> = texts.iter().map(|text| prints.of(text)).collect();
        assert_eq!(found.len(), texts.len());
    }

    #[test]
    fn nobody_else_takes_the_same() {
        assert!(Fingerprints::new().of("token") != Fingerprints::new().of("token"));
    }
}
