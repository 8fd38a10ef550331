//! The store does not answer: 503 with `Retry-After`, nothing half done, and all is well afterwards.

use axum::{body::Body, extract::ConnectInfo};
use countersign::{
    ambient::OsEntropy,
    app::{StartFault, build_on},
    store::{MOVING, Nodes as _},
    web::serve::Peer,
};
use http::Request;
use serde_json::json;

use crate::harness::{Answer, REDIRECT, Service, Setup};

fn unavailable(answer: &Answer) {
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (503, "5"),
        "{}",
        answer.body
    );
    assert!(!answer.body.contains("told to fail"), "the cause is for the log: {}", answer.body);
}

fn unavailable_in_json(answer: &Answer) {
    unavailable(answer);
    assert!(answer.refusal().starts_with("503 temporarily_unavailable: "));
}

fn unavailable_on_a_page(answer: &Answer) {
    unavailable(answer);
    assert_eq!(answer.page(), "503 Not available right now");
}

#[tokio::test]
async fn the_authorize_page_says_so_and_never_calls_a_known_client_unknown() {
    let service = Service::start().await;
    let path = format!("/authorize?{}", service.ask(&service.client().await).encoded());
    service.store.breaks("client");
    unavailable_on_a_page(&service.get(&path).await);
    service.store.heals();
    assert_eq!(service.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_consent_that_cannot_be_stored_leads_nowhere_and_can_be_given_again() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let here = format!("/authorize?{}", service.ask(&service.client().await).encoded());
    let page = browser.get(&here).await;
    let cookies = browser.cookies.clone();
    let url = format!("{}{here}", service.issuer);
    for verb in ["client", "put_sign_in"] {
        service.store.breaks(verb);
        let answer = browser.press(&url, &page, ("provider", "dev")).await;
        unavailable_on_a_page(&answer);
        assert_eq!(browser.cookies, cookies, "no cookie of a sign-in that is not there");
        service.store.heals();
    }
    assert_eq!(service.rows(), "clients 1");
    assert_eq!(browser.press(&url, &page, ("provider", "dev")).await.status, 303);
}

#[tokio::test]
async fn a_return_from_the_provider_can_be_tried_again_when_the_sign_in_could_not_be_read() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let ask = service.ask(&service.client().await);
    let back = service.to_callback(&mut browser, &ask, "alice").await;
    service.store.breaks("take_sign_in");
    unavailable_on_a_page(&browser.get(&back).await);
    assert_eq!(service.rows(), "clients 1, sign_ins 1");
    service.store.heals();
    assert!(browser.get(&back).await.landing().contains_key("code"), "a reload is enough");
}

#[tokio::test]
async fn a_person_or_code_that_cannot_be_stored_gives_the_client_no_code() {
    let service = Service::start().await;
    for verb in ["admit", "put_session"] {
        let mut browser = service.browser();
        let ask = service.ask(&service.client().await);
        let back = service.to_callback(&mut browser, &ask, "alice").await;
        service.store.breaks(verb);
        unavailable_on_a_page(&browser.get(&back).await);
        service.store.heals();
        let rows = service.rows();
        assert!(!rows.contains("codes") && !rows.contains("consents"), "{rows}");
    }
}

#[tokio::test]
async fn an_exchange_that_fails_spends_nothing() {
    let service = Service::start().await;
    let code = service.code("alice").await;
    let exchange = service.exchange(&service.client().await, &code);
    let before = service.rows();
    for verb in ["present_code", "spend"] {
        service.store.breaks(verb);
        unavailable_in_json(&service.token(&exchange).await);
        assert_eq!(service.rows(), before, "{verb}");
        service.store.heals();
    }
    assert_eq!(service.token(&exchange).await.status, 200);
}

#[tokio::test]
async fn a_refresh_that_fails_rotates_nothing() {
    let service = Service::start().await;
    let (client, token) = service.lineage("alice").await;
    let refresh = service.refresh(&client, &token);
    for verb in ["present_grant", "swap_grant"] {
        service.store.breaks(verb);
        unavailable_in_json(&service.token(&refresh).await);
        service.store.heals();
    }
    let next = service.token(&refresh).await.json();
    let next = service.refresh(&client, next["refresh_token"].as_str().unwrap());
    assert_eq!(service.token(&next).await.status, 200);
}

#[tokio::test]
async fn a_registration_that_cannot_be_stored_is_not_confirmed() {
    let service = Service::start().await;
    let metadata = json!({"redirect_uris": [REDIRECT]});
    service.store.breaks("register_client");
    unavailable_in_json(&service.register(&metadata).await);
    assert_eq!(service.rows(), "");
}

