//! What the head of a request may and may not say, and how the refusal reads.

use countersign::{guard::GuardRefusal, protocol::scope::Scopes};
use http::{HeaderMap, HeaderValue, Uri, header};
use serde_json::json;

use super::{World, shown};

async fn refused(world: &World, uri: &str, authorization: &[&[u8]]) -> String {
    let mut headers = HeaderMap::new();
    for value in authorization {
        headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
    }
    let uri: Uri = uri.parse().unwrap();
    let refusal = world.guard.caller(&headers, &uri).await.expect_err("refused");
    shown(world.guard.refuse(&refusal)).await
}

#[tokio::test]
async fn without_a_token_the_challenge_tells_how_to_sign_in() {
    let world = World::new();
    insta::assert_snapshot!(refused(&world, "/mcp", &[]).await, @r#"
    401 Unauthorized
    www-authenticate: Bearer scope="read", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"
    {"error":"unauthorized","error_description":"Sign in first: send an access token in the Authorization header."}
    "#);
}

#[tokio::test]
async fn another_scheme_is_no_token() {
    let world = World::new();
    insta::assert_snapshot!(refused(&world, "/mcp", &[b"Basic YWxpY2U6cHc="]).await, @r#"
    401 Unauthorized
    www-authenticate: Bearer scope="read", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"
    {"error":"unauthorized","error_description":"Sign in first: send an access token in the Authorization header."}
    "#);
}

#[tokio::test]
async fn a_token_in_the_query_is_a_bad_request() {
    let world = World::new();
    let token = world.token(&json!({}));
    let uri = format!("/mcp?access_token={token}");
    insta::assert_snapshot!(refused(&world, &uri, &[]).await, @r#"
    400 Bad Request
    www-authenticate: Bearer error="invalid_request", error_description="An access token in the query is not accepted.", scope="read", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"
    {"error":"invalid_request","error_description":"An access token in the query is not accepted."}
    "#);
    let both = refused(&world, &uri, &[format!("Bearer {token}").as_bytes()]).await;
    assert!(both.starts_with("400 "));
}

#[tokio::test]
async fn two_authorization_headers_are_a_bad_request() {
    let world = World::new();
    let bearer = format!("Bearer {}", world.token(&json!({})));
    let twice = [bearer.as_bytes(), bearer.as_bytes()];
    insta::assert_snapshot!(refused(&world, "/mcp", &twice).await, @r#"
    400 Bad Request
    www-authenticate: Bearer error="invalid_request", error_description="Send one Authorization header, not several.", scope="read", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"
    {"error":"invalid_request","error_description":"Send one Authorization header, not several."}
    "#);
}

#[tokio::test]
async fn a_bad_token_is_told_apart_from_an_expired_one_and_from_nothing_else() {
    let world = World::new();
    insta::assert_snapshot!(refused(&world, "/mcp", &[b"Bearer abc"]).await, @r#"
    401 Unauthorized
    www-authenticate: Bearer error="invalid_token", error_description="The access token is not valid for this server.", scope="read", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"
    {"error":"invalid_token","error_description":"The access token is not valid for this server."}
    "#);
    let late = format!("Bearer {}", world.token(&json!({"exp": 1})));
    insta::assert_snapshot!(refused(&world, "/mcp", &[late.as_bytes()]).await, @r#"
    401 Unauthorized
    www-authenticate: Bearer error="invalid_token", error_description="The access token has expired.", scope="read", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"
    {"error":"invalid_token","error_description":"The access token has expired."}
    "#);
    let wrong = format!("Bearer {}", world.token(&json!({"aud": "https://other.example"})));
    assert_eq!(
        refused(&world, "/mcp", &[wrong.as_bytes()]).await,
        refused(&world, "/mcp", &[b"Bearer \xff\xfe"]).await
    );
}

#[tokio::test]
async fn an_insufficient_scope_names_all_that_the_operation_needs() {
    let world = World::new();
    let needs = Scopes::parse("admin read").unwrap();
    let refusal = GuardRefusal::InsufficientScope(needs);
    insta::assert_snapshot!(shown(world.guard.refuse(&refusal)).await, @r#"
    403 Forbidden
    www-authenticate: Bearer error="insufficient_scope", error_description="This needs the scopes: admin read.", scope="admin read", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"
    {"error":"insufficient_scope","error_description":"This needs the scopes: admin read."}
    "#);
}

#[tokio::test]
async fn keys_out_of_reach_are_the_servers_trouble() {
    let world = World::new();
    let retry_after = std::time::Duration::from_secs(7);
    let refusal = GuardRefusal::Unavailable { retry_after };
    insta::assert_snapshot!(shown(world.guard.refuse(&refusal)).await, @r#"
    503 Service Unavailable
    retry-after: 7
    {"error":"temporarily_unavailable","error_description":"What is needed to check access tokens is out of reach for the moment."}
    "#);
}
