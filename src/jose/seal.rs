//! Sealing with the master keys: what must be read back (signing keys, client secrets of providers,
//! pending sign-ins) rests encrypted; refresh tokens carry a tag that only we can make.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

use super::hkdf::Root;

/// The master keys at work: the first seals, all open. Every purpose has a subkey of its own (HKDF,
/// RFC 5869), so that nothing sealed for one can be opened as another.
pub struct Vault {
    first: MasterKey,
    older: Vec<MasterKey>,
}

/// The id of a master key, as it stands in front of what the key sealed. It tells keys apart and says
/// nothing about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MasterKeyId([u8; KEY_ID]);

impl MasterKeyId {
    /// The key that sealed this.
    #[must_use]
    pub fn of(sealed: &[u8]) -> Option<Self> {
        sealed.first_chunk().copied().map(Self)
    }
}

impl fmt::Display for MasterKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What sealing anew came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reseal {
    /// The first key had sealed it before.
    Needless,
    /// It is sealed with the first key now.
    Done(Vec<u8>),
    /// None of the keys opens it.
    Closed,
}

struct MasterKey {
    id: [u8; KEY_ID],
    root: Root,
    tags: hmac::Key,
}

impl Vault {
    /// A vault over master keys, newest first; `None` without any.
    #[must_use]
    pub fn new(keys: Vec<Zeroizing<[u8; 32]>>) -> Option<Self> {
        let mut keys = keys.into_iter().map(|key| MasterKey::new(&key));
        Some(Self { first: keys.next()?, older: keys.collect() })
    }

    /// Seals `plain` for one purpose (AES-256-GCM). `nonce` must be random and never used again.
    #[must_use]
    pub fn seal(&self, purpose: &str, plain: &[u8], nonce: [u8; NONCE_LEN]) -> Vec<u8> {
        let mut sealed = self.first.id.to_vec();
        sealed.extend(seal(&self.first.subkey(purpose), purpose.as_bytes(), plain, nonce));
        sealed
    }

    /// Opens what [`Self::seal`] made for the same purpose with any of the keys.
    #[must_use]
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.all().find_map(|key| key.open(purpose, sealed))
    }

    /// Seals with the first key what another one sealed for the same purpose. `nonce` must be random and
    /// never used again.
    #[must_use]
    pub fn reseal(&self, purpose: &str, sealed: &[u8], nonce: [u8; NONCE_LEN]) -> Reseal {
        if self.first.open(purpose, sealed).is_some() {
            return Reseal::Needless;
        }
        let opened = self.open(purpose, sealed);
        opened.map_or(Reseal::Closed, |plain| Reseal::Done(self.seal(purpose, &plain, nonce)))
    }

    /// The ids of the keys, in their order.
    pub fn ids(&self) -> impl Iterator<Item = MasterKeyId> {
        self.all().map(|key| MasterKeyId(key.id))
    }

    /// The tag of a refresh token's body (HMAC-SHA-256, 128 bits of it).
    #[must_use]
    pub fn tag(&self, body: &[u8; 52]) -> [u8; TAG] {
        self.first.tag(body)
    }

    /// Whether `tag` was made by any of the keys; takes the same time for every answer.
    #[must_use]
    pub fn tag_is_good(&self, body: &[u8], tag: &[u8]) -> bool {
        let good = |sum: Choice, key: &MasterKey| sum | key.tag(body).ct_eq(tag);
        self.all().fold(Choice::from(0), good).into()
    }

    fn all(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.first).chain(&self.older)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} keys, [redacted])", 1 + self.older.len())
    }
}

/// Seals `plain` under a key derived from a secret of 256 random bits: only who presents the secret
/// again can have it opened. `nonce` must be random and never used again.
#[must_use]
pub fn seal_under(secret: &str, plain: &[u8], nonce: [u8; NONCE_LEN]) -> Vec<u8> {
    seal(&key_from(secret), UNDER, plain, nonce)
}

/// Opens what [`seal_under`] made with the same secret.
#[must_use]
pub fn open_under(secret: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    open(&key_from(secret), UNDER, sealed)
}

impl MasterKey {
    fn new(key: &[u8; 32]) -> Self {
        let root = Root::extract(b"countersign master key v1", key);
        let mut id = [0; KEY_ID];
        let material = hmac::sign(&hmac_key(&root, b"key id"), b"key id");
        id.iter_mut().zip(material.as_ref()).for_each(|(to, from)| *to = *from);
        let tags = hmac_key(&root, b"refresh token tag");
        Self { id, root, tags }
    }

    fn subkey(&self, purpose: &str) -> LessSafeKey {
        aes_key(&self.root, &[b"seal", purpose.as_bytes()])
    }

    fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let rest = sealed.strip_prefix(&self.id)?;
        open(&self.subkey(purpose), purpose.as_bytes(), rest)
    }

    fn tag(&self, body: &[u8]) -> [u8; TAG] {
        let mut tag = [0; TAG];
        let whole = hmac::sign(&self.tags, body);
        tag.iter_mut().zip(whole.as_ref()).for_each(|(to, from)| *to = *from);
        tag
    }
}

