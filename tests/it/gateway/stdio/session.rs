//! Sessions of the older eras: a process each, its person's and nobody else's.

use http::Method;
use serde_json::json;

use super::{Setup, call, gone, initialize, last, runs, settings, text};

#[tokio::test]
async fn initialize_opens_a_session_with_an_id_of_256_random_bits_and_a_process_of_its_own() {
    let setup = Setup::new();
    let (one, other) = (setup.open("usr_alice").await, setup.open("usr_alice").await);
    assert_eq!((one.id.len(), one.id == other.id), (43, false));
    assert_ne!(one.pid().await, other.pid().await);
    assert_eq!(one.pid().await, one.pid().await);
}

#[tokio::test]
async fn the_answer_to_initialize_is_the_servers_own_as_events_or_as_json() {
    let setup = Setup::new();
    for accept in ["application/json, text/event-stream", "application/json"] {
        let headers = [("accept", accept)];
        let body = initialize().to_string();
        let response = setup.send("usr_alice", Method::POST, &headers, body).await;
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(accept.ends_with(&kind), "{accept}: {kind}");
        let answer = last(response).await;
        assert_eq!(
            (&answer["id"], &answer["result"]["serverInfo"]["name"]),
            (&json!(0), &json!("fixture"))
        );
    }
}

#[tokio::test]
async fn another_persons_session_is_told_from_none_by_nothing() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let body = call(1, "where", &json!({})).to_string();
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let headers = [("mcp-session-id", session.id.as_str())];
        let others = setup.send("usr_bob", method.clone(), &headers, body.clone()).await;
        let headers = [("mcp-session-id", "no-such-session")];
        let none = setup.send("usr_bob", method, &headers, body.clone()).await;
        assert_eq!(
            (others.status(), none.status()),
            (http::StatusCode::NOT_FOUND, http::StatusCode::NOT_FOUND)
        );
        assert_eq!(others.headers(), none.headers());
        let told = text(others).await;
        assert_eq!(told, text(none).await);
        assert!(told.contains("-32001"), "{told}");
    }
    assert!(runs(session.pid().await));
}

#[tokio::test]
async fn a_session_that_is_named_twice_is_none() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let headers = [("mcp-session-id", session.id.as_str())];
    let body = call(1, "where", &json!({})).to_string();
    assert_eq!(session.send(Method::POST, &headers, &body).await.status(), 404);
}

#[tokio::test]
async fn delete_ends_the_session_and_its_process() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let pid = session.pid().await;
    let held = session.post(&call(5, "hold", &json!({}))).await;
    assert_eq!(session.send(Method::DELETE, &[], "").await.status(), 204);
    let told = last(held).await;
    assert_eq!(
        (&told["id"], &told["error"]["message"]),
        (&json!(5), &json!("The session was ended."))
    );
    assert_eq!(session.post(&call(1, "where", &json!({}))).await.status(), 404);
    assert_eq!(session.send(Method::DELETE, &[], "").await.status(), 404);
    gone(pid).await;
}

#[tokio::test]
async fn without_a_session_a_client_of_the_older_eras_is_told_to_open_one() {
    let setup = Setup::new();
    let body = call(3, "where", &json!({})).to_string();
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let response = setup.send("usr_alice", method, &[], body.clone()).await;
        assert_eq!(response.status(), 400);
        assert!(text(response).await.contains("Mcp-Session-Id is missing"));
    }
    let put = setup.send("usr_alice", Method::PUT, &[], body).await;
    assert_eq!(
        (put.status().as_u16(), put.headers()["allow"].to_str().unwrap()),
        (405, "GET, POST, DELETE")
    );
}

#[tokio::test]
async fn initialize_comes_alone_and_once() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let again = session.post(&initialize()).await;
    assert_eq!(again.status(), 400);
    let batch = json!([initialize(), call(1, "where", &json!({}))]);
    let batch = setup.send("usr_alice", Method::POST, &[], batch.to_string()).await;
    assert_eq!(batch.status(), 400);
}

#[tokio::test]
async fn a_server_that_refuses_to_be_initialized_says_so_itself_and_opens_nothing() {
    let setup = Setup::of(settings("refuse"));
    let response = setup.initialize("usr_alice").await;
    assert_eq!((response.status().as_u16(), response.headers().get("mcp-session-id")), (200, None));
    assert_eq!(last(response).await["error"]["message"], "not this version");
}

#[tokio::test]
async fn what_is_no_message_reaches_no_process() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    for body in [
        "[]",
        "{}",
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1,"a":2}}"#,
    ] {
        let response = session.send(Method::POST, &[], body).await;
        assert_eq!(response.status(), 400, "{body}");
    }
    assert_eq!(session.call("seen", &json!({})).await, json!({"seen": []}));
}

#[tokio::test]
async fn where_nobody_signs_in_everybody_is_one() {
    let setup = Setup::behind_a_gate(settings(""), false);
    let session = setup.open("usr_alice").await;
    let headers = [("mcp-session-id", session.id.as_str())];
    let body = call(1, "where", &json!({})).to_string();
    assert_eq!(setup.send("usr_bob", Method::POST, &headers, body).await.status(), 200);
}
