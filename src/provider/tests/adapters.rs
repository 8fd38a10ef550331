//! What is asked of a provider.

use std::collections::BTreeMap;

use url::Url;

use super::{AUTH0, OIDC, good};
use crate::{
    ambient::Timestamp,
    protocol::{pkce::Verifier, secret::UpstreamState},
    provider::{Binding, Intake, UpstreamAsk, adapter},
};

const ENDPOINT: &str = "https://id.example.com/authorize";
const BACK: &str = "https://us.example/callback/corp";

fn asked(file: &str, endpoint: &str, hint: Option<&str>) -> Url {
    let ask = UpstreamAsk {
        state: &UpstreamState::from_entropy([1; 32]),
        nonce: "the-nonce",
        challenge: &Verifier::from_entropy([2; 32]).challenge(),
        redirect_uri: BACK,
        login_hint: hint,
    };
    adapter(good(file)).authorize_url(&Url::parse(endpoint).unwrap(), &ask)
}

/// The parameters, each exactly once.
fn parameters(url: &Url) -> BTreeMap<String, String> {
    let map: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(map.len(), url.query_pairs().count(), "{url}");
    map
}

#[test]
fn a_sign_in_asks_for_a_code_with_state_nonce_and_s256() {
    let got = parameters(&asked(OIDC, ENDPOINT, None));
    let wanted = [
        ("client_id", "us"),
        ("code_challenge_method", "S256"),
        ("nonce", "the-nonce"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid email profile"),
    ];
    for (name, value) in wanted {
        assert_eq!(got.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(got["state"].starts_with("cs_st_") && got["code_challenge"].len() == 43);
    assert_eq!(got.len(), 8);
}

#[test]
fn what_the_file_adds_is_sent() {
    let more =
        "hd = \"example.com\"\nmax_age = \"1h\"\nauthorize = { prompt = \"select_account\" }";
    let got = parameters(&asked(&format!("{OIDC}\n{more}"), ENDPOINT, None));
    assert_eq!((got["hd"].as_str(), got["max_age"].as_str()), ("example.com", "3600"));
    assert_eq!(got["prompt"], "select_account");
    let more = "connection = \"google-oauth2\"\norganization = \"org_1\"";
    let got = parameters(&asked(&format!("{AUTH0}\n{more}"), ENDPOINT, None));
    assert_eq!(
        (got["connection"].as_str(), got["organization"].as_str()),
        ("google-oauth2", "org_1")
    );
    assert!(!got.contains_key("audience"));
}

#[test]
fn a_login_hint_cannot_add_a_parameter() {
    let url = asked(OIDC, ENDPOINT, Some("ann@example.com&redirect_uri=https://evil.org#x"));
    let got = parameters(&url);
    assert_eq!(got["redirect_uri"], BACK);
    assert_eq!(got["login_hint"], "ann@example.com&redirect_uri=https://evil.org#x");
    assert_eq!(url.fragment(), None);
}

#[test]
fn a_long_or_broken_login_hint_is_left_out() {
    let longest = "a".repeat(254);
    assert_eq!(parameters(&asked(OIDC, ENDPOINT, Some(&longest)))["login_hint"], longest);
    for hint in [String::new(), "a".repeat(255), "a\r\nSet-Cookie: x".to_owned()] {
        assert!(!parameters(&asked(OIDC, ENDPOINT, Some(&hint))).contains_key("login_hint"));
    }
}

#[test]
fn an_endpoint_keeps_its_own_query_but_cannot_set_ours() {
    let url = asked(OIDC, "https://id.example.com/a?policy=b2c&client_id=evil&state=x#f", None);
    let got = parameters(&url);
    assert_eq!((got["policy"].as_str(), got["client_id"].as_str()), ("b2c", "us"));
}

#[test]
fn a_token_is_expected_with_our_nonce_and_pinned_algorithms() {
    let adapter = adapter(good(OIDC));
    let expect = adapter.expectations(Binding {
        nonce: "n",
        access_token: Some("at"),
        began: Timestamp::from_unix(0),
    });
    assert_eq!((expect.nonce, expect.audience, expect.access_token), (Some("n"), "us", Some("at")));
    assert_eq!(expect.issuers, ["https://id.example.com"]);
    assert!(!expect.allow_missing_kid && adapter.intake() == Intake::Redirect);
}

#[test]
fn an_openid_provider_is_its_own_code_flow() {
    for file in [OIDC, AUTH0] {
        let adapter = adapter(good(file));
        let leg = adapter.code_leg().expect("a code flow");
        assert_eq!(leg.settings().issuers, adapter.settings().issuers);
    }
}

#[test]
fn signing_out_goes_to_the_announced_endpoint() {
    let end = Url::parse("https://id.example.com/logout").unwrap();
    let url =
        adapter(good(OIDC)).logout_url(Some(&end), "https://us.example", Some("raw")).unwrap();
    let got = parameters(&url);
    assert_eq!(got["post_logout_redirect_uri"], "https://us.example");
    assert_eq!((got["id_token_hint"].as_str(), got["client_id"].as_str()), ("raw", "us"));
    assert!(adapter(good(OIDC)).logout_url(None, "https://us.example", None).is_none());
    let never = good(&format!("{OIDC}\nend_session = false"));
    assert!(adapter(never).logout_url(Some(&end), "https://us.example", None).is_none());
}

#[test]
fn auth0_without_an_announced_endpoint_signs_out_at_v2_logout() {
    let auth0 = adapter(good(AUTH0));
    let url = auth0.logout_url(None, "https://us.example", Some("raw")).unwrap();
    assert_eq!(
        url.as_str(),
        "https://tenant.eu.auth0.com/v2/logout?client_id=us&returnTo=https%3A%2F%2Fus.example"
    );
    let end = Url::parse("https://tenant.eu.auth0.com/oidc/logout").unwrap();
    let url = auth0.logout_url(Some(&end), "https://us.example", Some("raw")).unwrap();
    assert_eq!((url.path(), parameters(&url).len()), ("/oidc/logout", 3));
}
