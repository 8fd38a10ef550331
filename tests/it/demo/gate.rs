//! Scopes per tool, judged before the MCP server sees a call.

use std::{convert::Infallible, time::Duration};

use axum::body::Body;
use countersign::engine::policy::Unlisted;
use http::{Method, Request, Response, header};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use super::{Demonstration, call, common, message};
use crate::guard::shown;

fn challenge(response: &Response<Body>) -> &str {
    response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap()
}

#[tokio::test]
async fn without_a_token_even_get_is_401() {
    let demo = Demonstration::new();
    let request = Request::builder().uri("/mcp").body(Body::empty()).unwrap();
    let response = demo.app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(challenge(&response).contains("resource_metadata="));
}

#[tokio::test]
async fn a_tool_beyond_the_callers_scopes_is_403_with_every_scope_it_needs() {
    let demo = Demonstration::new();
    let response = demo.call("read", "secure_operation", &json!({})).await;
    insta::assert_snapshot!(shown(response).await, @r#"
    403 Forbidden
    www-authenticate: Bearer error="insufficient_scope", error_description="This needs the scopes: admin.", scope="admin", resource_metadata="http://localhost:8000/.well-known/oauth-protected-resource/mcp"
    {"error":"insufficient_scope","error_description":"This needs the scopes: admin."}
    "#);
}

#[tokio::test]
async fn a_wider_scope_implies_the_narrower() {
    let demo = Demonstration::new();
    assert_eq!(demo.call("admin", "read_data", &json!({})).await.status(), 200);
    assert_eq!(demo.call("write", "read_data", &json!({})).await.status(), 403);
}

#[tokio::test]
async fn a_call_hidden_in_a_batch_is_judged_too() {
    let demo = Demonstration::new();
    let batch = json!([call("public_tool", &json!({})), call("secure_operation", &json!({}))]);
    let response = demo.post(&demo.token("read"), &batch.to_string(), &[]).await;
    assert_eq!(response.status(), 403);
    assert!(challenge(&response).contains("scope=\"admin\""));
}

#[tokio::test]
async fn a_batch_is_told_every_scope_at_once() {
    let demo = Demonstration::new();
    let batch = json!([call("read_data", &json!({})), call("secure_operation", &json!({}))]);
    let response = demo.post(&demo.token(""), &batch.to_string(), &[]).await;
    assert!(challenge(&response).contains("scope=\"admin read\""));
}

#[tokio::test]
async fn headers_that_name_another_tool_than_the_body_are_refused() {
    let demo = Demonstration::new();
    let body = call("secure_operation", &json!({})).to_string();
    for headers in [
        [("mcp-method", "tools/call"), ("mcp-name", "public_tool")],
        [("mcp-method", "tools/list"), ("mcp-name", "secure_operation")],
    ] {
        let response = demo.post(&demo.token("admin"), &body, &headers).await;
        assert_eq!(response.status(), 400);
        assert_eq!(message(response).await["error"]["code"], -32020);
    }
}

#[tokio::test]
async fn a_body_that_two_parsers_could_read_differently_is_refused() {
    let demo = Demonstration::new();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call",
        "params":{"name":"public_tool","name":"secure_operation"}}"#;
    let response = demo.post(&demo.token("read"), body, &[]).await;
    assert_eq!(response.status(), 400);
    assert_eq!(message(response).await["error"]["code"], -32700);
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_refused() {
    let demo = Demonstration::new();
    let body = call("public_tool", &json!({"x": "a".repeat(1024 * 1024)})).to_string();
    assert_eq!(demo.post(&demo.token("read"), &body, &[]).await.status(), 413);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_408_and_an_event_stream_has_all_the_time() {
    let demo = Demonstration::new();
    let body = || Body::from_stream(futures_util::stream::pending::<Result<String, Infallible>>());
    let request = |method: Method, body: Body| {
        let mut request = Request::builder().method(method).uri("/mcp").body(body).unwrap();
        *request.headers_mut() = common(&demo.token("read"));
        demo.app.clone().oneshot(request)
    };
    assert_eq!(request(Method::POST, body()).await.unwrap().status(), 408);
    let session = super::session::open(&demo, &demo.token("read")).await;
    let mut get = Request::builder().uri("/mcp").body(Body::empty()).unwrap();
    *get.headers_mut() = common(&demo.token("read"));
    get.headers_mut().insert("mcp-session-id", session.parse().unwrap());
    let response = demo.app.clone().oneshot(get).await.unwrap();
    assert_eq!(response.status(), 200);
    let ended = tokio::time::timeout(Duration::from_millis(900), response.into_body().collect());
    assert!(ended.await.is_err(), "the stream goes on beyond the time of a request");
}

#[tokio::test]
async fn a_tool_without_a_rule_is_denied_where_the_file_says_so() {
    let demo = Demonstration::with(Unlisted::Deny);
    let response = demo.call("admin", "public_tool", &json!({})).await;
    assert_eq!(response.status(), 403);
    assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
    assert_eq!(message(response).await["error"]["message"], "This is not offered here.");
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused_and_local_pages_are_not() {
    let demo = Demonstration::new();
    let body = call("public_tool", &json!({})).to_string();
    for (name, value, status) in [
        ("host", "evil.example", 403),
        ("host", "127.0.0.1:8000", 200),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("origin", "http://localhost:6274", 200),
        ("origin", "http://localhost:8000", 200),
    ] {
        let headers = [
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "public_tool"),
            (name, value),
        ];
        let response = demo.post(&demo.token(""), &body, &headers).await;
        assert_eq!(response.status(), status, "{name}: {value}");
    }
}

#[tokio::test]
async fn other_methods_are_the_servers_business_once_there_is_a_token() {
    let demo = Demonstration::new();
    let request = Request::builder()
        .method(Method::PUT)
        .uri("/mcp")
        .header(header::HOST, "localhost:8000")
        .header(header::AUTHORIZATION, format!("Bearer {}", demo.token("")))
        .body(Body::empty())
        .unwrap();
    assert_eq!(demo.app.clone().oneshot(request).await.unwrap().status(), 405);
}
