//! What is counted, and what whoever asks too often is told.

use axum::body::Body;
use http::{Request, header};

use super::{HERE, OTHER, STRANGER, from, let_through, limit_told, strict, timeless, with};
use crate::harness::{Answer, Service, Setup};

/// What a refusal tells in headers.
const ADDRESS: &str = "\"address\";q=2;w=3600 \"address\";r=0";

/// Uses up what the stranger has.
async fn exhausted() -> Service {
    let service = strict().start().await;
    assert_eq!(let_through(&service, STRANGER, &[]).await, 2);
    service
}

async fn ask(service: &Service, method: &str, path: &str) -> Answer {
    service.send(from(STRANGER, method, path)).await
}

#[tokio::test]
async fn a_client_is_told_in_json_when_to_come_back() {
    let service = exhausted().await;
    for path in ["/token", "/revoke", "/introspect"] {
        let answer = ask(&service, "POST", path).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(timeless(&answer.refusal()), @"429 temporarily_unavailable: Too many requests have come from your network address. The limit is 2 in 1 hour.");
        }
        assert_eq!(limit_told(&answer, 1800), ADDRESS, "{path}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn a_client_in_a_browser_can_read_the_refusal() {
    let service = exhausted().await;
    let request = with(from(STRANGER, "POST", "/token"), &[("origin", "https://app.example")]);
    let answer = service.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (429, "*"));
    let exposed = answer.header("access-control-expose-headers");
    for name in ["retry-after", "ratelimit", "ratelimit-policy"] {
        assert!(exposed.split(',').any(|exposed| exposed == name), "{name}: {exposed}");
    }
    let preflight = [
        ("origin", "https://app.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization"),
    ];
    let answer = service.send(with(from(STRANGER, "OPTIONS", "/token"), &preflight)).await;
    assert_eq!(answer.status, 200, "a preflight asks for nothing");
}

