//! HKDF (RFC 5869) with a key that is kept.

use aws_lc_rs::hmac;

/// What keys are derived from: a pseudorandom key of HKDF-SHA-256 (RFC 5869), ready for use. It is that
/// of the crypto library in two lines: one that is kept costs a third of one that is set up every time.
pub(super) struct Root(hmac::Key);

impl Root {
    /// HKDF-Extract.
    pub(super) fn extract(salt: &[u8], secret: &[u8]) -> Self {
        let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, salt), secret);
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// The first block of HKDF-Expand, which is a key.
    pub(super) fn expand(&self, info: &[&[u8]]) -> hmac::Tag {
        let mut block = hmac::Context::with_key(&self.0);
        for part in info {
            block.update(part);
        }
        block.update(&[1]);
        block.sign()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};

    use super::*;

    /// RFC 5869 appendix A.1, of which the first block is ours; and the crypto library's own.
    #[test]
    fn keys_are_derived_as_hkdf_does() {
        let salt: Vec<u8> = (0..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let block = Root::extract(&salt, &[0x0b; 22]).expand(&[&info]);
        let expected = [
            0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a, 0x90, 0x43, 0x4f, 0x64, 0xd0, 0x36,
            0x2f, 0x2a, 0x2d, 0x2d, 0x0a, 0x90, 0xcf, 0x1a, 0x5a, 0x4c, 0x5d, 0xb0, 0x2d, 0x56,
            0xec, 0xc4, 0xc5, 0xbf,
        ];
        assert_eq!(block.as_ref(), expected);
        let root = Salt::new(HKDF_SHA256, b"salt").extract(b"secret");
        let mut theirs = [0; 32];
        root.expand(&[b"se", b"al"], HKDF_SHA256).unwrap().fill(&mut theirs).unwrap();
        assert_eq!(Root::extract(b"salt", b"secret").expand(&[b"seal"]).as_ref(), theirs);
    }
}
