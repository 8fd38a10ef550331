//! The adapter and the settings of kind `firebase`.

use super::{faulty, good};
use crate::{
    ambient::Timestamp,
    provider::{Binding, Intake, adapter, policy::explain},
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
