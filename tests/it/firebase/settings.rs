//! Files of kind `firebase` that refuse the start, each fault with its file and line.

use super::{
    toolkit::{ROBOT, ROBOT_KEY},
    world::configured,
};
use crate::harness::Setup;

const ANYWHERE: &str = "http://127.0.0.1:1";

fn faults(setup: &Setup) -> Vec<String> {
    let faults = setup.load().expect_err("a file with a fault");
    faults.iter().map(|fault| format!("{} {}", fault.place, fault.what)).collect()
}

fn in_public(setup: Setup) -> Setup {
    setup
        .variable("COUNTERSIGN_PUBLIC_URL", "https://auth.example.com")
        .variable("COUNTERSIGN_MASTER_KEY", "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA")
        .variable("COUNTERSIGN_LISTEN", "0.0.0.0:8000")
}

/// The one fault of this setup, which has to stand in the file.
fn fault(setup: &Setup) -> String {
    let found = faults(setup);
    assert_eq!(found.len(), 1, "{found:#?}");
    let (place, what) = found[0].split_once(' ').unwrap();
    let line = place.strip_prefix("providers/firebase.toml:").unwrap_or_else(|| panic!("{place}"));
    assert!(line.parse::<u32>().is_ok(), "{place}");
    what.to_owned()
}

#[test]
fn the_emulator_is_refused_where_others_can_reach_us() {
    let keys = ["emulator = \"127.0.0.1:9099\"", "endpoints = { }"];
    let what = fault(&in_public(configured(ANYWHERE, &keys)));
    assert!(what.contains("nobody signs the emulator's tokens"), "{what}");
    assert!(configured(ANYWHERE, &keys).load().is_ok());
}

#[test]
fn an_emulator_elsewhere_than_on_this_machine_is_refused() {
    let hosts = [
        "10.0.0.1:9099",
        "emulator:9099",
        "localhost.evil.example:9099",
        "127.0.0.1",
        "0.0.0.0:9099",
        "user@127.0.0.1:9099",
        "127.0.0.1:9099/x",
        "127.0.0.1:9099?x",
        "http://127.0.0.1:9099",
        "",
    ];
    for host in hosts {
        let setup = configured(ANYWHERE, &[&format!("emulator = \"{host}\""), "endpoints = { }"]);
        let what = fault(&setup);
        assert!(what.starts_with("`emulator` "), "{host}: {what}");
    }
    for host in ["localhost:9099", "127.0.0.1:9099", "[::1]:9099"] {
        let setup = configured(ANYWHERE, &[&format!("emulator = \"{host}\""), "endpoints = { }"]);
        assert!(setup.load().is_ok(), "{host}");
    }
}

#[test]
fn stand_ins_for_google_on_plain_http_are_for_this_machine() {
    let found = faults(&in_public(configured(ANYWHERE, &[])));
    assert!(found.iter().all(|fault| fault.starts_with("providers/firebase.toml:")), "{found:#?}");
    assert!(found.iter().any(|fault| fault.contains("plain http")), "{found:#?}");
    let toolkit = ["endpoints = { toolkit = \"http://127.0.0.1:1/v1/\" }"];
    assert!(
        fault(&in_public(configured("https://google.example", &toolkit))).contains("plain http")
    );
    let pem = ROBOT_KEY.private_pem();
    let account =
        format!("service_account = {{ email = \"{ROBOT}\", private_key = \"\"\"{pem}\"\"\" }}");
    let token = "endpoints = { token = \"http://127.0.0.1:1/\" }";
    let keys = ["revocation = \"lookup\"", &account, token];
    assert!(fault(&in_public(configured("https://google.example", &keys))).contains("plain http"));
}

#[test]
fn a_stand_in_for_google_s_code_flow_on_plain_http_is_for_this_machine() {
    let web = |uri: &str| {
        configured(uri, &["endpoints = { }"])
            .variable("GOOGLE_CLIENT_ID", "web")
            .variable("GOOGLE_CLIENT_SECRET", "hush-hush")
    };
    assert!(web(ANYWHERE).load().is_ok());
    assert!(fault(&in_public(web(ANYWHERE))).contains("plain http"));
    assert!(in_public(web("https://google.example")).load().is_ok());
    let path = "providers/firebase.toml";
    let tls = web("https://google.example");
    let text = std::fs::read_to_string(tls.root().join(path)).unwrap();
    let issuer = "issuer = \"https://google.example\"";
    let token = format!("{issuer}, endpoints = {{ token = \"{ANYWHERE}/token\" }}");
    let plain = tls.file(path, &text.replace(issuer, &token));
    assert!(plain.load().is_ok());
    assert!(fault(&in_public(plain)).contains("plain http"));
}

