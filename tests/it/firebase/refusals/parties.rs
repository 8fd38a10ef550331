//! Tokens of another project. Every project's tokens are signed by the same keys of Google's.

use serde_json::json;

use super::{Row, UNTRUSTED, refused};

#[tokio::test]
async fn a_perfectly_signed_token_of_another_project_is_refused() {
    refused(&[], UNTRUSTED, PROJECTS).await;
}

#[tokio::test]
async fn a_token_whose_audience_is_not_the_project_as_one_string_is_refused() {
    refused(&[], UNTRUSTED, AUDIENCES).await;
}

#[tokio::test]
async fn a_token_that_says_which_request_it_answers_is_not_firebases() {
    refused(&[], UNTRUSTED, NONCES).await;
}

const ISSUER: &str = "claim `iss` is not the provider";
const AUDIENCE: &str = "claim `aud` is another client";

const PROJECTS: &[Row] = &[
    ("another project", ISSUER, |draft| {
        draft.claim("iss", "https://securetoken.google.com/attackers-project");
        draft.claim("aud", "attackers-project");
    }),
    ("another issuer for our audience", ISSUER, |draft| {
        draft.claim("iss", "https://securetoken.google.com/attackers-project");
    }),
    ("our issuer for another audience", AUDIENCE, |draft| draft.claim("aud", "attackers-project")),
    ("a project whose name begins as ours", ISSUER, |draft| {
        draft.claim("iss", "https://securetoken.google.com/example-1a2b3-evil");
        draft.claim("aud", "example-1a2b3-evil");
    }),
    ("the issuer without a project", ISSUER, |draft| {
        draft.claim("iss", "https://securetoken.google.com/");
    }),
    ("plain http", ISSUER, |draft| {
        draft.claim("iss", "http://securetoken.google.com/example-1a2b3");
    }),
    ("a look-alike", ISSUER, |draft| {
        draft.claim("iss", "https://securetoken.google.com.evil.example/example-1a2b3");
    }),
];

const AUDIENCES: &[Row] = &[
    ("a list of one", "claim `aud` is not one string", |draft| {
        draft.claim("aud", json!(["example-1a2b3"]));
    }),
    ("a list of two", "claim `aud` is not one string", |draft| {
        draft.claim("aud", json!(["example-1a2b3", "attackers-project"]));
    }),
    ("the project's number", AUDIENCE, |draft| draft.claim("aud", "123456789012")),
    ("a number", "neither a string nor a list", |draft| draft.claim("aud", 123)),
    ("none", "claim `aud` is missing", |draft| draft.without("aud")),
    ("null", "neither a string nor a list", |draft| draft.claim("aud", json!(null))),
    ("an object", "neither a string nor a list", |draft| {
        draft.claim("aud", json!({ "example-1a2b3": true }));
    }),
    ("empty", AUDIENCE, |draft| draft.claim("aud", "")),
    ("in upper case", AUDIENCE, |draft| draft.claim("aud", "EXAMPLE-1A2B3")),
    ("ours, for another party", "claim `azp` is another client", |draft| {
        draft.claim("azp", "attackers-project");
    }),
];

const NONCES: &[Row] = &[
    ("a nonce", "claim `nonce` is not the one we sent", |draft| draft.claim("nonce", "n")),
    ("an empty nonce", "claim `nonce` is not the one we sent", |draft| draft.claim("nonce", "")),
    ("a nonce of null", "claim `nonce` is not a string", |draft| draft.claim("nonce", json!(null))),
];
