//! Good tokens of people who signed in another way, or elsewhere.

use serde_json::{Value, json};

use super::{DENIED, Row, World, refused};
use crate::federation::token::Draft;

#[tokio::test]
async fn a_way_to_sign_in_that_the_file_does_not_list_is_refused() {
    refused(&[], DENIED, WAYS).await;
}

#[tokio::test]
async fn a_person_of_a_tenant_is_refused_where_no_tenant_is_configured() {
    refused(&[], DENIED, UNEXPECTED).await;
}

#[tokio::test]
async fn a_person_who_is_not_of_the_configured_tenant_is_refused() {
    refused(&["tenant = \"corp-x1y2z\""], DENIED, TENANTS).await;
}

#[tokio::test]
async fn a_listed_way_to_sign_in_still_needs_a_verified_address() {
    let keys = ["sign_in = [\"google.com\", \"anonymous\", \"password\", \"custom\"]"];
    refused(&keys, DENIED, UNVERIFIED).await;
    let world = World::with(&keys, &[]).await;
    for way in ["password", "custom", "google.com"] {
        world.google.now(|desk| desk.person["firebase"]["sign_in_provider"] = json!(way));
        assert!(world.walk().await.landing().contains_key("code"), "{way}");
    }
}

#[tokio::test]
async fn people_whom_no_allow_rule_names_are_refused() {
    let rows: &[Row] = &[
        ("another domain", "no [[allow]] rule holds", |_| {}),
        ("the domain, unverified", "no [[allow]] rule holds", |draft| {
            draft.claim("email", "ceo@corp.example");
            draft.claim("email_verified", false);
        }),
        ("the domain among the identities alone", "no [[allow]] rule holds", |draft| {
            draft.claims["firebase"]["identities"]["email"] = json!(["ceo@corp.example"]);
        }),
    ];
    refused(&["allow = [{ email_domain = \"corp.example\" }]"], DENIED, rows).await;
}

#[tokio::test]
async fn a_required_claim_that_is_missing_refuses() {
    let rows: &[Row] = &[
        ("missing", "claim \"staff\" equals true", |_| {}),
        ("a text", "claim \"staff\" equals true", |draft| draft.claim("staff", "true")),
    ];
    refused(&["require = { staff = true }"], DENIED, rows).await;
}

#[tokio::test]
async fn an_account_disabled_here_is_refused_and_the_client_is_told() {
    let world = World::sdk().await;
    assert!(world.walk().await.landing().contains_key("code"));
    let name = "Alice Liddell";
    world.service.execute("UPDATE users SET disabled = TRUE WHERE name = ?", name);
    world.service.wait(1);
    let rows = world.service.rows();
    let answer = world.walk().await;
    world.client_was_told(&answer, "access_denied", "");
    assert_eq!(world.service.rows(), rows.replace("spent_digests 1", "spent_digests 2"));
}

const WAY: &str = "required by the provider file, and not so: claim";

const WAYS: &[Row] = &[
    ("anonymous", WAY, |draft| {
        way(draft, "anonymous");
        draft.claim("provider_id", "anonymous");
    }),
    ("a token that a server of the project minted", WAY, |draft| way(draft, "custom")),
    ("a password", WAY, |draft| way(draft, "password")),
    ("a telephone", WAY, |draft| way(draft, "phone")),
    ("another provider", WAY, |draft| way(draft, "github.com")),
    ("upper case", WAY, |draft| way(draft, "Google.com")),
    ("a list", WAY, |draft| way(draft, json!(["google.com"]))),
    ("null", WAY, |draft| way(draft, json!(null))),
    ("empty", WAY, |draft| way(draft, "")),
    ("no firebase claim", WAY, |draft| draft.without("firebase")),
    ("a firebase claim that is a text", WAY, |draft| draft.claim("firebase", "google.com")),
    ("a firebase claim that is a list", WAY, |draft| {
        let list = json!([draft.claims["firebase"]]);
        draft.claim("firebase", list);
    }),
    ("said at the top", WAY, |draft| {
        draft.without("firebase");
        draft.claim("sign_in_provider", "google.com");
        draft.claim("firebase.sign_in_provider", "google.com");
    }),
];

const UNEXPECTED: &[Row] = &[
    ("a tenant", "is absent", |draft| tenant(draft, "corp-x1y2z")),
    ("an empty tenant", "is absent", |draft| tenant(draft, "")),
    ("a tenant that is a list", "is absent", |draft| tenant(draft, json!([]))),
];

const TENANTS: &[Row] = &[
    ("none", "equals \"corp-x1y2z\"", |_| {}),
    ("another", "equals \"corp-x1y2z\"", |draft| tenant(draft, "evil-x1y2z")),
    ("in upper case", "equals \"corp-x1y2z\"", |draft| tenant(draft, "CORP-x1y2z")),
    ("a list", "equals \"corp-x1y2z\"", |draft| tenant(draft, json!(["corp-x1y2z"]))),
    ("at the top", "equals \"corp-x1y2z\"", |draft| draft.claim("tenant", "corp-x1y2z")),
];

const ADDRESS: &str = "no verified e-mail address";

const UNVERIFIED: &[Row] = &[
    ("a password", ADDRESS, |draft| {
        way(draft, "password");
        draft.claim("email_verified", false);
    }),
    ("a minted token", ADDRESS, |draft| {
        way(draft, "custom");
        draft.without("email_verified");
    }),
    ("nobody", ADDRESS, |draft| {
        way(draft, "anonymous");
        draft.without("email");
        draft.without("email_verified");
    }),
];

fn way(draft: &mut Draft, way: impl Into<Value>) {
    draft.claims["firebase"]["sign_in_provider"] = way.into();
}

fn tenant(draft: &mut Draft, tenant: impl Into<Value>) {
    draft.claims["firebase"]["tenant"] = tenant.into();
}
