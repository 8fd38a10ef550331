//! What the account page's forms call a person's identities and browsers.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    engine::record::{IdentityKey, Session},
    protocol::secret::Digest,
};

/// What a form calls an identity.
#[must_use]
pub fn name_of_identity(key: &IdentityKey) -> String {
    let whole = format!("{}\n{}\n{}", key.provider, key.issuer, key.subject);
    short(&Digest::of(&whole))
}

/// What a form calls a session; nobody can make the cookie of it.
#[must_use]
pub fn name_of_session(session: &Session) -> String {
    short(&session.digest)
}

fn short(digest: &Digest) -> String {
    let bytes: Vec<u8> = digest.as_bytes().iter().copied().take(12).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}
