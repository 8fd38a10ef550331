//! The files in `providers/` do what their examples say.

use super::read;
use crate::provider::{
    example::run_examples,
    file::{ClientAuth, Kind},
    policy::explain,
    settings::ProviderSettings,
};

const FILES: [(&str, &str); 8] = [
    ("auth0", include_str!("../../../providers/auth0.toml")),
    ("dev", include_str!("../../../providers/dev.toml")),
    ("entra", include_str!("../../../providers/entra.toml")),
    ("firebase", include_str!("../../../providers/firebase.toml")),
    ("keycloak", include_str!("../../../providers/keycloak.toml")),
    ("okta", include_str!("../../../providers/okta.toml")),
    ("google", include_str!("../../../providers/google.toml")),
    ("oidc", include_str!("../../../providers/oidc.toml")),
];

const SAMPLES: [(&str, &str); 22] = [
    ("${ENTRA_TENANT_ID}", "11111111-2222-3333-4444-555555555555"),
    ("${ENTRA_CLIENT_ID}", "us"),
    ("${ENTRA_CLIENT_SECRET}", "hush-hush"),
    ("${OKTA_ISSUER}", "https://example.okta.com/oauth2/default"),
    ("${OKTA_CLIENT_ID}", "us"),
    ("${OKTA_CLIENT_SECRET}", "hush-hush"),
    ("${KEYCLOAK_ISSUER}", "https://id.example.com/realms/main"),
    ("${KEYCLOAK_CLIENT_ID}", "us"),
    ("${KEYCLOAK_CLIENT_SECRET}", "hush-hush"),
    ("${FIREBASE_PROJECT_ID}", "example-1a2b3"),
    ("${FIREBASE_API_KEY}", "a-public-key"),
    ("${FIREBASE_AUTH_DOMAIN?}", "example-1a2b3.firebaseapp.com"),
    ("${GOOGLE_CLIENT_ID?}", ""),
    ("${GOOGLE_CLIENT_SECRET?}", ""),
    ("${AUTH0_DOMAIN}", "tenant.eu.auth0.com"),
    ("${AUTH0_CLIENT_ID}", "us"),
    ("${AUTH0_CLIENT_SECRET}", "hush-hush"),
    ("${GOOGLE_CLIENT_ID}", "us"),
    ("${GOOGLE_CLIENT_SECRET}", "hush-hush"),
    ("${OIDC_ISSUER}", "https://id.example.com/realms/corp"),
    ("${OIDC_CLIENT_ID}", "us"),
    ("${OIDC_CLIENT_SECRET}", "hush-hush"),
];

fn shipped(id: &str) -> ProviderSettings {
    let (_, text) = FILES.iter().find(|(name, _)| *name == id).unwrap();
    let text = SAMPLES.iter().fold((*text).to_owned(), |text, (name, to)| text.replace(name, to));
    read(id, &text).unwrap()
}

#[test]
fn every_shipped_file_passes_its_own_examples() {
    for (id, _) in FILES {
        let settings = shipped(id);
        assert_eq!(run_examples(&settings), [], "{id}");
        assert!(!settings.examples.is_empty(), "{id}");
    }
}

#[test]
fn the_commented_lines_of_the_shipped_files_are_good_keys() {
    for (id, text) in FILES {
        for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
            let key_value = line.split_once('=').filter(|(key, _)| {
                key.trim().bytes().all(|b| b.is_ascii_lowercase() || b"_0".contains(&b))
            });
            let Some((key, value)) = key_value else { continue };
            let table = format!("{} = {value}", key.trim());
            let known = match key.trim() {
                "when" | "scopes" | "email" | "email_domain" | "claim" | "has" => true,
                _ => toml::from_str::<crate::provider::file::ProviderFile>(&format!(
                    "kind = \"oidc\"\n{table}"
                ))
                .is_ok(),
            };
            assert!(known, "{id}: {line}");
        }
    }
}

#[test]
fn auth0_s_issuer_ends_in_a_slash_and_the_secret_goes_in_the_form() {
    let settings = shipped("auth0");
    assert_eq!(settings.issuers, ["https://tenant.eu.auth0.com/"]);
    assert_eq!(settings.auth, ClientAuth::Post);
}

#[test]
fn google_is_known_by_both_its_spellings() {
    let settings = shipped("google");
    assert_eq!(settings.issuers, ["https://accounts.google.com", "accounts.google.com"]);
    assert_eq!(settings.discovery_issuer(), "https://accounts.google.com");
}

#[test]
fn the_development_people_are_admin_reader_and_refused() {
    let settings = shipped("dev");
    let gets = |at: usize| {
        let found = explain(&settings, &settings.users[at].token_claims());
        found.admitted.then(|| found.scopes.to_string())
    };
    assert_eq!(settings.kind, Kind::Dev);
    assert_eq!(gets(0).as_deref(), Some("admin read write"));
    assert_eq!(gets(1).as_deref(), Some("read"));
    assert_eq!(gets(2), None);
}

#[test]
fn the_development_provider_stands_where_config_puts_it() {
    let settings = shipped("dev").for_dev("http://localhost:9001".into(), None);
    assert_eq!(settings.issuers, ["http://localhost:9001"]);
    assert_eq!(settings.auth, ClientAuth::None);
}
