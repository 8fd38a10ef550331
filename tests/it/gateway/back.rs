//! What comes back to the client, and what does not.

use axum::body::Body;
use http::{Method, Response, StatusCode};

use super::{Setup, Unlike, ping, text, upstream::json};

#[tokio::test]
async fn status_and_body_come_back_as_they_are() {
    let setup = Setup::new().await;
    setup.upstream.answers(|_| {
        let mut response =
            json(r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"no"}}"#);
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    });
    let response = setup.post(&ping()).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (404, &"application/json".parse().unwrap())
    );
    assert_eq!(
        text(response).await,
        r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"no"}}"#
    );
}

#[tokio::test]
async fn cookies_and_policies_of_the_server_behind_do_not() {
    let setup = Setup::new().await;
    let theirs =
        ["set-cookie", "access-control-allow-origin", "strict-transport-security", "server"];
    setup.upstream.answers(move |_| {
        let mut response = json("{}");
        for name in theirs {
            response.headers_mut().insert(name, "x".parse().unwrap());
        }
        response
    });
    let response = setup.post(&ping()).await;
    for name in theirs {
        assert!(!response.headers().contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn an_accepted_notification_and_an_absent_stream_come_back() {
    let setup = Setup::new().await;
    setup.upstream.answers(|head| {
        let status = if head.method == Method::GET { 405 } else { 202 };
        Response::builder().status(status).body(Body::empty()).unwrap()
    });
    assert_eq!(setup.send(setup.request(Method::GET, &[], "")).await.status(), 405);
    let said = serde_json::json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(setup.post(&said).await.status(), 202);
}

/// It says 101 of its own accord; what follows on the connection is nobody's answer.
#[tokio::test]
async fn a_change_of_protocol_that_nobody_asked_for_is_502() {
    let setup = Setup::new().await;
    setup.upstream.answers(|_| {
        let switched = Response::builder().status(101).header("upgrade", "x");
        switched.header("connection", "upgrade").body(Body::empty()).unwrap()
    });
    assert_eq!(setup.post(&ping()).await.status(), 502);
}

/// Where no token is asked for, any page can lead a browser here.
#[tokio::test]
async fn a_page_of_the_server_behind_is_no_page_of_ours() {
    let setup = Setup::unlike(Unlike { signed_in: false, ..Unlike::default() }).await;
    setup.upstream.answers(|_| {
        let page = Response::builder().header("content-type", "text/html");
        let page = page.header("content-security-policy", "default-src *");
        page.body(Body::from("<script>fetch('/account')</script>")).unwrap()
    });
    let response = setup.send(setup.request(Method::GET, &[], "")).await;
    let policies: Vec<_> = response.headers().get_all("content-security-policy").iter().collect();
    assert_eq!(policies, ["default-src 'none'; frame-ancestors 'none'; sandbox"]);
}
