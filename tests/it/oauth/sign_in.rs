//! The whole way, from the client's request to a tool call as the person.

use serde_json::json;

use crate::harness::{Service, claims};

#[tokio::test]
async fn alice_signs_in_and_her_token_is_good_at_the_server() {
    let service = Service::start().await;
    let tokens = service.tokens("alice").await;
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(service.mcp(access).await, 200);
    let (head, _) = claims(access);
    assert_eq!((&head["typ"], &head["alg"]), (&json!("at+jwt"), &json!("ES256")));
    let refresh = tokens["refresh_token"].as_str().unwrap();
    service.log.keeps(&[access, refresh, "alice@example.com"]);
    assert!(!service.database_holds(refresh));
    insta::assert_snapshot!(service.rows(), @"clients 1, codes 1, consents 1, grants 1, identities 1, users 1");
}