fn key_from(secret: &str) -> LessSafeKey {
    aes_key(&Root::extract(UNDER, secret.as_bytes()), &[b"seal"])
}

fn hmac_key(root: &Root, purpose: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, root.expand(&[purpose]).as_ref())
}

#[expect(clippy::expect_used, reason = "a block is as long as the key")]
fn aes_key(root: &Root, purpose: &[&[u8]]) -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM, root.expand(purpose).as_ref());
    LessSafeKey::new(key.expect("32 bytes of key"))
}

/// Nonce, ciphertext, tag.
#[expect(clippy::expect_used, reason = "AES-GCM fails only beyond 64 GiB")]
fn seal(key: &LessSafeKey, about: &[u8], plain: &[u8], nonce: [u8; NONCE_LEN]) -> Vec<u8> {
    let mut body = plain.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(about), &mut body)
        .expect("the text fits");
    [nonce.as_slice(), &body].concat()
}

fn open(key: &LessSafeKey, about: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut body = Zeroizing::new(body.to_vec());
    let length = key.open_in_place(nonce, Aad::from(about), &mut body).ok()?.len();
    body.truncate(length);
    Some(body)
}

/// Bytes of a master key's id, in front of what it sealed.
const KEY_ID: usize = 4;
/// Bytes of a refresh token's tag.
const TAG: usize = 16;
const UNDER: &[u8] = b"countersign sealed under a token v1";

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(keys: &[u8]) -> Vault {
        Vault::new(keys.iter().map(|key| Zeroizing::new([*key; 32])).collect()).unwrap()
    }

    #[test]
    fn what_an_older_key_sealed_still_opens_and_the_newest_seals() {
        let sealed = vault(&[1]).seal("signing key", b"der", [7; 12]);
        let rotated = vault(&[2, 1]);
        assert_eq!(*rotated.open("signing key", &sealed).unwrap(), b"der");
        let again = rotated.seal("signing key", b"der", [7; 12]);
        assert_eq!(*vault(&[2]).open("signing key", &again).unwrap(), b"der");
        assert!(vault(&[1]).open("signing key", &again).is_none());
    }

    #[test]
    fn what_an_older_key_sealed_is_sealed_anew_once_and_the_older_key_is_needed_no_more() {
        let old = vault(&[1]).seal("claims", b"alice", [7; 12]);
        let both = vault(&[2, 1]);
        let Reseal::Done(fresh) = both.reseal("claims", &old, [8; 12]) else { panic!("not done") };
        assert_eq!(*vault(&[2]).open("claims", &fresh).unwrap(), b"alice");
        assert_eq!(both.reseal("claims", &fresh, [9; 12]), Reseal::Needless);
        assert_eq!(vault(&[2]).reseal("claims", &old, [9; 12]), Reseal::Closed);
        assert_eq!(both.reseal("signing-key", &old, [9; 12]), Reseal::Closed);
        let ids: Vec<_> = both.ids().collect();
        assert_eq!(MasterKeyId::of(&fresh), Some(ids[0]));
        assert_eq!(MasterKeyId::of(&old), Some(ids[1]));
        assert_eq!((MasterKeyId::of(b"abc"), ids[0].to_string().len()), (None, 8));
    }

    #[test]
    fn another_purpose_a_damaged_or_a_short_text_does_not_open() {
        let vault = vault(&[1]);
        let sealed = vault.seal("signing key", b"der", [7; 12]);
        assert!(vault.open("pending sign-in", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(vault.open("signing key", &damaged).is_none(), "byte {at}");
            assert!(vault.open("signing key", &sealed[..at]).is_none(), "{at} bytes");
        }
    }

    #[test]
    fn a_tag_of_any_master_key_is_good_and_no_other() {
        let body = [9; 52];
        let tag = vault(&[1]).tag(&body);
        assert!(vault(&[2, 1]).tag_is_good(&body, &tag));
        assert!(!vault(&[2]).tag_is_good(&body, &tag));
        assert!(!vault(&[1]).tag_is_good(&[8; 52], &tag));
        assert!(!vault(&[1]).tag_is_good(&body, &tag[..15]));
        assert!(!vault(&[1]).tag_is_good(&body, &[]));
    }

    #[test]
    fn only_the_same_secret_opens_what_was_sealed_under_it() {
        let sealed = seal_under("cs_rt_a", b"cs_rt_b", [3; 12]);
        assert_eq!(*open_under("cs_rt_a", &sealed).unwrap(), b"cs_rt_b");
        assert!(open_under("cs_rt_c", &sealed).is_none());
    }

    #[test]
    fn no_master_key_no_vault_and_none_is_ever_printed() {
        assert!(Vault::new(Vec::new()).is_none());
        assert_eq!(format!("{:?}", vault(&[1, 2])), "Vault(2 keys, [redacted])");
    }
}
