//! What several attacks begin with.

use serde_json::json;

use crate::harness::{Form, REDIRECT, Service};

/// What a client is told whose code was tried before.
pub(super) const BURNT: &str =
    "400 invalid_grant: The code was used before; its tokens are revoked.";
/// What a client is told whose grant is over.
pub(super) const ENDED: &str = "400 invalid_grant: The grant has ended; sign in again.";
/// What a client is told whose old token came back.
pub(super) const REUSED: &str =
    "400 invalid_grant: The token was used before; the grant is revoked.";

/// A good exchange of an unredeemed code of alice's.
pub(super) async fn exchange(service: &Service) -> Form {
    let code = service.code("alice").await;
    service.exchange(&service.client().await, &code)
}

/// Another public client, with the same place of return.
pub(super) async fn thief(service: &Service) -> String {
    let metadata = json!({
        "client_name": "Thief", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
    });
    let answer = service.register(&metadata).await;
    answer.json()["client_id"].as_str().unwrap().to_owned()
}

/// Every way in which one text is nearly the other: cut, longer, in other letters, a bit changed, or
/// spelled so that a careless reader of base64 reads the same bytes.
pub(super) fn nearly(token: &str) -> Vec<String> {
    let (start, last) = token.split_at(token.len() - 1);
    let mut all = vec![
        start.to_owned(),
        token[1..].to_owned(),
        token[..token.len() / 2].to_owned(),
        format!("{token}="),
        format!("{token}A"),
        format!("{token}{token}"),
        token.to_uppercase(),
        token.to_lowercase(),
        token.replacen('_', "-", 1),
    ];
    let at = ALPHABET.find(last).unwrap();
    all.extend((0..64).filter(|other| *other != at).map(|other| {
        let other = &ALPHABET[other..=other];
        format!("{start}{other}")
    }));
    all.extend((7..token.len()).step_by(9).map(|at| {
        let other = if &token[at..=at] == "B" { "C" } else { "B" };
        format!("{}{other}{}", &token[..at], &token[at + 1..])
    }));
    all.retain(|other| other != token);
    all
}

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
