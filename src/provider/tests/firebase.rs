//! The adapter and the settings of kind `firebase`.

use serde_json::{Value, json};

use super::{OIDC, faulty, good, map};
use crate::{
    ambient::Timestamp,
    jose::{
        algorithm::Algorithm,
        id_token::{IdTokenExpectations, verify_id_token},
        keys::KeySet,
        sign::SigningKey,
    },
    provider::{
        Adapter, Binding, Intake, adapter,
        identity::{Identity, IdentityRefusal},
        policy::explain,
    },
};

const FIREBASE: &str = r#"
kind = "firebase"
project = "example-1a2b3"
api_key = "a-public-key"
auth_domain = "example-1a2b3.firebaseapp.com"
"#;

const GOOGLE: &str = r#"google = { id = "web", secret = "hush-hush" }"#;

#[test]
fn a_token_is_tied_to_the_sign_in_by_its_times_and_its_one_audience() {
    let adapter = adapter(good(FIREBASE));
    let began = Timestamp::from_unix(1000);
    let expect = adapter.expectations(Binding { nonce: "n", access_token: Some("at"), began });
    assert_eq!((expect.nonce, expect.access_token, expect.max_age), (None, None, None));
    assert_eq!(expect.since, Some(Timestamp::from_unix(970)));
    assert_eq!(expect.audience, "example-1a2b3");
    assert_eq!(expect.issuers, ["https://securetoken.google.com/example-1a2b3"]);
    assert!(expect.single_audience && !expect.allow_missing_kid);
    let keys = adapter.settings().endpoints.jwks.as_ref().unwrap();
    assert!(keys.as_str().ends_with("/jwk/securetoken@system.gserviceaccount.com"), "{keys}");
}

#[test]
fn a_token_is_posted_unless_google_s_web_client_is_known() {
    assert_eq!(adapter(good(FIREBASE)).intake(), Intake::Posted);
    assert!(adapter(good(FIREBASE)).code_leg().is_none());
    let redirect = adapter(good(&format!("{FIREBASE}\n{GOOGLE}")));
    assert_eq!(redirect.intake(), Intake::Redirect);
    let google = redirect.code_leg().unwrap().settings();
    assert_eq!(google.issuers, ["https://accounts.google.com", "accounts.google.com"]);
    let began = Timestamp::from_unix(0);
    let binding = Binding { nonce: "n", access_token: None, began };
    assert_eq!(redirect.code_leg().unwrap().expectations(binding).nonce, Some("n"));
    let sdk = good(&format!("{FIREBASE}\n{GOOGLE}\nmode = \"sdk\""));
    assert_eq!(adapter(sdk).intake(), Intake::Posted);
}

#[test]
fn the_redirect_mode_needs_google_and_signs_in_through_it_alone() {
    assert_eq!(faulty(FIREBASE, "mode = \"redirect\""), ["google"]);
    let ways = "sign_in = [\"google.com\", \"github.com\"]";
    assert_eq!(faulty(FIREBASE, &format!("{GOOGLE}\n{ways}")), ["sign_in"]);
    let half = "google = { id = \"web\", secret = \"\" }";
    assert_eq!(faulty(FIREBASE, half), ["google"]);
}

#[test]
fn a_project_number_or_another_text_is_no_project() {
    for project in ["123456789012", "Example", "a/b", "a b", ""] {
        let text = FIREBASE.replace("example-1a2b3\"\napi", &format!("{project}\"\napi"));
        assert_eq!(faulty(&text, ""), ["project"], "{project}");
    }
}

#[test]
fn a_subject_names_its_tenant_and_leads_back_to_its_uid() {
    let tenant = good(&format!("{FIREBASE}\ntenant = \"corp-1\"")).firebase.unwrap();
    assert_eq!(tenant.subject("a/b"), "corp-1/a/b");
    assert_eq!(tenant.uid("corp-1/a/b"), "a/b");
    assert_eq!(tenant.uid("corp-12/a"), "corp-12/a");
    let plain = good(FIREBASE).firebase.unwrap();
    assert_eq!((plain.subject("a/b").as_str(), plain.uid("a/b")), ("a/b", "a/b"));
}

