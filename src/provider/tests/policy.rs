//! Who enters, with which scopes, and what never helps.

use serde_json::{Value, json};

use super::{AUTH0, OIDC, good, map};
use crate::provider::{
    example::run_examples,
    policy::{NotAdmitted, RuleKind, explain},
};

const ADMINS: &str = "[[grant]]\nscopes = [\"read\"]\n\
    [[grant]]\nscopes = [\"admin\"]\nwhen = { claim = \"groups\", has = \"admins\" }";

/// What the rules `more` below `base` give to `claims`, in a line.
fn gives(base: &str, more: &str, claims: Value) -> String {
    let found = explain(&good(&format!("{base}\n{more}")), &map(claims));
    found.reason.map_or_else(|| found.scopes.to_string(), |reason| reason.code().to_owned())
}

fn ann(extra: Value) -> Value {
    let mut all = map(json!({ "sub": "1", "email": "ann@example.com", "email_verified": true }));
    all.extend(map(extra));
    Value::Object(all)
}

#[test]
fn without_rules_a_verified_address_enters_and_gets_nothing() {
    assert_eq!(gives(OIDC, "", ann(json!({}))), "");
}

#[test]
fn without_rules_an_unverified_or_missing_address_is_refused() {
    for not_true in [json!(false), json!("true"), json!(1), Value::Null] {
        let claims = ann(json!({ "email_verified": not_true }));
        assert_eq!(gives(OIDC, "", claims), "email_not_verified", "{not_true}");
    }
    assert_eq!(gives(OIDC, "", json!({ "sub": "1" })), "email_not_verified");
}

#[test]
fn unverified_addresses_enter_only_by_the_operator_s_word_and_satisfy_no_email_rule() {
    let claims = || ann(json!({ "email_verified": false }));
    let rule = "unverified_email = \"allow\"\n[[grant]]\nscopes = [\"admin\"]\n\
        when = { email_domain = \"example.com\" }";
    assert_eq!(gives(OIDC, rule, claims()), "");
    assert_eq!(gives(OIDC, rule, ann(json!({}))), "admin");
}

#[test]
fn an_address_outside_the_provider_s_own_domains_counts_as_unverified() {
    let trusted = "trusted_email_domains = [\"Corp.example\"]";
    assert_eq!(gives(OIDC, trusted, ann(json!({}))), "email_not_verified");
    assert_eq!(gives(OIDC, trusted, ann(json!({ "email": "ann@corp.EXAMPLE" }))), "");
    let none = "trusted_email_domains = []";
    assert_eq!(gives(OIDC, none, ann(json!({}))), "email_not_verified");
}

#[test]
fn a_domain_rule_holds_for_exactly_that_domain() {
    let rule = "[[allow]]\nemail_domain = \"Example.com\"";
    assert_eq!(gives(OIDC, rule, ann(json!({ "email": "ann@EXAMPLE.com" }))), "");
    for email in [
        "ann@evil-example.com",
        "ann@sub.example.com",
        "ann@example.com.evil.org",
        "ann@evil.org@example.com",
        "@example.com",
        "ann\n@example.com",
        "a nn@example.com",
        "ann\u{200b}@example.com",
        "ann@example.com ",
        "ann@examp\u{200b}le.com",
    ] {
        assert_eq!(gives(OIDC, rule, ann(json!({ "email": email }))), "no_allow_rule", "{email}");
    }
}

#[test]
fn conditions_of_one_rule_are_and_rules_are_or() {
    let rules = "[[allow]]\nemail_domain = \"example.com\"\nclaim = \"team\"\nequals = \"blue\"\n\
        [[allow]]\nemail = \"bea@other.example\"";
    assert_eq!(gives(OIDC, rules, ann(json!({ "team": "blue" }))), "");
    assert_eq!(gives(OIDC, rules, ann(json!({ "team": "red" }))), "no_allow_rule");
    assert_eq!(gives(OIDC, rules, ann(json!({ "email": "bea@other.example" }))), "");
}

