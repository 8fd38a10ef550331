//! What reaches the server behind, and what does not.

use http::{Method, Request};

use super::{Setup, Unlike, call, ping, text};
use axum::body::Body;
use serde_json::json;

#[tokio::test]
async fn a_call_reaches_the_server_byte_for_byte_without_the_bearer_token() {
    let setup = Setup::new().await;
    let body = "{ \"jsonrpc\":\"2.0\", \"id\":7,\n\"method\":\"tools/call\",\"params\":{\"name\":\"look\",\"x\":1e0}}";
    let request = setup.request(Method::POST, &[("mcp-protocol-version", "2025-11-25")], body);
    assert_eq!(text(setup.send(request).await).await, r#"{"jsonrpc":"2.0","id":7,"result":{}}"#);
    let (head, seen) = setup.upstream.last();
    assert_eq!((head.method, head.uri.path(), seen.as_str()), (Method::POST, "/behind", body));
    assert_eq!(head.headers["mcp-protocol-version"], "2025-11-25");
    assert_eq!(head.headers["host"], setup.upstream.url.authority());
    assert!(!head.headers.contains_key("authorization"));
}

#[tokio::test]
async fn cookies_origins_and_forwarding_headers_stay_here() {
    let setup = Setup::new().await;
    let sent = [
        ("cookie", "__Host-session=cs_se_x"),
        ("origin", "http://localhost:8000"),
        ("x-forwarded-for", "10.0.0.1"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
        ("x-api-version", "2"),
    ];
    setup.send(setup.request(Method::POST, &sent, &ping().to_string())).await;
    let (head, _) = setup.upstream.last();
    for (name, _) in &sent[..5] {
        assert!(!head.headers.contains_key(*name), "{name}");
    }
    assert_eq!(head.headers["x-api-version"], "2");
}

#[tokio::test]
async fn a_query_travels_on_and_a_token_in_it_does_not() {
    let setup = Setup::new().await;
    let mut request = setup.request(Method::POST, &[], &ping().to_string());
    *request.uri_mut() = "/mcp?session=a%20b&x=1".parse().unwrap();
    setup.send(request).await;
    assert_eq!(setup.upstream.last().0.uri, "/behind?session=a%20b&x=1");
    let mut request = setup.request(Method::POST, &[], &ping().to_string());
    *request.uri_mut() = "/mcp?access_token=x".parse().unwrap();
    assert_eq!(setup.send(request).await.status(), 400);
    assert_eq!(setup.upstream.count(), 1);
}

#[tokio::test]
async fn nothing_reaches_the_server_without_a_token_scope_host_or_origin() {
    let setup = Setup::new().await;
    let bare = Request::post("/mcp").body(Body::from(ping().to_string())).unwrap();
    assert_eq!(setup.send(bare).await.status(), 401);
    assert_eq!(setup.post(&call("delete")).await.status(), 403);
    let mut elsewhere = setup.request(Method::POST, &[], &ping().to_string());
    elsewhere.headers_mut().insert("host", "evil.example".parse().unwrap());
    assert_eq!(setup.send(elsewhere).await.status(), 403);
    let page =
        setup.request(Method::POST, &[("origin", "https://evil.example")], &ping().to_string());
    assert_eq!(setup.send(page).await.status(), 403);
    assert_eq!(setup.upstream.count(), 0);
}

#[tokio::test]
async fn what_only_we_may_say_is_ours_even_when_nobody_is_signed_in() {
    let setup = Setup::unlike(Unlike { signed_in: false, ..Unlike::default() }).await;
    let sent = [("x-countersign-user", "root"), ("X_Countersign_Scopes", "admin")];
    let request = setup.request(Method::POST, &sent, &ping().to_string());
    assert_eq!(setup.send(request).await.status(), 200);
    let (head, _) = setup.upstream.last();
    let ours = |name: &&http::HeaderName| name.as_str().replace('_', "-").contains("countersign");
    assert_eq!(head.headers.keys().find(ours), None);
    assert!(!head.headers.contains_key("authorization"));
}

/// Read as UTF-7, `+ACI-` is a quotation mark: the ping that we would judge is a call of `delete`.
#[tokio::test]
async fn a_call_that_hides_in_another_charset_or_type_is_judged_by_nobody_and_goes_nowhere() {
    let setup = Setup::new().await;
    let hidden = r#"{"id":7,"method":"ping","params":{"x":"+ACI-},+ACI-method+ACI-:+ACI-tools/call+ACI-,+ACI-params+ACI-:{+ACI-name+ACI-:+ACI-delete"}}"#;
    for (name, value) in [
        ("content-type", "application/json; charset=utf-7"),
        ("content-type", "application/x-www-form-urlencoded; x=application/json"),
        ("content-encoding", "br"),
    ] {
        let mut request = setup.request(Method::POST, &[], hidden);
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(setup.send(request).await.status(), 415, "{value}");
    }
    assert_eq!(setup.upstream.count(), 0);
}

/// A server that makes variables of headers reads `Mcp_Session_Id` and `X.Countersign.User` like ours.
#[tokio::test]
async fn no_other_spelling_of_a_header_names_a_session_or_a_person() {
    let setup = Setup::new().await;
    let sent = [("Mcp_Session_Id", "of-bob"), ("X.Countersign.User", "usr_bob")];
    setup.send(setup.request(Method::POST, &sent, &ping().to_string())).await;
    let (head, _) = setup.upstream.last();
    let odd = head.headers.keys().find(|name| name.as_str().contains(['_', '.']));
    assert_eq!(odd, None);
    assert_eq!(head.headers["x-countersign-user"], "usr_alice");
}

#[tokio::test]
async fn a_get_and_a_delete_travel_on_without_a_body() {
    let setup = Setup::new().await;
    for method in [Method::GET, Method::DELETE] {
        let body = json!({"method": "tools/call", "params": {"name": "delete"}}).to_string();
        let request = setup.request(method.clone(), &[("last-event-id", "e7")], &body);
        setup.send(request).await;
        let (head, seen) = setup.upstream.last();
        assert_eq!((head.method, seen.as_str()), (method, ""));
        assert_eq!(head.headers["last-event-id"], "e7");
    }
}

#[tokio::test]
async fn other_methods_are_not_passed_on() {
    let setup = Setup::new().await;
    for method in [Method::PUT, Method::PATCH, Method::HEAD, Method::OPTIONS, Method::TRACE] {
        let response = setup.send(setup.request(method.clone(), &[], "")).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["allow"]),
            (405, &"GET, POST, DELETE".parse().unwrap()),
            "{method}"
        );
    }
    assert_eq!(setup.upstream.count(), 0);
}

#[tokio::test]
async fn the_server_is_told_its_own_key_whatever_the_client_says() {
    let setup = Setup::new().await;
    for sent in [&[][..], &[("x-api-key", "forged"), ("X_Api_Key", "forged")]] {
        setup.send(setup.request(Method::POST, sent, &ping().to_string())).await;
        let (head, _) = setup.upstream.last();
        let told: Vec<_> =
            head.headers.iter().filter(|(name, _)| name.as_str().ends_with("key")).collect();
        assert_eq!(told, [(&"x-api-key".parse().unwrap(), &"the key".parse().unwrap())]);
    }
}
