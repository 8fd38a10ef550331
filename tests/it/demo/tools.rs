//! What the tools say.

use serde_json::{Value, json};

use super::{Demonstration, message, meta};

#[tokio::test]
async fn whoami_tells_person_client_scopes_and_expiry() {
    let demo = Demonstration::new();
    let answer = demo.result("write read", "whoami", &json!({})).await;
    insta::assert_snapshot!(format!("{answer:#}"), @r#"
    {
      "client_id": "dyn_client",
      "email": "alice@example.com",
      "expires_at": "2023-11-14T23:13:20Z",
      "name": "Alice",
      "provider": "dev",
      "scopes": [
        "read",
        "write"
      ],
      "user_id": "usr_alice"
    }
    "#);
}

#[tokio::test]
async fn user_profile_shows_the_stored_person() {
    let demo = Demonstration::new();
    let answer = demo.result("read", "user_profile", &json!({})).await;
    insta::assert_snapshot!(format!("{answer:#}"), @r#"
    {
      "email": "alice@example.com",
      "id": "usr_alice",
      "last_sign_in": "2023-11-14T22:13:20Z",
      "member_since": "2023-11-13T22:13:20Z",
      "name": "Alice"
    }
    "#);
}

#[tokio::test]
async fn a_person_who_is_gone_has_no_profile() {
    let demo = Demonstration::new();
    let token = demo.world.token(&json!({"sub": "usr_gone", "scope": "read"}));
    let body = super::call("user_profile", &json!({})).to_string();
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "user_profile"),
    ];
    let answer = message(demo.post(&token, &body, &headers).await).await;
    assert_eq!(answer["error"]["message"], "This person is not known here any more.");
}

#[tokio::test]
async fn read_data_returns_as_many_records_as_asked() {
    let demo = Demonstration::new();
    let all = demo.result("read", "read_data", &json!({})).await;
    assert_eq!(all["records"].as_array().unwrap().len(), 4);
    let two = demo.result("read", "read_data", &json!({"limit": 2})).await;
    assert_eq!(two["records"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn secure_operation_names_who_did_it_and_when() {
    let demo = Demonstration::new();
    let receipt = demo.result("admin", "secure_operation", &json!({"reason": "audit"})).await;
    insta::assert_snapshot!(format!("{receipt:#}"), @r#"
    {
      "at": "2023-11-14T22:13:20Z",
      "by": "usr_alice",
      "done": true,
      "reason": "audit"
    }
    "#);
}

#[tokio::test]
async fn public_tool_needs_no_scope() {
    let demo = Demonstration::new();
    let answer = demo.result("", "public_tool", &json!({})).await;
    assert_eq!(answer["message"], "Hello from Countersign's demo server.");
}

#[tokio::test]
async fn rate_limited_tool_tells_the_time_to_whoever_is_let_through() {
    let demo = Demonstration::new();
    let answer = demo.result("", "rate_limited_tool", &json!({})).await;
    assert_eq!(answer["at"], "2023-11-14T22:13:20Z");
}

#[tokio::test]
async fn the_list_describes_every_tool_and_is_for_one_person_only() {
    let demo = Demonstration::new();
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta()},
    });
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")];
    let answer = message(demo.post(&demo.token("admin"), &body.to_string(), &headers).await).await;
    let result = &answer["result"];
    assert_eq!(result["cacheScope"], "private");
    let tools = result["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    let expected = [
        "public_tool",
        "rate_limited_tool",
        "read_data",
        "secure_operation",
        "user_profile",
        "whoami",
    ];
    assert_eq!(names, expected);
    for tool in tools {
        for member in ["title", "description", "inputSchema", "outputSchema", "annotations"] {
            assert_ne!(tool[member], Value::Null, "{tool}");
        }
        let reads = tool["name"] != "secure_operation";
        assert_eq!(tool["annotations"]["readOnlyHint"], reads, "{tool}");
    }
}
