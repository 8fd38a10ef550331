//! The claims of an ID token (OpenID Connect Core §2, §5.1).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    ambient::Timestamp,
    devidp::{DevIdp, codes::Issued},
};

/// The ID token that goes with `access_token`. The user's own claims come first, so that none of them
/// replaces one of the provider's.
pub(super) fn id_token(
    idp: &DevIdp,
    issued: &Issued,
    access_token: &str,
    now: Timestamp,
) -> Map<String, Value> {
    let ours = [
        ("iss", json!(idp.issuer)),
        ("aud", json!(idp.client.id)),
        ("exp", json!(now.plus(LIFE))),
        ("iat", json!(now)),
        ("auth_time", json!(issued.at)),
        ("nonce", json!(issued.nonce)),
        ("at_hash", json!(half_hash(access_token))),
    ];
    let mut claims = issued.user.token_claims();
    claims.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    claims
}

/// How long an ID token and its access token live.
pub(super) const LIFE: Duration = Duration::from_mins(5);

/// The left half of the SHA-256, for RS256 and ES256 (OpenID Connect Core §3.1.3.6).
fn half_hash(access_token: &str) -> String {
    let hash = Sha256::digest(access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.iter().take(16).copied().collect::<Vec<u8>>())
}
