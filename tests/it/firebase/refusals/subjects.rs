//! Uids that are none, or two.

use serde_json::json;

use super::{DENIED, Row, UNTRUSTED, refused};

#[tokio::test]
async fn a_uid_longer_than_firebase_makes_them_is_refused() {
    refused(&[], DENIED, LONG).await;
}

#[tokio::test]
async fn a_token_that_names_two_uids_is_refused() {
    refused(&[], DENIED, TWO).await;
}

#[tokio::test]
async fn a_user_id_is_no_subject() {
    let rows: &[Row] = &[("no sub beside it", "`sub` is missing", |draft| draft.without("sub"))];
    refused(&[], UNTRUSTED, rows).await;
}

const SUBJECT: &str = "the subject claim is missing or malformed";

const LONG: &[Row] = &[
    ("129 characters", SUBJECT, |draft| {
        draft.claim("sub", "u".repeat(129));
        draft.claim("user_id", "u".repeat(129));
    }),
    ("255 characters", SUBJECT, |draft| {
        draft.claim("sub", "u".repeat(255));
        draft.claim("user_id", "u".repeat(255));
    }),
];

const TWO: &[Row] = &[
    ("another user_id", SUBJECT, |draft| draft.claim("user_id", "mallory")),
    ("another sub", SUBJECT, |draft| draft.claim("sub", "mallory")),
    ("a user_id in upper case", SUBJECT, |draft| {
        let upper = draft.claims["sub"].as_str().unwrap().to_uppercase();
        draft.claim("user_id", upper);
    }),
    ("a user_id that is empty", SUBJECT, |draft| draft.claim("user_id", "")),
    ("a user_id that is null", SUBJECT, |draft| draft.claim("user_id", json!(null))),
    ("a user_id that is a number", SUBJECT, |draft| {
        draft.claim("sub", "129");
        draft.claim("user_id", 129);
    }),
    ("a user_id that is a list", SUBJECT, |draft| {
        let list = json!([draft.claims["sub"]]);
        draft.claim("user_id", list);
    }),
];
