//! When the server behind fails, the client is told what and never why, and the log is told why.

use std::time::Duration;

use axum::body::Body;
use http::{Response, StatusCode};

use super::{Setup, Unlike, ping, upstream::Upstream};
use crate::guard::shown;

fn answering(
    status: StatusCode,
    name: &'static str,
    value: &'static str,
) -> impl Fn(&http::request::Parts) -> Response<Body> {
    move |_| Response::builder().status(status).header(name, value).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_server_that_is_not_there_is_502_in_answer_to_the_call() {
    let setup = Setup::before(Upstream::nowhere().await, Unlike::default());
    insta::assert_snapshot!(shown(setup.post(&ping()).await).await, @r#"
    502 Bad Gateway
    {"error":{"code":-32000,"message":"The MCP server behind this gateway cannot be reached."},"id":7,"jsonrpc":"2.0"}
    "#);
}

#[tokio::test]
async fn a_server_that_does_not_begin_to_answer_is_504() {
    let first_byte = Duration::from_millis(100);
    let setup = Setup::unlike(Unlike { first_byte, ..Unlike::default() }).await;
    setup.upstream.answers(|_| {
        std::thread::sleep(Duration::from_millis(500));
        Response::new(Body::empty())
    });
    insta::assert_snapshot!(shown(setup.post(&ping()).await).await, @r#"
    504 Gateway Timeout
    {"error":{"code":-32000,"message":"The MCP server behind this gateway did not answer in time."},"id":7,"jsonrpc":"2.0"}
    "#);
}

#[tokio::test]
async fn a_challenge_of_the_server_behind_sends_nobody_to_sign_in() {
    let setup = Setup::new().await;
    setup.upstream.answers(answering(StatusCode::UNAUTHORIZED, "www-authenticate", "Bearer"));
    insta::assert_snapshot!(shown(setup.post(&ping()).await).await, @r#"
    502 Bad Gateway
    {"error":{"code":-32000,"message":"The MCP server behind this gateway does not accept it."},"id":7,"jsonrpc":"2.0"}
    "#);
}

#[tokio::test]
async fn a_redirect_of_the_server_behind_leads_nobody_past_us() {
    let setup = Setup::new().await;
    for status in
        [StatusCode::FOUND, StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT]
    {
        setup.upstream.answers(answering(status, "location", "http://10.0.0.1/mcp/"));
        let response = setup.post(&ping()).await;
        assert!(!response.headers().contains_key("location"));
        assert_eq!(response.status(), 502);
    }
}
