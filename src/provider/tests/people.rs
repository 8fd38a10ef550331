//! From a signed token to a person.

use serde_json::{Map, Value, json};

use super::{OIDC, map, read};
use crate::{
    ambient::Timestamp,
    jose::{
        algorithm::Algorithm,
        id_token::{VerifiedIdToken, verify_id_token},
        keys::KeySet,
        sign::SigningKey,
    },
    provider::{
        Adapter, Binding, adapter,
        identity::{Identity, IdentityRefusal},
        policy::{Decision, NotAdmitted, decide},
        settings::ProviderSettings,
    },
};

const NOW: Timestamp = Timestamp::from_unix(1_795_000_000);

fn es256(id: &str, more: &str) -> ProviderSettings {
    read(id, &format!("{OIDC}\nalgorithms = [\"ES256\"]\n{more}")).unwrap()
}

fn token(adapter: &dyn Adapter, claims: Value) -> VerifiedIdToken {
    let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let keys = json!({ "keys": [key.public_jwk()] });
    let keys = KeySet::from_jwks_value(&keys, &[Algorithm::Es256]).unwrap();
    let settings = adapter.settings();
    let mut all: Map<String, Value> = map(json!({
        "iss": settings.discovery_issuer(), "aud": settings.client_id, "sub": "1", "nonce": "n",
        "iat": NOW.unix(), "exp": NOW.unix() + 3600,
        "email": "ann@example.com", "email_verified": true,
    }));
    all.extend(map(claims));
    let raw = key.sign(Some("JWT"), &all).unwrap();
    verify_id_token(
        &raw,
        &keys,
        &adapter.expectations(Binding { nonce: "n", access_token: None, began: NOW }),
        NOW,
    )
    .unwrap()
}

fn person(settings: ProviderSettings, claims: Value) -> Identity {
    let adapter = adapter(settings);
    adapter.identity(&token(adapter.as_ref(), claims)).unwrap()
}

#[test]
fn a_person_is_found_by_provider_issuer_and_subject_and_not_by_address() {
    let ceo = person(es256("corp", ""), json!({ "sub": "1", "email": "ceo@example.com" }));
    let noauth = person(es256("corp", ""), json!({ "sub": "666", "email": "ceo@example.com" }));
    assert_ne!(ceo.key(), noauth.key());
    assert_eq!(
        (ceo.key().issuer.as_str(), ceo.key().subject.as_str()),
        ("https://id.example.com", "1")
    );
}

#[test]
fn the_same_subject_at_another_provider_is_another_person() {
    let here = person(es256("corp", ""), json!({}));
    let there = person(es256("partner", ""), json!({}));
    assert_ne!(here.key(), there.key());
}

#[test]
fn a_username_of_the_provider_s_choosing_is_no_key_and_no_name() {
    let one =
        person(es256("corp", ""), json!({ "preferred_username": "admin", "nickname": "admin" }));
    assert_eq!((one.key().subject.as_str(), one.name()), ("1", None));
}

