//! Group E: whom the authorize endpoint answers.

use axum::body::Body;
use http::{Request, header};
use serde_json::json;

use super::before::Before;
use crate::harness::{Answer, Form, REDIRECT, Service, Setup};

pub(super) async fn open(service: &Service, ask: &Form) -> Answer {
    service.get(&format!("/authorize?{}", ask.encoded())).await
}

/// A page and no redirect, whatever else is asked for.
async fn ends_on_a_page(service: &Service, ask: &Form) {
    for ask in [
        ask.clone(),
        ask.clone().with("prompt", "none"),
        ask.clone().without("code_challenge"),
        ask.clone().with("response_type", "token"),
        ask.clone().with("scope", "\""),
    ] {
        let answer = open(service, &ask).await;
        assert!(answer.page().starts_with("400 "), "{}: {}", ask.encoded(), answer.body);
        assert_eq!(answer.header("refresh"), "");
    }
}

/// Each is refused at registration by name.
async fn cannot_be_registered(service: &Service, uris: &[&str]) {
    for uri in uris {
        for list in [json!([uri]), json!([REDIRECT, uri])] {
            let metadata = json!({"redirect_uris": list, "token_endpoint_auth_method": "none"});
            let told = service.register(&metadata).await.refusal();
            assert!(told.starts_with("400 invalid_redirect_uri: "), "{uri:?}: {told}");
        }
    }
}

