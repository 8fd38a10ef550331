//! How often a person may call a server and its tools.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};

use super::{limit_told, timeless};
use crate::harness::{Answer, Service, Setup};

/// A server that lets each person call three times an hour.
async fn strict() -> Service {
    let limit = |text: String| {
        format!("limit = {{ per_user = \"3/1h\" }}\n{}", text.replace("5/1m", "5/1h"))
    };
    Setup::new().edit("servers/demo.toml", limit).start().await
}

async fn access(service: &Service, user: &str) -> String {
    service.tokens(user).await["access_token"].as_str().unwrap().to_owned()
}

fn message(id: u32, method: &str, tool: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "id": id, "method": method,
        "params": {"name": tool, "arguments": {}, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }},
    })
}

async fn post(service: &Service, token: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post("/mcp")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    service.send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// Calls a tool as a client of today does.
async fn call(service: &Service, token: &str, tool: &str) -> Answer {
    let headers =
        [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", tool)];
    post(service, token, &message(7, "tools/call", tool), &headers).await
}

async fn list(service: &Service, token: &str) -> Answer {
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")];
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/list",
        "params": {"_meta": message(1, "", "")["params"]["_meta"]},
    });
    post(service, token, &body, &headers).await
}

/// In an hour instead of the minute of the shipped file, which could pass while the test runs.
#[tokio::test]
async fn the_sixth_call_of_the_rate_limited_tool_is_refused() {
    let hour = |text: String| text.replace("\"5/1m\"", "\"5/1h\"");
    let service = Setup::new().edit("servers/demo.toml", hour).start().await;
    let token = access(&service, "alice").await;
    for left in (0..5).rev() {
        let answer = call(&service, &token, "rate_limited_tool").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            answer.header("ratelimit"),
            format!("\"tool:rate_limited_tool\";r={left};t=720")
        );
        assert!(!answer.headers.contains_key(header::RETRY_AFTER));
    }
    let answer = call(&service, &token, "rate_limited_tool").await;
    let error = answer.json();
    assert_eq!((&error["id"], &error["error"]["code"]), (&json!(7), &json!(-32000)));
    assert_eq!(timeless(error["error"]["message"].as_str().unwrap()), "The limit is 5 in 1 hour.");
    let name = "\"tool:rate_limited_tool\"";
    assert_eq!(limit_told(&answer, 720), format!("{name};q=5;w=3600 {name};r=0"));
    assert_eq!(call(&service, &token, "whoami").await.status, 200, "other tools go on");
    let bob = access(&service, "bob").await;
    assert_eq!(call(&service, &bob, "rate_limited_tool").await.status, 200, "and other people");
}

#[tokio::test]
async fn a_person_has_one_allowance_whatever_token_they_use() {
    let service = strict().await;
    let (first, second) = (access(&service, "alice").await, access(&service, "alice").await);
    assert_ne!(first, second);
    for token in [&first, &second, &first] {
        assert_eq!(call(&service, token, "whoami").await.status, 200);
    }
    assert_eq!(call(&service, &second, "public_tool").await.status, 429);
    assert_eq!(call(&service, &access(&service, "bob").await, "whoami").await.status, 200);
}

#[tokio::test]
async fn what_calls_no_tool_or_is_refused_takes_nothing() {
    let service = strict().await;
    let token = access(&service, "bob").await;
    for _ in 0..5 {
        let listed = list(&service, &token).await;
        assert_eq!((listed.status.as_u16(), listed.header("ratelimit")), (200, ""));
        assert_eq!(call(&service, &token, "secure_operation").await.status, 403);
        assert_eq!(call(&service, "x", "whoami").await.status, 401);
    }
    let answer = call(&service, &token, "whoami").await;
    assert_eq!(answer.header("ratelimit"), "\"user\";r=2;t=1200");
    for _ in 0..3 {
        call(&service, &token, "whoami").await;
    }
    assert_eq!(list(&service, &token).await.status, 200, "nor does it need any");
}

#[tokio::test]
async fn a_batch_is_let_through_whole_or_not_at_all() {
    let service = strict().await;
    let token = access(&service, "alice").await;
    let batch = |calls| -> Value {
        (0..calls).map(|id| message(id, "tools/call", "rate_limited_tool")).collect()
    };
    let version = [("mcp-protocol-version", "2025-03-26")];
    let never = post(&service, &token, &batch(4), &version).await;
    assert_eq!(never.status, 429);
    assert_eq!(
        never.json()["error"]["message"],
        "The limit is 3 at once. Send fewer in one request."
    );
    assert_ne!(post(&service, &token, &batch(2), &version).await.status, 429);
    let later = post(&service, &token, &batch(2), &version).await;
    assert_eq!(limit_told(&later, 1200), "\"user\";q=3;w=3600 \"user\";r=1");
    let answer = call(&service, &token, "rate_limited_tool").await;
    assert_eq!(answer.status, 200, "what was refused took nothing");
    assert_eq!(
        answer.header("ratelimit"),
        "\"user\";r=0;t=1200, \"tool:rate_limited_tool\";r=2;t=720"
    );
}

#[tokio::test]
async fn where_nobody_signs_in_everybody_shares_one_allowance() {
    let open = |text: String| format!("auth = \"none\"\nlimit = {{ per_user = \"2/1h\" }}\n{text}");
    let service = Setup::new().edit("servers/demo.toml", open).start().await;
    for status in [200, 200, 429] {
        assert_eq!(call(&service, "x", "public_tool").await.status, status);
    }
}

#[tokio::test]
async fn a_page_elsewhere_can_read_how_much_is_left() {
    let service = Service::start().await;
    let token = access(&service, "alice").await;
    let headers = [
        ("origin", "http://localhost:6274"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "rate_limited_tool"),
    ];
    let body = message(1, "tools/call", "rate_limited_tool");
    let answer = post(&service, &token, &body, &headers).await;
    let exposed = answer.header("access-control-expose-headers").split(',');
    let exposed: Vec<_> = exposed.collect();
    for name in ["retry-after", "ratelimit", "ratelimit-policy", "www-authenticate"] {
        assert!(exposed.contains(&name), "{name}: {exposed:?}");
    }
}