#[test]
fn both_spellings_of_google_s_issuer_are_one_person() {
    let spell = |issuer: &str| {
        let list = r#"issuers = ["https://id.example.com", "id.example.com"]"#;
        let text = OIDC.replace(r#"issuer = "https://id.example.com""#, list);
        let settings = read("google", &format!("{text}\nalgorithms = [\"ES256\"]")).unwrap();
        person(settings, json!({ "iss": issuer })).key().clone()
    };
    assert_eq!(spell("id.example.com"), spell("https://id.example.com"));
}

#[test]
fn a_name_is_shown_without_tricks() {
    let one = person(es256("corp", ""), json!({ "name": " An\u{202e}n\r\n\u{7} " }));
    assert_eq!(one.name(), Some("Ann"));
}

#[test]
fn an_unverified_address_is_kept_apart() {
    let one = person(es256("corp", ""), json!({ "email_verified": false }));
    assert_eq!((one.verified_email(), one.email_claim()), (None, Some("ann@example.com")));
}

#[test]
fn nothing_of_a_person_is_printed() {
    let one = person(es256("corp", ""), json!({ "name": "Ann" }));
    let Decision::Admitted(principal) = decide(&es256("corp", ""), one) else { panic!("refused") };
    let text = format!("{principal:?}");
    let nothing = r#"Principal { identity: Identity { provider: ProviderId("corp"), .. }, scopes: Scopes({}) }"#;
    assert_eq!(text, nothing);
}

#[test]
fn the_rules_of_one_provider_never_judge_the_people_of_another() {
    let admins = "[[grant]]\nscopes = [\"admin\"]\nwhen = { claim = \"groups\", has = \"admins\" }";
    let visitor = person(es256("partner", ""), json!({ "groups": ["admins"] }));
    let decision = decide(&es256("corp", admins), visitor.clone());
    assert!(matches!(decision, Decision::NotAdmitted(NotAdmitted::OtherProvider)));
    for (rules, scopes) in [("", ""), (admins, "admin")] {
        let Decision::Admitted(home) = decide(&es256("partner", rules), visitor.clone()) else {
            panic!("refused")
        };
        assert_eq!(home.scopes().to_string(), scopes);
    }
}

#[test]
fn a_restriction_refuses_at_the_decision_whoever_asks() {
    let settings = es256("corp", "hd = \"example.com\"");
    let one = person(settings.clone(), json!({ "hd": "evil.org" }));
    assert!(matches!(decide(&settings, one), Decision::NotAdmitted(NotAdmitted::Required(_))));
}

#[test]
fn the_time_of_sign_in_is_the_provider_s_or_the_token_s() {
    let at = |claims| person(es256("corp", ""), claims).auth_time().unix();
    assert_eq!(at(json!({ "auth_time": NOW.unix() - 30 })), NOW.unix() - 30);
    assert_eq!(at(json!({})), NOW.unix());
}

#[test]
fn an_identity_of_before_is_one_while_the_file_finds_the_same_person_in_its_claims() {
    let settings = es256("corp", "");
    let one = person(settings.clone(), json!({ "oid": "7" }));
    let held = |settings: &ProviderSettings| {
        Identity::held(settings, one.key(), one.claims().clone(), NOW)
            .map(|again| again.key().clone())
    };
    assert_eq!(held(&settings), Ok(one.key().clone()));
    assert_eq!(one.claims()["oid"], "7");
    let moved = settings.for_dev("https://other.example.com".to_owned(), None);
    assert_eq!(held(&moved), Err(IdentityRefusal::Issuer));
    for (id, more) in [("corp", "profile = { subject = \"oid\" }"), ("partner", "")] {
        assert_eq!(held(&es256(id, more)), Err(IdentityRefusal::Subject), "{id} {more}");
    }
}

#[test]
fn a_button_has_a_short_line_of_text_and_the_name_of_an_icon() {
    let with = |keys: &str| read("corp", &format!("{OIDC}\n{keys}"));
    let label = |text: &str| with(&format!("label = \"{text}\"")).is_ok();
    assert!(label(&"l".repeat(60)) && !label(&"l".repeat(61)) && !label(&"l".repeat(70)));
    assert!(!label("a\\u0007b") && !label(" "));
    let icon = |name: &str| with(&format!("icon = \"{name}\"")).map(|it| it.icon).ok();
    assert_eq!(icon("my-icon2"), Some(Some("my-icon2".to_owned())));
    for other in ["../x", "A", "a b", "a_b"] {
        assert_eq!(icon(other), None, "{other}");
    }
}

#[test]
fn a_name_may_come_from_a_claim_of_the_file_s_choosing() {
    let one = person(es256("corp", "profile.name = \"nick\""), json!({ "nick": "Bo" }));
    assert_eq!(one.name(), Some("Bo"));
}