#[tokio::test]
async fn a_person_is_told_on_a_page_when_to_come_back() {
    let service = exhausted().await;
    for (method, path) in [
        ("GET", "/authorize?client_id=x"),
        ("POST", "/authorize"),
        ("GET", "/callback/dev?code=x&state=x"),
        ("HEAD", "/callback/dev?code=x&state=x"),
        ("POST", "/callback/dev"),
        ("GET", "/sign-in/dev"),
        ("GET", "/confirm/dev"),
        ("POST", "/confirm/dev"),
        ("GET", "/account"),
        ("POST", "/account"),
        ("POST", "/sign-out"),
    ] {
        let answer = ask(&service, method, path).await;
        assert_eq!(limit_told(&answer, 1800), ADDRESS, "{method} {path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(answer.header("cache-control"), "no-store");
        if method != "HEAD" {
            assert_eq!(answer.page(), "429 Too many requests", "{method} {path}");
            assert!(answer.body.contains("2 in 1 hour. Try again in "), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn our_own_script_is_told_in_the_form_that_it_shows() {
    let service = exhausted().await;
    let mut request = from(STRANGER, "POST", "/callback/firebase");
    request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    let answer = service.send(request).await;
    assert_eq!(limit_told(&answer, 1800), ADDRESS);
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(timeless(&message).ends_with("The limit is 2 in 1 hour."), "{message}");
}

#[tokio::test]
async fn what_is_ready_or_guarded_by_a_token_is_not_counted() {
    let service = exhausted().await;
    for (path, status) in [
        ("/", 200),
        ("/signed-out", 200),
        ("/static/logo.svg", 200),
        ("/jwks", 200),
        ("/.well-known/oauth-authorization-server", 200),
        ("/.well-known/oauth-protected-resource/mcp", 200),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/mcp", 401),
        ("/nowhere", 404),
    ] {
        assert_eq!(ask(&service, "GET", path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn registrations_have_a_budget_of_their_own() {
    let register = || {
        let metadata = r#"{"redirect_uris":["http://127.0.0.1/cb"]}"#;
        let mut request = from(STRANGER, "POST", "/register").map(|_| Body::from(metadata));
        request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        request
    };
    let service = exhausted().await;
    assert_eq!(service.send(register()).await.status, 201, "not that of other requests");
    let answer = service.send(register()).await;
    insta::assert_snapshot!(timeless(&answer.refusal()), @"429 temporarily_unavailable: Too many requests have come from your network address. The limit is 1 in 1 hour.");
    assert_eq!(limit_told(&answer, 3600), "\"registrations\";q=1;w=3600 \"registrations\";r=0");
    assert_eq!(service.count("clients"), 1);
    assert_eq!(let_through(&service, OTHER, &[]).await, 2, "nor the other way round");
}

#[tokio::test]
async fn each_neighbourhood_has_its_own_allowance() {
    let service = exhausted().await;
    assert_eq!(let_through(&service, OTHER, &[]).await, 2);
    assert_eq!(let_through(&service, "2001:db8:1:2::1", &[]).await, 2);
    assert_eq!(let_through(&service, "2001:db8:1:2:ffff::7", &[]).await, 0, "the same /64");
    assert_eq!(let_through(&service, "2001:db8:1:3::1", &[]).await, 2, "the next /64");
    let mapped = format!("::ffff:{STRANGER}");
    assert_eq!(let_through(&service, &mapped, &[]).await, 0, "the same address");
}

#[tokio::test]
async fn what_no_socket_brought_is_counted_too() {
    let service = strict().start().await;
    let bare = || Request::post("/token").body(Body::empty()).unwrap();
    let mut passed = 0;
    for _ in 0..10 {
        passed += usize::from(service.send(bare()).await.status != 429);
    }
    assert_eq!(passed, 2);
}

#[tokio::test]
async fn either_limit_can_be_turned_off() {
    let off = |name| async move {
        let service = strict().variable(name, "off").start().await;
        let mut registered = 0;
        for _ in 0..10 {
            let request = from(STRANGER, "POST", "/register");
            registered += usize::from(service.send(request).await.status != 429);
        }
        (let_through(&service, STRANGER, &[]).await, registered)
    };
    assert_eq!(off("COUNTERSIGN_ADDRESS_LIMIT").await, (10, 1));
    assert_eq!(off("COUNTERSIGN_REGISTRATION_LIMIT").await, (2, 10));
}

#[tokio::test]
async fn a_limit_that_cannot_be_read_refuses_the_start() {
    for text in ["600", "0/1m", "600/1", "none"] {
        let setup = Setup::new().variable("COUNTERSIGN_ADDRESS_LIMIT", text);
        let faults = setup.load().unwrap_err();
        assert_eq!(faults.len(), 1, "{text}");
        assert_eq!(faults[0].place, "COUNTERSIGN_ADDRESS_LIMIT");
    }
    let limits = Setup::new().load().unwrap().address_limits;
    let told = [limits.requests, limits.registrations].map(|limit| limit.unwrap().calls);
    assert_eq!(told, [600, 120], "without a word, both are kept");
}

#[tokio::test]
async fn refusals_are_counted_for_the_operator() {
    let service = exhausted().await;
    let answer = service.send(from(HERE, "GET", "/metrics")).await;
    let counted = |line: &str| answer.body.lines().any(|counted| counted == line);
    assert!(
        counted("countersign_refused_by_address_total{limit=\"requests\"} 8"),
        "{}",
        answer.body
    );
    assert!(counted("countersign_refused_by_address_total{limit=\"registrations\"} 0"));
}

#[tokio::test]
async fn a_refused_request_spends_nothing() {
    let service = Setup::new().variable("COUNTERSIGN_ADDRESS_LIMIT", "10/1h").start().await;
    let client = service.client().await;
    let ask = service.ask(&client);
    let landing = service.walk(&mut service.browser(), &ask, "alice").await.landing();
    let form = service.exchange(&client, &landing["code"]).encoded();
    let redeem = |peer| from(peer, "POST", "/token").map(|_| Body::from(form.clone()));
    assert_eq!(let_through(&service, STRANGER, &[]).await, 10);
    assert_eq!(service.send(redeem(STRANGER)).await.status, 429);
    assert_eq!(service.send(redeem(OTHER)).await.status, 200, "the code is as good as before");
}
