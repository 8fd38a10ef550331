//! The ways to sign in that a Firebase project offers.

use crate::provider::{
    fault::Faults,
    file::{Mode, ProviderFile},
};

/// The ways to sign in that the file accepts.
pub(crate) fn ways(file: &ProviderFile) -> Vec<String> {
    file.sign_in.clone().unwrap_or_else(|| vec![GOOGLE.to_owned()])
}

pub(super) fn read(file: &ProviderFile, mode: Mode, faults: &mut Faults) -> Vec<String> {
    let ways = ways(file);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
    let custom = |way: &str| {
        let name = way.strip_prefix("oidc.").or_else(|| way.strip_prefix("saml."));
        name.is_some_and(|name| !name.is_empty() && name.bytes().all(plain))
    };
    for way in ways.iter().filter(|way| !WAYS.contains(&way.as_str()) && !custom(way)) {
        let remedy = format!("oidc.NAME, saml.NAME, or one of: {}", WAYS.join(", "));
        faults.add("sign_in", format!("{way:?} is no way to sign in to Firebase"), remedy);
    }
    if mode == Mode::Redirect && ways != [GOOGLE] {
        let remedy = "sign_in = [\"google.com\"], or mode = \"sdk\"";
        faults.add("sign_in", "mode = \"redirect\" signs in through Google alone", remedy);
    }
    if mode == Mode::Sdk && !ways.iter().any(|way| has_button(way)) {
        let remedy = "add one that opens a window, such as \"google.com\"";
        faults.add("sign_in", "leaves the page without a button", remedy);
    }
    ways
}

/// Whether the SDK signs in that way in a window of its own; the others are accepted from elsewhere only.
#[must_use]
pub fn has_button(way: &str) -> bool {
    !["anonymous", "custom", "password", "phone", "emailLink"].contains(&way)
}

/// What `firebase.sign_in_provider` may say, but for the project's own `oidc.…` and `saml.…`.
const WAYS: [&str; 14] = [
    "google.com",
    "github.com",
    "apple.com",
    "microsoft.com",
    "facebook.com",
    "twitter.com",
    "yahoo.com",
    "playgames.google.com",
    "gc.apple.com",
    "password",
    "emailLink",
    "phone",
    "anonymous",
    "custom",
];
const GOOGLE: &str = "google.com";