#[tokio::test]
async fn access_tokens_are_judged_without_the_store() {
    let service = Service::start().await;
    let tokens = service.tokens("alice").await;
    service.store.breaks("*");
    assert_eq!(service.mcp(tokens["access_token"].as_str().unwrap()).await, 200);
    for path in ["/jwks", "/.well-known/oauth-authorization-server", "/healthz", "/"] {
        assert_eq!(service.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn readiness_says_when_to_ask_again() {
    let service = Service::start().await;
    service.store.breaks("probe");
    unavailable(&service.get("/readyz").await);
}

#[tokio::test]
async fn readiness_is_a_real_write() {
    let service = Service::start().await;
    let answer = service.get("/readyz").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    insta::assert_snapshot!(format!("{} {}", answer.status, answer.body), @r#"200 OK {"ready":true,"degraded":[]}"#);
    let service = Service::start().await;
    service.store.breaks("probe");
    let answer = service.get("/readyz").await;
    insta::assert_snapshot!(format!("{} {}", answer.status, answer.body), @r#"503 Service Unavailable {"ready":false,"degraded":[]}"#);
}

#[tokio::test]
async fn a_database_file_that_was_removed_takes_no_more_writes() {
    let service = Service::start().await;
    let (client, token) = service.lineage("alice").await;
    std::fs::remove_file(service.root().join("data/countersign.db")).unwrap();
    unavailable_in_json(&service.token(&service.refresh(&client, &token)).await);
    assert_eq!(service.get("/readyz").await.status, 503);
}

/// `/metrics` as a caller at `peer` gets it, with a forwarding header or without.
async fn figures(service: &Service, peer: &str, forwarded: Option<&str>) -> u16 {
    let peer = Peer(format!("{peer}:1").parse().unwrap());
    let mut request = Request::get("/metrics").extension(ConnectInfo(peer));
    if let Some(chain) = forwarded {
        request = request.header("x-forwarded-for", chain);
    }
    service.send(request.body(Body::empty()).unwrap()).await.status.as_u16()
}

#[tokio::test]
async fn figures_are_for_this_machine_and_not_for_whoever_a_proxy_on_it_lets_in() {
    let service = Service::start().await;
    assert_eq!(service.get("/metrics").await.status, 404, "a caller nobody knows");
    assert_eq!(figures(&service, "127.0.0.1", None).await, 200);
    assert_eq!(figures(&service, "198.51.100.7", None).await, 404);
    for chain in ["198.51.100.7", "127.0.0.1"] {
        assert_eq!(
            figures(&service, "127.0.0.1", Some(chain)).await,
            404,
            "a header proves nothing"
        );
    }
}

#[tokio::test]
async fn figures_are_for_trusted_networks_and_those_they_forward_for() {
    let setup = Setup::new().variable("COUNTERSIGN_TRUSTED_PROXIES", "10.0.0.0/8,127.0.0.1");
    let service = setup.start().await;
    assert_eq!(figures(&service, "10.0.0.1", None).await, 200);
    assert_eq!(figures(&service, "127.0.0.1", Some("10.0.0.1")).await, 200);
    assert_eq!(figures(&service, "127.0.0.1", Some("198.51.100.7")).await, 404);
    assert_eq!(figures(&service, "127.0.0.1", Some("10.0.0.1, 198.51.100.7")).await, 404);
}

/// A service that was put together and is about to run, on a port of its own.
async fn about_to_run(harm: impl AsyncFnOnce(&Service)) -> Result<(), StartFault> {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let setup = Setup::new()
        .variable("COUNTERSIGN_LISTEN", &format!("127.0.0.1:{port}"))
        .variable("COUNTERSIGN_PROVIDERS", "oidc")
        .variable("OIDC_ISSUER", "http://127.0.0.1:9")
        .variable("OIDC_CLIENT_ID", "a")
        .variable("OIDC_CLIENT_SECRET", "b");
    let service = setup.start().await;
    harm(&service).await;
    let clock = service.clock.clone();
    let app = build_on(&service.config, service.store(), clock, std::sync::Arc::new(OsEntropy));
    app.await?.run(std::future::pending(), || panic!("it said that it is ready")).await
}

#[tokio::test]
async fn a_service_whose_store_takes_no_write_does_not_say_that_it_is_ready() {
    let ended = about_to_run(async |service| service.store.breaks("probe")).await;
    assert!(matches!(ended, Err(StartFault::Store(_))), "{ended:?}");
}

#[tokio::test]
async fn a_service_does_not_start_on_a_database_that_is_being_moved() {
    let ended = about_to_run(async |service| {
        let until = service.now().plus(std::time::Duration::from_mins(1));
        assert!(service.store.lease(MOVING, "mover", service.now(), until).await.unwrap());
    });
    let ended = ended.await;
    assert!(matches!(ended, Err(StartFault::Moving)), "{ended:?}");
}
