//! MCP 2026-07-28, which has no sessions: one process for everything of one person.

use http::Method;
use serde_json::json;

use super::{Setup, call, last, messages, next, patient, text, until};

#[tokio::test]
async fn a_person_has_one_process_for_all_their_clients_and_nobody_shares_it() {
    let setup = Setup::new();
    let pid = async |user: &str| setup.stateless(user, "where", &json!({})).await["pid"].clone();
    let (one, again, others) =
        (pid("usr_alice").await, pid("usr_alice").await, pid("usr_bob").await);
    assert_eq!(one, again);
    assert_ne!(one, others);
}

#[tokio::test]
async fn a_first_question_needs_no_initialize() {
    let setup = Setup::new();
    let discover = json!({"jsonrpc": "2.0", "id": "d", "method": "server/discover"});
    let response = setup.post("usr_alice", &discover).await;
    assert_eq!((response.status().as_u16(), response.headers().get("mcp-session-id")), (200, None));
    assert_eq!(last(response).await["result"]["supportedVersions"], json!(["2026-07-28"]));
}

#[tokio::test]
async fn clients_with_the_same_ids_get_their_own_answers() {
    let setup = Setup::new();
    let one = setup.post("usr_alice", &call(1, "hold", &json!({"key": "one"}))).await;
    let other = setup.post("usr_alice", &call(1, "hold", &json!({"key": "other"}))).await;
    setup.stateless("usr_alice", "release", &json!({})).await;
    assert_eq!(last(one).await["result"]["key"], "one");
    assert_eq!(last(other).await["result"]["key"], "other");
}

#[tokio::test]
async fn what_names_no_request_goes_to_no_other_client() {
    let setup = Setup::new();
    let held = setup.post("usr_alice", &call(1, "hold", &json!({}))).await;
    setup.stateless("usr_alice", "log", &json!({"text": "for one client"})).await;
    setup.stateless("usr_alice", "release", &json!({})).await;
    assert!(!text(held).await.contains("for one client"));
}

#[tokio::test]
async fn a_client_that_hangs_up_cancels_its_request_and_no_other() {
    let setup = Setup::new();
    let kept = setup.post("usr_alice", &call(1, "hold", &json!({"key": "kept"}))).await;
    drop(setup.post("usr_alice", &call(1, "hold", &json!({"key": "left"}))).await);
    let seen = setup.stateless("usr_alice", "seen", &json!({})).await["seen"].clone();
    let seen = seen.as_array().unwrap();
    assert_eq!((seen.len(), &seen[0]["method"]), (1, &json!("notifications/cancelled")));
    setup.stateless("usr_alice", "release", &json!({})).await;
    assert_eq!(last(kept).await["result"]["key"], "kept");
}

#[tokio::test]
async fn a_cancellation_that_could_be_of_several_clients_is_of_none() {
    let setup = Setup::new();
    let cancel =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    let one = setup.post("usr_alice", &call(1, "hold", &json!({}))).await;
    let other = setup.post("usr_alice", &call(1, "hold", &json!({}))).await;
    assert_eq!(setup.post("usr_alice", &cancel).await.status(), 202);
    let seen = setup.stateless("usr_alice", "seen", &json!({})).await;
    assert_eq!(seen["seen"], json!([]));
    drop((one, other));
}

#[tokio::test]
async fn a_subscription_has_the_name_its_client_knows() {
    let setup = Setup::new();
    let listen = |id: &str| json!({"jsonrpc": "2.0", "id": id, "method": "subscriptions/listen", "params": {"notifications": {}}});
    let mut one = setup.post("usr_alice", &listen("one")).await.into_body();
    let mut other = setup.post("usr_alice", &listen("other")).await.into_body();
    let name = |message: serde_json::Value| {
        message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].clone()
    };
    assert_eq!(
        (name(next(&mut one).await), name(next(&mut other).await)),
        (json!("one"), json!("other"))
    );
    setup.stateless("usr_alice", "announce", &json!({})).await;
    for (body, id) in [(&mut one, "one"), (&mut other, "other")] {
        let message = next(body).await;
        assert_eq!(message["method"], "notifications/tools/list_changed");
        assert_eq!(name(message), id);
    }
}

#[tokio::test]
async fn what_the_protocol_refuses_has_its_status() {
    let setup = Setup::of(patient(""));
    let unknown = json!({"jsonrpc": "2.0", "id": 1, "method": "resources/list"});
    let response = setup.post("usr_alice", &unknown).await;
    assert_eq!(response.status(), 404);
    assert_eq!(last(response).await["error"]["code"], -32601);
    let tool = setup.post("usr_alice", &call(1, "no_such_tool", &json!({}))).await;
    assert_eq!(tool.status(), 200, "a tool's own error is an answer");
    let session = setup.open("usr_alice").await;
    assert_eq!(session.post(&unknown).await.status(), 200, "the older eras know no such status");
}

#[tokio::test]
async fn a_server_that_asks_a_client_is_told_that_none_can_answer() {
    let setup = Setup::new();
    let response = setup.post("usr_alice", &call(1, "ask", &json!({"id": "ask-1"}))).await;
    let all = messages(response).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["result"]["said"]["error"]["code"], -32601);
}

#[tokio::test]
async fn there_is_no_stream_to_listen_to_and_no_session_to_end() {
    let setup = Setup::new();
    let headers = [("mcp-protocol-version", "2026-07-28")];
    for method in [Method::GET, Method::DELETE] {
        let response = setup.send("usr_alice", method, &headers, String::new()).await;
        assert_eq!(response.status(), 405);
    }
}

#[tokio::test]
async fn after_a_crash_the_next_request_starts_a_fresh_process() {
    let setup = Setup::of(patient(""));
    let before = setup.stateless("usr_alice", "where", &json!({})).await["pid"].clone();
    let crash = setup.post("usr_alice", &call(1, "crash", &json!({}))).await;
    assert_eq!(crash.status(), 502);
    until("it is gone", || !super::runs(before.as_u64().unwrap())).await;
    assert_ne!(setup.stateless("usr_alice", "where", &json!({})).await["pid"], before);
}
