//! The body of `POST /register`.

use countersign::{
    engine::{
        limits::Limits,
        register::{MAX_REDIRECT_URIS, MAX_REDIRECT_URIS_BYTES, register},
    },
    protocol::{registration::UnverifiedMetadata, secret::ClientSecret},
};

/// What was registered is small, fit to show, and registers again as the same client.
pub fn run(data: &[u8]) -> bool {
    let Some(metadata) = UnverifiedMetadata::read(data) else { return false };
    assert!(metadata.kept_bytes() <= 32 * 1024 + 2 * data.len(), "{}", metadata.kept_bytes());
    let registered = |metadata: &UnverifiedMetadata| {
        register(metadata, [7; 32], &Limits::default(), super::NOW).ok()
    };
    let Some(first) = registered(&metadata) else { return false };
    let client = &first.client;
    let bytes: usize = client.redirect_uris.iter().map(|uri| uri.as_str().len()).sum();
    assert!((1..=MAX_REDIRECT_URIS).contains(&client.redirect_uris.len()));
    assert!(bytes <= MAX_REDIRECT_URIS_BYTES && client.auth_methods.len() == 1);
    is_name(&client.name);
    assert_eq!(client.secret, first.secret.as_ref().map(ClientSecret::digest));
    assert!(client.expires_at.is_some_and(|end| end > super::NOW), "it is forgotten unless used");

    let answer = serde_json::to_vec(&first.response()).expect("an answer");
    let echoed = UnverifiedMetadata::read(&answer).expect("our answer is metadata");
    let again = registered(&echoed).expect("what we answer, we accept");
    assert_eq!(again.client, first.client);
    true
}

/// Whether a person can read it on the consent page.
pub(super) fn is_name(name: &str) {
    assert!((1..=200).contains(&name.chars().count()) && name.trim() == name, "{name:?}");
    assert!(!name.chars().any(char::is_control), "{name:?}");
}
