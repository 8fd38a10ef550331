//! Good tokens about nobody, or about people who may not enter.

use serde_json::json;

use super::{DENIED, Row, refused, shipped};
use crate::federation::{
    kind::{Kind, with_keys},
    token::Draft,
};

#[tokio::test]
async fn an_address_that_is_not_verified_lets_nobody_in() {
    for kind in Kind::ALL {
        refused(kind, shipped, DENIED, ADDRESSES).await;
    }
}

#[tokio::test]
async fn people_outside_the_workspace_are_refused() {
    let workspace = |file: &str| with_keys(file, "hd = \"example.com\"");
    refused(Kind::Google, workspace, DENIED, WORKSPACE).await;
}

#[tokio::test]
async fn a_service_account_of_google_is_refused() {
    refused(
        Kind::Google,
        shipped,
        DENIED,
        &[("robot", "not a Google service account", |draft| {
            draft.claim("email", "robot@project.iam.gserviceaccount.com");
        })],
    )
    .await;
}

#[tokio::test]
async fn people_of_another_organization_are_refused() {
    let by_id = |file: &str| with_keys(file, "organization = \"org_example\"");
    refused(Kind::Auth0, by_id, DENIED, ORGANIZATION).await;
    let by_name = |file: &str| with_keys(file, "organization = \"Example\"");
    refused(Kind::Auth0, by_name, DENIED, ORGANIZATION_NAME).await;
}

#[tokio::test]
async fn people_of_an_organization_that_the_file_does_not_name_are_refused() {
    refused(
        Kind::Auth0,
        shipped,
        DENIED,
        &[
            ("an id", "claim \"org_id\" is absent", |draft| draft.claim("org_id", "org_other")),
            ("a name", "claim \"org_name\" is absent", |draft| draft.claim("org_name", "other")),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_required_claim_that_is_missing_or_different_refuses() {
    let tenant = |file: &str| with_keys(file, "require = { tid = \"t1\" }");
    refused(
        Kind::Oidc,
        tenant,
        DENIED,
        &[
            ("missing", "claim \"tid\" equals \"t1\"", |_| {}),
            ("another", "claim \"tid\" equals \"t1\"", |draft| draft.claim("tid", "t2")),
            ("in a list", "claim \"tid\" equals \"t1\"", |draft| draft.claim("tid", json!(["t1"]))),
        ],
    )
    .await;
}

#[tokio::test]
async fn people_whom_no_allow_rule_names_are_refused() {
    let staff = |file: &str| {
        let (head, rules) = file.split_once("[[grant]]").unwrap();
        let rules = rules.split("[[example]]").next().unwrap();
        format!("{head}[[allow]]\nemail_domain = \"corp.example\"\n[[grant]]{rules}")
    };
    for kind in Kind::ALL {
        refused(
            kind,
            staff,
            DENIED,
            &[
                ("another domain", "no [[allow]] rule holds", |_| {}),
                ("the domain, unverified", "no [[allow]] rule holds", |draft| {
                    draft.claim("email", "ceo@corp.example");
                    draft.claim("email_verified", false);
                }),
                ("the domain in the local part", "no [[allow]] rule holds", |draft| {
                    draft.claim("email", "\"ceo@corp.example\"@evil.example");
                }),
            ],
        )
        .await;
    }
}

pub(crate) const SUBJECTS: &[Row] = &[
    ("no subject", "claim `sub` is missing", |draft| draft.without("sub")),
    ("an empty one", "claim `sub` is not 1 to 255", |draft| draft.claim("sub", "")),
    ("256 characters", "claim `sub` is not 1 to 255", |draft| draft.claim("sub", "x".repeat(256))),
    ("a number", "claim `sub` is not a string", |draft| draft.claim("sub", 129)),
    ("null", "claim `sub` is not a string", |draft| draft.claim("sub", json!(null))),
    ("10 KiB", "claim `sub` is not 1 to 255", |draft| draft.claim("sub", "x".repeat(10_240))),
    ("NUL", "malformed: payload", |draft| draft.claim("sub", "alice\0mallory")),
    ("a bell", "claim `sub` is not 1 to 255", |draft| draft.claim("sub", "alice\u{7}")),
    ("two lines", "claim `sub` is not 1 to 255", |draft| draft.claim("sub", "alice\r\nmallory")),
];

const UNVERIFIED: &str = "no verified e-mail address";

/// Subjects that do not show: the token holds, and yet names nobody.
pub(crate) const INVISIBLE: &[Row] = &[
    ("text turned around", "subject claim", |draft| named(draft, "alice\u{202E}mallory")),
    ("a mark of direction", "subject claim", |draft| named(draft, "alice\u{200F}")),
    ("a space without width", "subject claim", |draft| named(draft, "ali\u{200B}ce")),
];

/// Wherever the kind of provider says it.
fn named(draft: &mut Draft, subject: &str) {
    draft.claim("sub", subject);
    if draft.claims.get("user_id").is_some() {
        draft.claim("user_id", subject);
    }
}

pub(crate) const ADDRESSES: &[Row] = &[
    ("not verified", UNVERIFIED, |draft| draft.claim("email_verified", false)),
    ("verified by a text", UNVERIFIED, |draft| draft.claim("email_verified", "true")),
    ("verified by a number", UNVERIFIED, |draft| draft.claim("email_verified", 1)),
    ("nothing said", UNVERIFIED, |draft| draft.without("email_verified")),
    ("no address", UNVERIFIED, |draft| draft.without("email")),
    ("two addresses", UNVERIFIED, |draft| {
        draft.claim("email", json!(["alice.liddell@example.com", "mallory@example.com"]));
    }),
];

const HD: &str = "claim \"hd\" is one of [\"example.com\"]";

const WORKSPACE: &[Row] = &[
    ("no hd, though the address is of the domain", HD, |draft| draft.without("hd")),
    ("another hd", HD, |draft| draft.claim("hd", "other.example")),
    ("hd in a list", HD, |draft| draft.claim("hd", json!(["example.com"]))),
    ("hd of a domain below", HD, |draft| draft.claim("hd", "evil.example.com")),
];

const ORGANIZATION: &[Row] = &[
    ("none", "claim \"org_id\" equals \"org_example\"", |_| {}),
    ("another", "claim \"org_id\" equals \"org_example\"", |draft| {
        draft.claim("org_id", "org_other");
    }),
    ("its id as a name", "claim \"org_id\" equals \"org_example\"", |draft| {
        draft.claim("org_name", "org_example");
    }),
];

const ORGANIZATION_NAME: &[Row] = &[
    ("none", "claim \"org_name\" equals \"example\"", |draft| draft.claim("org_id", "org_1")),
    ("another", "claim \"org_name\" equals \"example\"", |draft| draft.claim("org_name", "other")),
];