#[test]
fn a_missing_claim_or_one_of_another_type_grants_nothing() {
    for groups in [
        json!("admins"),
        json!({ "admins": true }),
        json!(["Admins"]),
        json!([["admins"]]),
        Value::Null,
    ] {
        assert_eq!(gives(OIDC, ADMINS, ann(json!({ "groups": groups }))), "read", "{groups}");
    }
    assert_eq!(gives(OIDC, ADMINS, ann(json!({}))), "read");
    assert_eq!(gives(OIDC, ADMINS, ann(json!({ "groups": ["x", "admins"] }))), "admin read");
}

#[test]
fn equality_is_equality_of_json() {
    let rule = "[[allow]]\nclaim = \"level\"\nequals = 1";
    assert_eq!(gives(OIDC, rule, ann(json!({ "level": 1 }))), "");
    for level in [json!("1"), json!(true), json!([1]), json!(1.5)] {
        assert_eq!(gives(OIDC, rule, ann(json!({ "level": level }))), "no_allow_rule", "{level}");
    }
}

#[test]
fn exists_and_one_of_speak_of_what_is_there() {
    let exists = "[[allow]]\nclaim = \"badge\"\nexists = true";
    assert_eq!(gives(OIDC, exists, ann(json!({ "badge": false }))), "");
    assert_eq!(gives(OIDC, exists, ann(json!({ "badge": null }))), "no_allow_rule");
    let one_of = "[[allow]]\nclaim = \"team\"\none_of = [\"blue\", \"red\"]";
    assert_eq!(gives(OIDC, one_of, ann(json!({ "team": "red" }))), "");
    assert_eq!(gives(OIDC, one_of, ann(json!({ "team": ["red"] }))), "no_allow_rule");
}

#[test]
fn a_required_claim_that_is_missing_or_different_refuses() {
    let require = "require = { token_use = \"id\", tid = { one_of = [\"t1\", \"t2\"] } }";
    assert_eq!(gives(OIDC, require, ann(json!({ "token_use": "id", "tid": "t2" }))), "");
    for wrong in [
        json!({ "token_use": "access", "tid": "t1" }),
        json!({ "token_use": "id", "tid": "t3" }),
        json!({}),
    ] {
        assert_eq!(gives(OIDC, require, ann(wrong)), "required_claim");
    }
}

#[test]
fn a_corporate_address_on_a_private_google_account_is_not_of_the_workspace() {
    let hd = "hd = \"example.com\"";
    assert_eq!(gives(OIDC, hd, ann(json!({ "hd": "example.com" }))), "");
    assert_eq!(gives(OIDC, hd, ann(json!({}))), "required_claim");
    assert_eq!(gives(OIDC, hd, ann(json!({ "hd": "evil.org" }))), "required_claim");
}

#[test]
fn a_google_service_account_is_no_person() {
    let google = OIDC.replace("id.example.com", "accounts.google.com");
    let robot = json!({ "email": "r@p.iam.GServiceAccount.com" });
    assert_eq!(gives(&google, "", ann(robot)), "required_claim");
}

#[test]
fn an_auth0_organization_is_compared_by_id_or_by_lower_case_name() {
    let by_id = "organization = \"org_1\"";
    assert_eq!(gives(AUTH0, by_id, ann(json!({ "org_id": "org_1" }))), "");
    assert_eq!(
        gives(AUTH0, by_id, ann(json!({ "org_id": "org_2", "org_name": "org_1" }))),
        "required_claim"
    );
    let by_name = "organization = \"Blue\"";
    assert_eq!(gives(AUTH0, by_name, ann(json!({ "org_id": "org_9", "org_name": "blue" }))), "");
    assert_eq!(gives(AUTH0, by_name, ann(json!({ "org_id": "Blue" }))), "required_claim");
}

#[test]
fn an_auth0_token_of_an_organization_nobody_asked_for_is_refused() {
    assert_eq!(gives(AUTH0, "", ann(json!({ "org_id": "org_1" }))), "required_claim");
    assert_eq!(gives(AUTH0, "", ann(json!({ "org_name": "blue" }))), "required_claim");
}