#[test]
fn in_public_with_google_itself_it_needs_no_more_than_its_variables() {
    let setup = in_public(configured("https://google.example", &["endpoints = { }"]));
    let config = setup.load().unwrap();
    let provider = &config.providers[0];
    let firebase = provider.firebase.as_deref().unwrap();
    assert_eq!(provider.issuers, ["https://securetoken.google.com/example-1a2b3"]);
    assert_eq!(firebase.toolkit.as_str(), "https://identitytoolkit.googleapis.com/v1/");
    let keys = provider.endpoints.jwks.as_ref().unwrap().as_str();
    assert_eq!(
        keys,
        "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"
    );
    assert_eq!(firebase.sign_in, ["google.com"]);
    assert!(firebase.emulator.is_none() && firebase.tenant().is_none());
}

#[test]
fn every_missing_variable_is_named_at_once() {
    let setup = configured(ANYWHERE, &[])
        .variable("FIREBASE_PROJECT_ID", "")
        .variable("FIREBASE_API_KEY", "");
    let found = faults(&setup);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|fault| fault.starts_with("providers/firebase.toml:")));
}

#[test]
fn a_key_that_cannot_be_meant_is_a_fault() {
    let rows = [
        ("mode = \"redirect\"", "google"),
        ("sign_in = []", "sign_in"),
        ("sign_in = [\"password\"]", "sign_in"),
        ("sign_in = [\"google.com\", \"a b\"]", "sign_in"),
        ("tenant = \"\"", "tenant"),
        ("tenant = \"../x\"", "tenant"),
        ("revocation_fails = \"open\"", "revocation_fails"),
        ("hd = \"example.com\"", "hd"),
        ("domain = \"x.example\"", "domain"),
        ("client = { id = \"x\" }", "client"),
        ("issuer = \"https://securetoken.google.com/x\"", "issuer"),
        ("max_age = \"1h\"", "max_age"),
        ("endpoints = { toolkit = \"http://google.example/v1/\" }", "endpoints.toolkit"),
        ("endpoints = { toolkit = \"https://google.example/v1\" }", "endpoints.toolkit"),
    ];
    for (key, named) in rows {
        let what = fault(&configured("https://google.example", &[key]));
        assert!(what.starts_with(&format!("`{named}`")), "{key}: {what}");
    }
}

#[test]
fn what_goes_into_the_pages_policy_is_one_plain_host() {
    let domains = [
        "*.firebaseapp.com",
        "*",
        "a.example b.example",
        "a.example;script-src",
        "'self'",
        "https://a.example",
        "a.example/x",
        "a.example:8443",
        "127.0.0.1",
        "A.example",
        "a_b,c",
    ];
    for domain in domains {
        let setup = configured(ANYWHERE, &[]).variable("FIREBASE_AUTH_DOMAIN", domain);
        let what = fault(&setup);
        assert!(what.starts_with("`auth_domain`"), "{domain}: {what}");
    }
    let setup = configured(ANYWHERE, &[]).variable("FIREBASE_AUTH_DOMAIN", "login.example.com");
    assert!(setup.load().is_ok());
}

#[test]
fn a_service_account_that_is_none_is_refused_and_its_key_not_repeated() {
    let account = |email: &str, key: &str| {
        let table = format!("service_account = {{ email = \"{email}\", private_key = \"{key}\" }}");
        configured(ANYWHERE, &["revocation = \"lookup\"", &table])
    };
    let wrong = [
        ("robot@example.com", "hush-hush"),
        ("robot@example.com", "-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----"),
        ("", "hush-hush"),
        ("robot@example.com", ""),
    ];
    for (email, key) in wrong {
        let what = fault(&account(email, key));
        assert!(what.starts_with("`service_account`") && !what.contains("hush"), "{what}");
    }
    assert!(account("", "").load().is_ok(), "both empty: none");
}

#[test]
fn the_api_key_is_given_and_the_secrets_print_nothing() {
    let setup = configured(ANYWHERE, &[])
        .variable("GOOGLE_CLIENT_ID", "web")
        .variable("GOOGLE_CLIENT_SECRET", "hush-hush");
    assert!(!format!("{:?}", setup.load().unwrap()).contains("hush"));
}
