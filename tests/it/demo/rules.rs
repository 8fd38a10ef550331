//! Rules for tools and methods, judged before the MCP server sees a request.

use countersign::{
    engine::policy::{Access, Policy, Rule, Unlisted, Who},
    protocol::{id::UserId, scope::Scopes},
};
use http::header;
use serde_json::{Value, json};

use super::{Demonstration, call, message, meta, rule};

/// `deploy` is for Alice, `release` for somebody else, `wipe` for nobody; `vendor/export` is a method.
fn demonstration() -> Demonstration {
    let read = || Scopes::parse("read").unwrap();
    let only = |name: &str, user: &str| {
        let who = Who { users: [UserId::new(user)].into(), ..Who::default() };
        let access = Access::Those { needs: read(), who: Some(who), limit: None };
        Rule { name: name.to_owned(), access }
    };
    let wipe = Rule { name: "wipe*".to_owned(), access: Access::Nobody };
    let tools = vec![only("deploy", "usr_alice"), only("release", "usr_bob"), wipe];
    let methods = vec![Rule::needing("vendor/export", read())];
    let policy = Policy::new(vec![rule("read", "")], tools, methods, Unlisted::Allow);
    Demonstration::under(policy.unwrap())
}

fn ask(method: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": {"_meta": meta()}})
}

#[tokio::test]
async fn a_tool_for_others_is_denied_without_a_challenge_that_no_scope_could_meet() {
    let demo = demonstration();
    for (tool, scope) in [("release", "read"), ("release", ""), ("wipe_all", "read")] {
        let response = demo.call(scope, tool, &json!({})).await;
        assert_eq!(response.status(), 403, "{tool}");
        assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
        assert_eq!(message(response).await["error"]["code"], -32602);
    }
    let response = demo.call("", "deploy", &json!({})).await;
    let challenge = response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
    assert!(response.status() == 403 && challenge.contains("scope=\"read\""), "{challenge}");
}

#[tokio::test]
async fn one_denied_call_denies_its_batch() {
    let demo = demonstration();
    let batch = json!([call("public_tool", &json!({})), call("wipe", &json!({}))]);
    let response = demo.post(&demo.token("read"), &batch.to_string(), &[]).await;
    assert_eq!(response.status(), 403);
}

#[tokio::test]
async fn a_method_that_mcp_does_not_have_is_404_without_sessions_and_answered_in_band_with_them() {
    let demo = demonstration();
    let token = demo.token("read");
    let body = ask("vendor/import").to_string();
    for (version, status) in [(Some("2026-07-28"), 404), (Some("2025-11-25"), 200), (None, 200)] {
        let headers: Vec<_> =
            version.map(|version| ("mcp-protocol-version", version)).into_iter().collect();
        let response = demo.post(&token, &body, &headers).await;
        assert_eq!(response.status(), status, "{version:?}");
        let message = message(response).await;
        assert_eq!((&message["id"], &message["error"]["code"]), (&json!(7), &json!(-32601)));
    }
}

#[tokio::test]
async fn an_unknown_method_that_cannot_be_answered_alone_is_400_in_the_older_eras() {
    let demo = demonstration();
    let notification = json!({"jsonrpc": "2.0", "method": "vendor/import"});
    let batch = json!([ask("ping"), ask("vendor/import")]);
    for body in [notification, batch] {
        let response = demo.post(&demo.token("read"), &body.to_string(), &[]).await;
        assert_eq!(response.status(), 400);
    }
}

#[tokio::test]
async fn a_method_with_a_rule_needs_its_scopes() {
    let demo = demonstration();
    let body = ask("vendor/export").to_string();
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "vendor/export")];
    let refused = demo.post(&demo.token(""), &body, &headers).await;
    let challenge = refused.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
    assert!(refused.status() == 403 && challenge.contains("scope=\"read\""), "{challenge}");
    let passed = demo.post(&demo.token("read"), &body, &headers).await;
    assert_ne!(passed.status(), 403, "the rest is the server's to answer");
}
