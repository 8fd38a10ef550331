//! Ids: two requests never meet, whatever their clients call them, and each gets its own back.

use http::Method;
use serde_json::{Value, json};

use super::{Setup, call, last, messages, next, text};

#[tokio::test]
async fn two_requests_with_one_id_get_their_own_answers() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let one = session.post(&call(7, "hold", &json!({"key": "one"}))).await;
    let other = session.post(&call(7, "hold", &json!({"key": "other"}))).await;
    session.call("release", &json!({})).await;
    for (response, key) in [(one, "one"), (other, "other")] {
        let answer = last(response).await;
        assert_eq!((&answer["id"], &answer["result"]["key"]), (&json!(7), &json!(key)));
    }
}

#[tokio::test]
async fn an_id_comes_back_to_the_byte() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    for id in ["7", "\"7\"", "\"\\u0061\\/b\"", "12345678901234567890123", "-1", "1.50", "\"\""] {
        let body = call("ID", "echo", &json!({})).to_string().replace("\"ID\"", id);
        let told = text(session.send(Method::POST, &[], &body).await).await;
        assert!(told.contains(&format!("\"id\":{id},")), "{id}: {told}");
    }
}

#[tokio::test]
async fn what_is_asked_and_answered_stays_to_the_byte_but_for_the_ids() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let body = "{\"jsonrpc\":\"2.0\",\n  \"id\" : 1,\r\n  \"method\":\"tools/call\",\n \"params\":{\"name\":\"echo\",\n\"arguments\":{\"n\":12345678901234567890123,\"s\":\"a\\n\\u00e9\"}}}";
    let answer = text(session.send(Method::POST, &[], body).await).await;
    assert!(answer.contains(r#"{"n": 12345678901234567890123, "s": "a\n\u00e9"}"#), "{answer}");
}

#[tokio::test]
async fn the_process_sees_ids_and_progress_tokens_of_ours() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let mut message = call("mine", "echo", &json!({}));
    message["params"]["_meta"] = json!({"progressToken": "token", "other": 1});
    let result = last(session.post(&message).await).await["result"].clone();
    assert!(result["id"].is_u64());
    assert_eq!(result["meta"], json!({"progressToken": result["id"], "other": 1}));
}

#[tokio::test]
async fn progress_reaches_its_own_request_under_its_own_token() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let with_token = |key: &str| {
        let mut message = call(1, "hold", &json!({"key": key}));
        message["params"]["_meta"] = json!({"progressToken": 1});
        message
    };
    let one = session.post(&with_token("one")).await;
    let other = session.post(&with_token("other")).await;
    session.call("progress_held", &json!({})).await;
    session.call("release", &json!({})).await;
    for (response, key) in [(one, "one"), (other, "other")] {
        let all = messages(response).await;
        let params = json!({"progressToken": 1, "message": key});
        assert_eq!((all.len(), &all[0]["params"]), (2, &params));
        assert_eq!(all[1]["result"]["key"], key);
    }
}

#[tokio::test]
async fn a_cancellation_names_the_request_as_the_process_knows_it() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let held = session.post(&call("mine", "hold", &json!({}))).await;
    let cancel = |id: &str| json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id, "reason": "r"}});
    assert_eq!(session.post(&cancel("mine")).await.status(), 202);
    assert_eq!(session.post(&cancel("nobodys")).await.status(), 202);
    let seen = session.call("seen", &json!({})).await;
    let echoed = session.call("echo", &json!({})).await["id"].as_u64().unwrap();
    let cancelled: Vec<_> =
        seen["seen"].as_array().unwrap().iter().map(|it| &it["params"]).collect();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0]["reason"], "r");
    assert!(cancelled[0]["requestId"].as_u64().unwrap() < echoed);
    drop(held);
}

#[tokio::test]
async fn a_request_of_the_servers_is_answered_under_the_id_it_wrote() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    for id in [json!("ask/1"), json!(1)] {
        let mut body = session.post(&call("mine", "ask", &json!({"id": id}))).await.into_body();
        let asked = next(&mut body).await;
        assert_eq!((&asked["id"], &asked["method"]), (&id, &json!("sampling/createMessage")));
        let said = json!({"jsonrpc": "2.0", "id": asked["id"], "result": {"role": "assistant"}});
        assert_eq!(session.post(&said).await.status(), 202);
        let answer = next(&mut body).await;
        assert_eq!((&answer["id"], &answer["result"]["said"]), (&json!("mine"), &said));
    }
}

#[tokio::test]
async fn an_answer_to_nothing_that_was_asked_does_not_reach_the_process() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    for id in [json!(1), json!("ask-1")] {
        let said = json!({"jsonrpc": "2.0", "id": id, "result": {}});
        assert_eq!(session.post(&said).await.status(), 202);
    }
    assert_eq!(session.call("seen", &json!({})).await["seen"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn a_batch_is_answered_as_a_batch() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let note = json!({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"});
    let batch = json!([call("a", "echo", &json!({})), note, call("b", "echo", &json!({}))]);
    let body = batch.to_string();
    let headers = [("accept", "application/json")];
    let plain = last(session.send(Method::POST, &headers, &body).await).await;
    let ids: Vec<_> = plain.as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids, ["a", "b"]);
    let events = messages(session.send(Method::POST, &[], &body).await).await;
    assert_eq!(events.iter().map(|it| it["id"].clone()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(session.call("seen", &json!({})).await["seen"].as_array().unwrap().len(), 2);
}
