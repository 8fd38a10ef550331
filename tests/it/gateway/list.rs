//! The list of tools shows a caller what they may use, in either form of an answer.

use axum::body::Body;
use http::{Method, Response};
use serde_json::json;

use super::{Setup, text, upstream::json as answer};

const ALL: &str = r#"{"jsonrpc":"2.0","id":7,"result":{"tools":[ {"name":"look"}, {"name":"delete","x":1e2}, {"name":"other"} ],"nextCursor":"c"}}"#;
const SHOWN: &str = r#"{"jsonrpc":"2.0","id":7,"result":{"tools":[{"name":"look"},{"name":"other"}],"nextCursor":"c"}}"#;

fn stream(text: String) -> Response<Body> {
    let response = Response::builder().header("content-type", "text/event-stream; charset=utf-8");
    response.body(Body::from(text)).unwrap()
}

async fn listed(setup: &Setup, scope: &str) -> Response<Body> {
    let list = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/list"}).to_string();
    let mut request = setup.request(Method::POST, &[], &list);
    let token = setup.world.token(&json!({"scope": scope}));
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    setup.send(request).await
}

#[tokio::test]
async fn a_tool_beyond_the_callers_scopes_is_not_listed() {
    let setup = Setup::new().await;
    setup.upstream.answers(|_| answer(ALL));
    assert_eq!(text(listed(&setup, "read").await).await, SHOWN);
    assert_eq!(text(listed(&setup, "admin").await).await, ALL);
}

#[tokio::test]
async fn nor_in_a_stream_of_events_or_in_one_that_is_taken_up_again() {
    let setup = Setup::new().await;
    let sent = format!(": hello\n\nid: 1\ndata: {{\"method\":\"x\"}}\n\nid: 2\ndata: {ALL}\n\n");
    setup.upstream.answers(move |_| stream(sent.clone()));
    let shown = format!(": hello\n\nid: 1\ndata: {{\"method\":\"x\"}}\n\nid: 2\ndata: {SHOWN}\n\n");
    assert_eq!(text(listed(&setup, "read").await).await, shown);
    let again = setup.request(Method::GET, &[("last-event-id", "0")], "");
    assert_eq!(text(setup.send(again).await).await, shown);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_not_shown_to_who_may_not_use_it_all() {
    let setup = Setup::new().await;
    for (name, value, body) in [
        ("content-encoding", "gzip", ALL),
        ("content-type", "text/plain", ALL),
        ("x-any", "x", "{\"result\":"),
    ] {
        setup.upstream.answers(move |_| {
            let mut response = answer(body);
            response.headers_mut().insert(name, value.parse().unwrap());
            response
        });
        assert_eq!(listed(&setup, "read").await.status(), 502, "{name}");
        assert_eq!(listed(&setup, "admin").await.status(), 200, "{name}");
    }
    setup.upstream.answers(|_| {
        let mut twice = stream(ALL.to_owned());
        twice.headers_mut().append("content-type", "application/json".parse().unwrap());
        twice
    });
    assert_eq!(listed(&setup, "read").await.status(), 502, "of two types");
}
