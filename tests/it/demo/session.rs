//! Sessions of the older eras: a handle that belongs to one person, and no proof of anything.

use serde_json::json;

use super::{Demonstration, message};

const VERSION: (&str, &str) = ("mcp-protocol-version", "2025-06-18");

pub(super) async fn open(demo: &Demonstration, token: &str) -> String {
    let hello = json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    });
    let response = demo.post(token, &hello.to_string(), &[]).await;
    assert_eq!(response.status(), 200);
    let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    assert_eq!(message(response).await["result"]["protocolVersion"], "2025-06-18");
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let response = demo.post(token, &ready.to_string(), &[VERSION, ("mcp-session-id", &id)]).await;
    assert_eq!(response.status(), 202);
    id
}

fn call(tool: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": tool}}).to_string()
}

#[tokio::test]
async fn an_older_client_calls_tools_in_its_session() {
    let demo = Demonstration::new();
    let token = demo.token("read");
    let id = open(&demo, &token).await;
    let headers = [VERSION, ("mcp-session-id", id.as_str())];
    let answer = message(demo.post(&token, &call("whoami"), &headers).await).await;
    assert_eq!(answer["result"]["structuredContent"]["user_id"], "usr_alice");
}

#[tokio::test]
async fn a_tool_sees_the_token_of_the_call_not_of_the_session() {
    let demo = Demonstration::new();
    let id = open(&demo, &demo.token("admin")).await;
    let headers = [VERSION, ("mcp-session-id", id.as_str())];
    let other = demo.world.token(&json!({"client_id": "dyn_other", "scope": "read"}));
    let answer = message(demo.post(&other, &call("whoami"), &headers).await).await;
    let who = &answer["result"]["structuredContent"];
    assert_eq!((&who["client_id"], &who["scopes"]), (&json!("dyn_other"), &json!(["read"])));
}

#[tokio::test]
async fn another_persons_session_does_not_exist() {
    let demo = Demonstration::new();
    let id = open(&demo, &demo.token("read")).await;
    let bob = demo.world.token(&json!({"sub": "usr_bob", "scope": "admin"}));
    for id in [id.as_str(), "invented"] {
        let headers = [VERSION, ("mcp-session-id", id)];
        let response = demo.post(&bob, &call("whoami"), &headers).await;
        assert_eq!(response.status(), 404);
    }
}

#[tokio::test]
async fn a_session_opened_with_wide_scopes_does_not_lend_them() {
    let demo = Demonstration::new();
    let id = open(&demo, &demo.token("admin")).await;
    let headers = [VERSION, ("mcp-session-id", id.as_str())];
    let response = demo.post(&demo.token("read"), &call("secure_operation"), &headers).await;
    assert_eq!(response.status(), 403);
}

#[tokio::test]
async fn without_a_token_a_session_id_is_worth_nothing() {
    let demo = Demonstration::new();
    let id = open(&demo, &demo.token("read")).await;
    let headers = [VERSION, ("mcp-session-id", id.as_str()), ("authorization", "Bearer x")];
    assert_eq!(demo.post("x", &call("whoami"), &headers).await.status(), 401);
}

#[tokio::test]
async fn a_person_who_opens_ever_more_sessions_loses_their_oldest_and_nobody_elses() {
    let demo = Demonstration::new();
    let token = demo.token("read");
    let bob = demo.world.token(&json!({"sub": "usr_bob", "scope": "read"}));
    let bobs = open(&demo, &bob).await;
    let mut sessions = Vec::new();
    for _ in 0..33 {
        sessions.push(open(&demo, &token).await);
    }
    for (token, id, status) in
        [(&token, &sessions[0], 404), (&token, &sessions[1], 200), (&bob, &bobs, 200)]
    {
        let headers = [VERSION, ("mcp-session-id", id.as_str())];
        assert_eq!(demo.post(token, &call("whoami"), &headers).await.status(), status);
    }
}
