//! `GET /authorize`: the page, and the requests that are answered to nobody but the person.

use serde_json::json;

use crate::harness::{Answer, Form, REDIRECT, Service};

async fn open(service: &Service, ask: &Form) -> Answer {
    service.get(&format!("/authorize?{}", ask.encoded())).await
}

#[tokio::test]
async fn a_good_request_shows_who_asks_for_what_and_where_it_returns_to() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await).with("scope", "read");
    let answer = open(&service, &ask).await;
    assert_eq!(answer.status, 200);
    for shown in ["A test", "127.0.0.1", "Demo tools", "See your profile and read data"] {
        assert!(answer.body.contains(shown), "{shown} is missing");
    }
    assert!(!answer.body.contains("Run administrative operations"), "not asked for");
    insta::assert_snapshot!(answer.header("cache-control"), @"no-store");
    insta::assert_snapshot!(answer.header("referrer-policy"), @"no-referrer");
    insta::assert_snapshot!(answer.header("x-frame-options"), @"DENY");
    insta::assert_snapshot!(answer.header("content-security-policy"), @"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' http: https:");
}

#[tokio::test]
async fn looking_at_the_page_any_number_of_times_writes_nothing() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let before = service.rows();
    for _ in 0..3 {
        assert_eq!(open(&service, &ask).await.status, 200);
    }
    assert_eq!(open(&service, &ask.with("prompt", "none")).await.status, 303);
    assert_eq!(service.rows(), before);
}

#[tokio::test]
async fn what_a_client_calls_itself_is_text_and_never_markup() {
    let service = Service::start().await;
    let metadata = json!({
        "client_name": "<script>alert(1)</script>", "redirect_uris": [REDIRECT],
        "token_endpoint_auth_method": "none",
    });
    let client = service.register(&metadata).await.json();
    let ask = service.ask(client["client_id"].as_str().unwrap());
    let answer = open(&service, &ask.with("state", "\"><script>alert(2)</script>")).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("<script"), "{}", answer.body);
}

#[tokio::test]
async fn a_loopback_client_may_return_to_any_port_of_its_registered_host() {
    let service = Service::start().await;
    let redirects = json!(["http://localhost/callback", "http://[::1]:1/callback"]);
    let metadata = json!({
        "client_name": "Ports", "redirect_uris": redirects, "token_endpoint_auth_method": "none",
    });
    let client = service.register(&metadata).await.json();
    let ask = service.ask(client["client_id"].as_str().unwrap());
    for uri in ["http://localhost:49152/callback", "http://[::1]:49152/callback"] {
        let answer = open(&service, &ask.clone().with("redirect_uri", uri)).await;
        assert_eq!(answer.status, 200, "{uri}");
    }
    let answer = open(&service, &ask.with("redirect_uri", "http://127.0.0.1:1/callback")).await;
    assert_eq!(answer.status, 400, "another loopback host");
}

#[tokio::test]
async fn an_https_client_returns_to_the_registered_uri_to_the_letter() {
    let service = Service::start().await;
    let metadata = json!({
        "client_name": "Web", "redirect_uris": ["https://app.example/cb?tenant=1"],
        "token_endpoint_auth_method": "none",
    });
    let client = service.register(&metadata).await.json();
    let ask = service.ask(client["client_id"].as_str().unwrap());
    let exact = ask.clone().with("redirect_uri", "https://app.example/cb?tenant=1");
    let page = open(&service, &exact).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("app.example"));
    for uri in [
        "https://app.example/cb",
        "https://app.example/cb?tenant=2",
        "https://app.example:443/cb?tenant=1",
        "https://APP.example/cb?tenant=1",
        "https://app.example/cb?tenant=1&x=2",
    ] {
        let answer = open(&service, &ask.clone().with("redirect_uri", uri)).await;
        assert_eq!(answer.status, 400, "{uri}");
    }
    let answer = open(&service, &exact.with("prompt", "none")).await;
    insta::assert_snapshot!(answer.location().unwrap(), @"https://app.example/cb?tenant=1&error=login_required&error_description=prompt%3Dnone%3A+a+person+has+to+sign+in.&state=s+t&iss=http%3A%2F%2Flocalhost%3A8000");
}

#[tokio::test]
async fn the_pages_cookie_is_kept_from_scripts_and_other_sites() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let mut browser = service.browser();
    let answer = browser.get(&format!("/authorize?{}", ask.encoded())).await;
    let value = browser.cookies["countersign-page"].clone();
    let line = answer.header("set-cookie").replace(&value, "VALUE");
    insta::assert_snapshot!(line, @"countersign-page=VALUE; Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
    // Opened again, the browser is known by the same value, so that an older tab keeps working.
    browser.get(&format!("/authorize?{}", ask.encoded())).await;
    assert_eq!(browser.cookies["countersign-page"], value);
}