#[test]
fn explain_shows_the_way_to_sign_in_and_the_tenant_as_requirements() {
    let claims = serde_json::json!({
        "sub": "u", "email": "a@b.example", "email_verified": true,
        "firebase": { "sign_in_provider": "google.com" },
    });
    let with = |keys: &str| {
        let found = explain(&good(&format!("{FIREBASE}\n{keys}")), claims.as_object().unwrap());
        found.admitted
    };
    assert!(with(""));
    assert!(!with("tenant = \"corp-1\"") && !with("sign_in = [\"github.com\"]"));
}

const NOW: Timestamp = Timestamp::from_unix(1_795_000_000);

/// Whom a verified token with these claims speaks of. Its key is of a quicker kind than Google's.
fn person(adapter: &dyn Adapter, claims: Value) -> Result<Identity, IdentityRefusal> {
    let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let keys = json!({ "keys": [key.public_jwk()] });
    let keys = KeySet::from_jwks_value(&keys, &[Algorithm::Es256]).unwrap();
    let binding = Binding { nonce: "n", access_token: None, began: NOW };
    let expect = adapter.expectations(binding);
    let expect = IdTokenExpectations { algorithms: &[Algorithm::Es256], ..expect };
    let mut all = map(json!({
        "iss": expect.issuers[0], "aud": expect.audience, "iat": NOW.unix(),
        "exp": NOW.unix() + 3600, "auth_time": NOW.unix() - 1,
    }));
    all.extend(map(claims));
    let raw = key.sign(Some("JWT"), &all).unwrap();
    adapter.identity(&verify_id_token(&raw, &keys, &expect, NOW).unwrap())
}

#[test]
fn a_token_whose_two_user_ids_differ_or_are_longer_than_firebase_s_is_nobody_s() {
    let adapter = adapter(good(FIREBASE));
    let of = |claims: Value| person(adapter.as_ref(), claims).map(|one| one.key().subject.clone());
    assert_eq!(of(json!({ "sub": "u", "user_id": "u" })), Ok("u".to_owned()));
    for other in [json!("v"), json!(""), json!(1), Value::Null] {
        let claims = json!({ "sub": "u", "user_id": other });
        assert_eq!(of(claims), Err(IdentityRefusal::Subject), "{other}");
    }
    let [fits, longer, longest] = [128, 129, 200].map(|length| "u".repeat(length));
    assert_eq!(of(json!({ "sub": fits })), Ok(fits));
    for long in [longer, longest] {
        assert_eq!(of(json!({ "sub": long })), Err(IdentityRefusal::Subject));
    }
}

#[test]
fn a_tenant_s_person_and_an_emulator_s_are_kept_apart_from_the_project_s() {
    let key = |more: &str| {
        let adapter = adapter(good(&format!("{FIREBASE}\n{more}")));
        person(adapter.as_ref(), json!({ "sub": "u" })).unwrap().key().clone()
    };
    assert_eq!(key("").issuer, "https://securetoken.google.com/example-1a2b3");
    assert_eq!(key("tenant = \"corp-1\"").subject, "corp-1/u");
    assert_eq!(key("emulator = \"127.0.0.1:9099\"").issuer, "emulator:example-1a2b3");
}

#[test]
fn a_key_of_firebase_is_a_fault_in_another_file_and_one_of_openid_in_firebase_s() {
    for (key, value) in [
        ("project", "\"example-1a2b3\""),
        ("api_key", "\"k\""),
        ("auth_domain", "\"a.example\""),
        ("mode", "\"sdk\""),
        ("sign_in", "[\"google.com\"]"),
        ("tenant", "\"corp-1\""),
        ("emulator", "\"127.0.0.1:9099\""),
        ("google", "{ id = \"web\", secret = \"hush-hush\" }"),
        ("revocation", "\"lookup\""),
        ("revocation_fails", "\"closed\""),
        ("endpoints.toolkit", "\"https://toolkit.example/v1/\""),
    ] {
        assert_eq!(faulty(OIDC, &format!("{key} = {value}")), [key]);
    }
    for (key, value) in [
        ("scopes", "[\"openid\"]"),
        ("algorithms", "[\"RS256\"]"),
        ("allow_missing_kid", "true"),
        ("max_age", "60"),
        ("authorize", "{ prompt = \"login\" }"),
        ("profile.subject", "\"oid\""),
        ("endpoints.authorization", "\"https://a.example/a\""),
        ("hd", "\"example.com\""),
        ("organization", "\"org_1\""),
        ("callback", "\"https://a.example/cb\""),
    ] {
        assert_eq!(faulty(FIREBASE, &format!("{key} = {value}")), [key]);
    }
}
