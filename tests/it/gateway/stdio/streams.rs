//! Streams: what comes out of a process, and to whom it goes.

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::json;

use super::{Setup, call, last, messages, next, settings};

#[tokio::test]
async fn progress_streams_before_the_answer() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let mut message = call(1, "progress", &json!({}));
    message["params"]["_meta"] = json!({"progressToken": "t"});
    let response = session.post(&message).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let all = messages(response).await;
    assert_eq!(
        all.iter().map(|it| it["params"]["progress"].clone()).collect::<Vec<_>>(),
        [json!(1), json!(2), json!(null)]
    );
    assert_eq!(all[0]["params"]["progressToken"], "t");
    assert_eq!(all[2]["result"]["done"], true);
}

#[tokio::test]
async fn a_client_that_takes_json_alone_gets_the_answer_alone() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let headers = [("accept", "application/json")];
    let body = call(1, "progress", &json!({})).to_string();
    let response = session.send(Method::POST, &headers, &body).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(last(response).await["result"]["done"], true);
    let listening = session.send(Method::GET, &headers, "").await;
    assert_eq!(listening.status(), 406);
}

#[tokio::test]
async fn a_notification_goes_to_the_one_request_under_way() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let all = messages(session.post(&call(1, "log", &json!({"text": "hello"}))).await).await;
    assert_eq!((all.len(), &all[0]["params"]["data"]), (2, &json!("hello")));
}

#[tokio::test]
async fn with_several_under_way_a_notification_goes_to_the_stream_that_listens() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let mut listening = session.listen().await.into_body();
    let held = session.post(&call(1, "hold", &json!({}))).await;
    let all = messages(session.post(&call(2, "log", &json!({"text": "hello"}))).await).await;
    assert_eq!(all.len(), 1);
    assert_eq!(next(&mut listening).await["params"]["data"], "hello");
    session.call("release", &json!({})).await;
    assert_eq!(messages(held).await.len(), 1);
}

#[tokio::test]
async fn what_is_said_after_an_answer_goes_to_the_stream_that_listens() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let mut listening = session.listen().await.into_body();
    session.call("log_after", &json!({})).await;
    assert_eq!(next(&mut listening).await["params"]["data"], "after");
}

#[tokio::test]
async fn what_is_asked_before_a_stream_is_open_waits_for_it() {
    let setup = Setup::of(settings("roots"));
    let session = setup.open("usr_alice").await;
    let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(session.post(&note).await.status(), 202);
    let plain = [("accept", "application/json")];
    let body = call(1, "seen", &json!({})).to_string();
    session.send(Method::POST, &plain, &body).await; // the process has asked by now
    let mut listening = session.listen().await.into_body();
    assert_eq!(next(&mut listening).await["method"], "roots/list");
}

#[tokio::test]
async fn the_newest_listening_stream_takes_the_place_of_an_older_one() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let older = session.listen().await;
    let mut newer = session.listen().await.into_body();
    assert!(older.into_body().collect().await.unwrap().to_bytes().is_empty());
    session.call("log_after", &json!({})).await;
    assert_eq!(next(&mut newer).await["params"]["data"], "after");
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_cancel_in_the_older_eras_and_can_still_cancel() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    drop(session.post(&call("left", "hold", &json!({}))).await);
    assert_eq!(session.call("seen", &json!({})).await, json!({"seen": []}));
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "left"}});
    session.post(&cancel).await;
    let seen = session.call("seen", &json!({})).await;
    assert!(seen["seen"][0]["params"]["requestId"].is_u64());
    // Its late answer is nobody's.
    let all = messages(session.post(&call(1, "release", &json!({}))).await).await;
    assert_eq!((all.len(), &all[0]["id"]), (1, &json!(1)));
}
