//! Session ids of the older eras: handles, never proofs.

use http::{Method, Response};
use serde_json::json;

use super::{Setup, ping, upstream::json};
use axum::body::Body;

fn opened(id: &str) -> Response<Body> {
    let mut response = json(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#);
    response.headers_mut().insert("mcp-session-id", id.parse().unwrap());
    response
}

async fn open(setup: &Setup) -> String {
    setup.upstream.answers(|_| opened("inner-1"));
    let hello = json!({"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": {}});
    let response = setup.post(&hello).await;
    response.headers()["mcp-session-id"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_client_sees_a_sealed_id_and_the_server_its_own() {
    let setup = Setup::new().await;
    let id = open(&setup).await;
    assert!(!id.contains("inner"));
    let request = setup.request(Method::POST, &[("mcp-session-id", &id)], &ping().to_string());
    let response = setup.send(request).await;
    assert_eq!(setup.upstream.last().0.headers["mcp-session-id"], "inner-1");
    assert_eq!(response.headers()["mcp-session-id"], id.as_str());
}

#[tokio::test]
async fn another_persons_session_is_one_that_does_not_exist() {
    let setup = Setup::new().await;
    let id = open(&setup).await;
    for (user, id) in [("usr_bob", id.as_str()), ("usr_alice", "inner-1"), ("usr_alice", "")] {
        for method in [Method::POST, Method::GET, Method::DELETE] {
            let sent = [("mcp-session-id", id)];
            let request = setup.request_of(user, method, &sent, &ping().to_string());
            assert_eq!(setup.send(request).await.status(), 404, "{user} {id}");
        }
    }
    let twice = [("mcp-session-id", id.as_str()), ("mcp-session-id", id.as_str())];
    let request = setup.request(Method::POST, &twice, &ping().to_string());
    assert_eq!(setup.send(request).await.status(), 404);
    assert_eq!(setup.upstream.count(), 1);
}