#[test]
fn an_address_mapped_from_another_claim_is_never_verified() {
    let rule = "profile = { email = \"upn\" }\n[[allow]]\nemail_domain = \"example.com\"";
    assert_eq!(gives(OIDC, rule, ann(json!({ "upn": "ann@example.com" }))), "no_allow_rule");
}

#[test]
fn a_missing_mapped_subject_refuses() {
    let rule = "profile = { subject = \"oid\" }";
    assert_eq!(gives(OIDC, rule, ann(json!({ "oid": "7" }))), "");
    for oid in [Value::Null, json!(7), json!(""), json!("a\u{202e}b"), json!("x".repeat(256))] {
        assert_eq!(gives(OIDC, rule, ann(json!({ "oid": oid }))), "nobody", "{oid}");
    }
}

#[test]
fn an_explanation_names_every_rule_in_words() {
    let settings = good(&format!(
        "{OIDC}\nhd = \"example.com\"\n[[allow]]\nemail_domain = \"example.com\"\n{ADMINS}"
    ));
    let found = explain(&settings, &map(ann(json!({ "groups": ["admins"] }))));
    let lines: Vec<_> = found
        .rules
        .iter()
        .map(|rule| (rule.kind, rule.number, rule.text.as_str(), rule.matched))
        .collect();
    let wanted = [
        (RuleKind::Require, 1, r#"claim "hd" is one of ["example.com"]"#, false),
        (RuleKind::Allow, 1, "verified e-mail of domain example.com", true),
        (RuleKind::Grant, 1, "everyone admitted", true),
        (RuleKind::Grant, 2, r#"claim "groups" has "admins""#, true),
    ];
    assert_eq!(lines, wanted);
    assert!(matches!(found.reason, Some(NotAdmitted::Required(_))) && found.scopes.is_empty());
}

#[test]
fn an_example_that_no_longer_holds_is_a_fault() {
    let example = |gives: &str| {
        let claims =
            r#"{ sub = "1", name = "Ann", email = "ann@example.com", email_verified = true }"#;
        let text = format!("{OIDC}\n{ADMINS}\n[[example]]\nclaims = {claims}\ngives = {gives}");
        run_examples(&good(&text)).into_iter().map(|fault| fault.key).collect::<Vec<_>>()
    };
    assert!(
        example(r#"{ scopes = ["read"], user = { name = "Ann", email = "ann@example.com" } }"#)
            .is_empty()
    );
    assert_eq!(example(r#"{ scopes = ["read", "admin"] }"#), ["example[1]"]);
    assert_eq!(example("{ scopes = [] }"), ["example[1]"]);
    assert_eq!(example("{ refused = true }"), ["example[1]"]);
    assert_eq!(
        example(r#"{ scopes = ["read"], user = { name = "Bea" } }"#),
        ["example[1].gives.user"]
    );
    assert_eq!(example("{ }"), ["example[1].gives"]);
    assert_eq!(example(r#"{ scopes = ["read"], refused = true }"#), ["example[1].gives"]);
}

#[test]
fn a_tenant_of_entra_vouches_for_its_own_people_only() {
    let base = OIDC.replace("id.example.com", "login.microsoftonline.com/{tenant}/v2.0");
    let more = "tenants = [\"t-1\"]\n[[allow]]\nclaim = \"sub\"\nexists = true\n\
        [[grant]]\nscopes = [\"read\"]";
    let of = |claims: Value| gives(&base, more, ann(claims));
    let issuer = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
    assert_eq!(of(json!({ "iss": issuer("t-1"), "tid": "t-1" })), "read");
    assert_eq!(of(json!({ "tid": "t-1" })), "read", "claims to explain have no issuer");
    for other in [
        json!({ "iss": issuer("t-1") }),
        json!({ "iss": issuer("t-1"), "tid": "t-2" }),
        json!({ "iss": issuer("t-2"), "tid": "t-2" }),
        json!({ "iss": issuer("t-2"), "tid": "t-1" }),
        json!({ "iss": null, "tid": "t-1" }),
        json!({ "tid": ["t-1"] }),
    ] {
        assert_eq!(of(other.clone()), "required_claim", "{other}");
    }
}
