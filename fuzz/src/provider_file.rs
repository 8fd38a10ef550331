//! A file of `providers/`. A first line `# loopback` puts the service on this machine.

use std::{collections::BTreeMap, sync::LazyLock};

use countersign::{
    config::{Fault, Lookup, fuzzing::provider},
    protocol::{issuer::Issuer, pkce::Verifier, secret::UpstreamState},
    provider::{UpstreamAsk, adapter, file::Kind, policy::explain, settings::ProviderSettings},
};
use serde_json::json;
use url::Url;

/// A value that stands in no file, and so in no fault either.
const HIDDEN: &str = "Zq7-hidden-value";
static LOOKUP: LazyLock<Lookup> =
    LazyLock::new(|| Lookup::new([("SECRET", HIDDEN), ("HOST", "id.example.com")]));

/// A file is wrong in words that show no secret, or it names a provider that can be asked safely.
pub fn run(data: &[u8]) -> bool {
    let Some(text) = super::text(data) else { return false };
    match provider(text, &LOOKUP, &public_url(text)) {
        Ok(settings) => {
            is_safe(settings, text);
            true
        }
        Err(faults) => {
            are_told(&faults, text, "providers/fuzzed.toml");
            false
        }
    }
}

pub(super) fn public_url(text: &str) -> Issuer {
    let loopback = text.starts_with("# loopback");
    let url = if loopback { "http://localhost:8000" } else { "https://auth.example" };
    Issuer::parse(url).expect("an issuer")
}

/// Every fault says in which line, and none repeats what a variable holds.
pub(super) fn are_told(faults: &[Fault], text: &str, file: &str) {
    assert!(!faults.is_empty(), "a refusal says why");
    for fault in faults {
        let line = fault.place.strip_prefix(file).and_then(|rest| rest.strip_prefix(':'));
        let line: usize = line.expect("the file").parse().expect("a line of it");
        assert!((1..=text.matches('\n').count() + 1).contains(&line), "{fault}");
        assert!(text.contains(HIDDEN) || !fault.to_string().contains(HIDDEN), "{fault}");
    }
}

fn is_safe(settings: ProviderSettings, text: &str) {
    assert!(!settings.algorithms.is_empty());
    let loopback = text.starts_with("# loopback");
    assert!(settings.kind != Kind::Dev || loopback, "the development provider stays at home");
    for issuer in &settings.issuers {
        let https = issuer.starts_with("https://") || !issuer.contains("://");
        assert!(https || loopback && is_here(issuer), "{issuer}");
    }
    let nobody = explain(&settings, &serde_json::Map::new());
    assert!(!nobody.admitted && nobody.scopes.is_empty(), "no claims, no entry");
    let ann = json!({ "sub": "1", "email": "ann@example.com", "email_verified": true });
    let ann = explain(&settings, ann.as_object().expect("an object"));
    assert!(ann.admitted || ann.scopes.is_empty());
    asks_in_our_words(settings);
}

fn is_here(issuer: &str) -> bool {
    let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| host == "localhost" || host == "[::1]" || host.starts_with("127."))
}

/// No key of the file, and no endpoint, puts a second value beside those that bind the sign-in.
fn asks_in_our_words(settings: ProviderSettings) {
    let adapter = adapter(settings);
    let Some(leg) = adapter.code_leg() else { return };
    let (state, verifier) = (UpstreamState::from_entropy([3; 32]), Verifier::from_entropy([4; 32]));
    let ask = UpstreamAsk {
        state: &state,
        nonce: "n",
        challenge: &verifier.challenge(),
        redirect_uri: "https://auth.example/callback/fuzzed",
        login_hint: Some("ann@example.com"),
    };
    let endpoint = Url::parse("https://id.example.com/a?state=theirs&nonce=x#f").expect("a URL");
    let url = leg.authorize_url(&endpoint, &ask);
    let mut said = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in url.query_pairs().into_owned() {
        said.entry(name).or_default().push(value);
    }
    for (name, value) in [
        ("state", state.reveal()),
        ("nonce", "n"),
        ("redirect_uri", ask.redirect_uri),
        ("response_type", "code"),
        ("code_challenge", ask.challenge.as_str()),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(said.get(name).map(Vec::as_slice), Some(&[value.to_owned()][..]), "{name}");
    }
    assert_eq!(said["client_id"].len(), 1);
}