async fn registered(service: &Service, uris: &[&str]) -> String {
    let metadata = json!({"redirect_uris": uris, "token_endpoint_auth_method": "none"});
    let answer = service.register(&metadata).await;
    answer.json()["client_id"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

#[tokio::test]
async fn e02_what_only_looks_like_loopback_is_refused() {
    let service = Service::start().await;
    let lookalikes = [
        "http://localhost.evil.example:7777/callback",
        "http://127.0.0.1.evil.example:7777/callback",
        "http://127.0.0.1@evil.example/callback",
        "http://localhost:7777@evil.example/callback",
        "http://localhost\\@evil.example:1/callback",
        "http://evil.example\\@127.0.0.1:7777/callback",
        "http://localhost\t.evil.example/callback",
        "http://127.1:7777/callback",
        "http://127.0.0.2:7777/callback",
        "http://0.0.0.0:7777/callback",
        "http://2130706433:7777/callback",
        "http://0x7f000001:7777/callback",
        "http://0177.0.0.1:7777/callback",
        "http://[::ffff:127.0.0.1]:7777/callback",
        "http://[0:0:0:0:0:0:0:1]:7777/callback",
        "http://[::]:7777/callback",
        "http://LOCALHOST:7777/callback",
        "http://localhost.:7777/callback",
        "http:localhost:7777/callback",
        "http:///127.0.0.1:7777/callback",
        "http://①②⑦.0.0.1:7777/callback",
    ];
    cannot_be_registered(&service, &lookalikes).await;
    let uris = ["http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost/callback"];
    let ask = service.ask(&registered(&service, &uris).await);
    let other_paths = [
        "http://127.0.0.1:7777/other",
        "http://127.0.0.1:7777/callback/",
        "http://127.0.0.1:7777/callback/../other",
        "http://127.0.0.1:7777/callback?x=1",
        "http://127.0.0.1:7777/callback#x",
        "http://127.0.0.1:7777/callback;x",
        "https://127.0.0.1:7777/callback", // https has no free port
        "http://127.0.0.1:77777/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:+7777/callback",
    ];
    let before = Before::of(&service);
    for uri in lookalikes.iter().chain(&other_paths) {
        ends_on_a_page(&service, &ask.clone().with("redirect_uri", uri)).await;
    }
    before.stands(&service, &[]);
    for uri in ["http://127.0.0.1:7777/callback", "http://[::1]:7777/callback"] {
        assert_eq!(open(&service, &ask.clone().with("redirect_uri", uri)).await.status, 200);
    }
}

#[tokio::test]
async fn e03_a_registered_uri_in_other_letters_is_refused() {
    let service = Service::start().await;
    let uris = ["https://app.example/Cb?x=Y", "http://localhost/cb", "com.example.app:/Cb"];
    let ask = service.ask(&registered(&service, &uris).await);
    let before = Before::of(&service);
    for uri in [
        "https://app.example/cb?x=Y",
        "https://app.example/CB?x=Y",
        "https://app.example/Cb?x=y",
        "https://app.example/Cb?X=Y",
        "https://APP.example/Cb?x=Y",
        "https://app.Example/Cb?x=Y",
        "HTTPS://app.example/Cb?x=Y",
        "https://app.example:443/Cb?x=Y",
        "https://app.example./Cb?x=Y",
        "https://app.example/C%62?x=Y",
        "https://app.example//Cb?x=Y",
        "http://localhost/CB",
        "http://Localhost/cb",
        "HTTP://localhost/cb",
        "com.example.app:/cb",
        "Com.Example.App:/Cb",
    ] {
        ends_on_a_page(&service, &ask.clone().with("redirect_uri", uri)).await;
    }
    before.stands(&service, &[]);
    for uri in uris {
        assert_eq!(
            open(&service, &ask.clone().with("redirect_uri", uri)).await.status,
            200,
            "{uri}"
        );
    }
}

#[tokio::test]
async fn e05_a_scheme_that_runs_code_or_reads_files_cannot_be_registered() {
    let service = Service::start().await;
    let dangerous = [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "javascript://app.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "DATA:text/html;base64,eA==",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://app.example/x",
        "filesystem:https://app.example/x",
        "about:blank",
        "view-source:https://app.example/",
        "intent://x#Intent;end",
        "ftp://app.example/cb",
        "ws://app.example/cb",
        "mailto:a@app.example",
        "x:/cb",
        "http://app.example/cb",
        "https:evil.example/cb",
        "https:///evil.example/cb",
        "//evil.example/cb",
        "",
    ];
    cannot_be_registered(&service, &dangerous).await;
    assert_eq!(service.rows(), "");
    let ask = service.ask(&service.client().await);
    let before = Before::of(&service);
    for uri in dangerous {
        ends_on_a_page(&service, &ask.clone().with("redirect_uri", uri)).await;
        let setup = Setup::new().variable("OAUTH_CLIENT_ID", "app");
        let faults = setup.variable("OAUTH_REDIRECT_URI", uri).load().unwrap_err();
        assert_eq!(faults[0].place, "OAUTH_REDIRECT_URI", "{uri}: nor by the operator");
    }
    before.stands(&service, &[]);
}

#[tokio::test]
async fn e06_an_unknown_client_or_address_ends_on_a_page_and_never_redirects() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let before = Before::of(&service);
    for client in ["dyn_unknown", "", "*", "dev", "https://10.0.0.1/client"] {
        let ask = ask.clone().with("client_id", client);
        ends_on_a_page(&service, &ask).await;
        ends_on_a_page(&service, &ask.with("redirect_uri", "https://evil.example/cb")).await;
    }
    for uri in [
        "https://evil.example/cb",
        "//evil.example",
        "/account",
        "https://127.0.0.1:7777/callback",
        "",
    ] {
        ends_on_a_page(&service, &ask.clone().with("redirect_uri", uri)).await;
    }
    ends_on_a_page(&service, &ask.clone().without("client_id")).await;
    ends_on_a_page(&service, &ask.without("redirect_uri")).await;
    ends_on_a_page(&service, &Form::of(&[])).await;
    before.stands(&service, &[]);
}

/// The error that the client is told by redirect; nothing else but `iss` and its `state` goes along.
pub(super) async fn told(service: &Service, ask: &Form) -> String {
    let answer = open(service, ask).await;
    let location = answer.location().unwrap_or_else(|| panic!("{}", answer.body)).to_owned();
    assert!(location.starts_with(&format!("{REDIRECT}?")), "{location}");
    let landing = answer.landing();
    assert_eq!(landing.get("iss"), Some(&service.issuer), "RFC 9207 §2");
    let known = ["error", "error_description", "iss", "state"];
    assert!(landing.keys().all(|name| known.contains(&name.as_str())), "{landing:?}");
    landing["error"].clone()
}

#[tokio::test]
async fn e08_a_parameter_given_twice_is_refused_and_one_in_another_place_not_read() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let before = Before::of(&service);
    for (name, value) in [("client_id", "other"), ("redirect_uri", "https://evil.example/cb")] {
        let same = ask.value(name).unwrap().to_owned();
        for twice in
            [ask.clone().and(name, &same), ask.clone().and(name, value), ask.clone().and(name, "")]
        {
            ends_on_a_page(&service, &twice).await;
        }
        let array = ask.clone().without(name).and(&format!("{name}[]"), &same);
        ends_on_a_page(&service, &array).await;
    }
    for name in [
        "response_type",
        "code_challenge",
        "code_challenge_method",
        "scope",
        "prompt",
        "unheard_of",
    ] {
        let once = ask.value(name).unwrap_or("none").to_owned();
        for again in [once.as_str(), "another", ""] {
            let twice = ask.clone().with(name, &once).and(name, again);
            assert_eq!(told(&service, &twice).await, "invalid_request", "{name} {again}");
        }
    }
    let landing = open(&service, &ask.clone().and("state", "another")).await.landing();
    assert_eq!((landing["error"].as_str(), landing.get("state")), ("invalid_request", None));
    let flood = (0..100).fold(ask.clone(), |ask, n| ask.and(&format!("p{n}"), "1"));
    ends_on_a_page(&service, &flood).await;
    // What is posted is an answer to our own page, and never a request, nor read beside the query.
    let mut browser = service.browser();
    let path = format!("/authorize?{}", ask.encoded());
    browser.get(&path).await;
    for (path, form) in [
        (path.as_str(), Form::of(&[("provider", "dev")])),
        ("/authorize", ask.and("provider", "dev")),
    ] {
        let answer = browser.post(path, &form).await;
        assert_eq!(answer.page(), "400 This sign-in has expired");
    }
    let request = Request::get("/authorize")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let in_the_body = service.ask(&service.client().await).encoded();
    let answer = service.send(request.body(Body::from(in_the_body)).unwrap()).await;
    assert!(answer.page().starts_with("400 "), "a body of a GET is not read");
    before.stands(&service, &[]);
}
