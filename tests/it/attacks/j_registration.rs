//! J: registration, and what clients may say of themselves.

use axum::body::Body;
use countersign::store::Store as _;
use http::header;
use serde_json::{Value, json};

use super::before::Before;
use crate::{
    harness::{Answer, REDIRECT, Service, Setup},
    limits::{STRANGER, from},
    oauth::{
        documents::{Documented, both_ways},
        register::{public, with},
    },
    upstream::fault_server::FaultServer,
};

/// What somebody is told who comes in the name of this client.
pub(super) async fn comes_as(service: &Service, client: &str) -> Answer {
    service.get(&format!("/authorize?{}", service.ask(client).encoded())).await
}

#[tokio::test]
async fn j01_a_flood_of_registrations_ends_at_the_allowance_and_is_forgotten_after_a_day() {
    let service = Setup::new().variable("COUNTERSIGN_REGISTRATION_LIMIT", "40/24h").start().await;
    let register = |number: u32| {
        let metadata = with("client_name", json!(format!("Flood {number}"))).to_string();
        let mut request = from(STRANGER, "POST", "/register").map(|_| Body::from(metadata));
        request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        service.send(request)
    };
    for number in 0..40 {
        assert_eq!(register(number).await.status, 201, "{number}");
    }
    let before = Before::of(&service);
    for number in 40..1000 {
        let answer = register(number).await;
        assert!(answer.refusal().starts_with("429 temporarily_unavailable: "), "{number}");
        assert_eq!(answer.header("set-cookie"), "");
    }
    before.stands(&service, &["Flood 999"]);
    for _ in 0..30 {
        assert_eq!(service.register(&public()).await.status, 201, "from elsewhere");
    }
    assert_eq!(service.count("clients"), 41, "identical ones share a record");
    service.wait(24 * 60 * 60 + 1);
    service.store.sweep(service.now(), 1000).await.unwrap();
    assert_eq!(service.rows(), "", "nobody signed in with them");
}

#[tokio::test]
async fn j03_no_uri_of_a_registration_is_fetched() {
    let service = Service::start().await;
    let victim = wiremock::MockServer::start().await;
    let mut metadata = public();
    for name in [
        "jwks_uri",
        "logo_uri",
        "policy_uri",
        "tos_uri",
        "client_uri",
        "sector_identifier_uri",
        "initiate_login_uri",
        "backchannel_logout_uri",
    ] {
        metadata[name] = json!(victim.uri());
    }
    for name in ["request_uris", "post_logout_redirect_uris"] {
        metadata[name] = json!([victim.uri()]);
    }
    let client = service.register(&metadata).await.json();
    let before = Before::of(&service);
    assert_eq!(comes_as(&service, client["client_id"].as_str().unwrap()).await.status, 200);
    assert!(victim.received_requests().await.unwrap().is_empty());
    before.stands(&service, &[&victim.uri()]);
}

#[tokio::test]
async fn j03_keys_of_a_document_are_fetched_by_the_guarded_client_alone() {
    let victim = FaultServer::start(FaultServer::json("{\"keys\":[]}")).await;
    let moved = FaultServer::status(&format!("302 Found\r\nlocation: {}", victim.url));
    let moved = FaultServer::start(moved).await;
    for (uri, told) in [
        ("https://10.0.0.1/keys", "401 invalid_client: "),
        ("https://169.254.169.254/latest/meta-data", "401 invalid_client: "),
        ("https://[::ffff:127.0.0.1]/keys", "401 invalid_client: "),
        ("https://[64:ff9b::169.254.169.254]/keys", "401 invalid_client: "),
        ("http://keys.example/keys", "401 invalid_client: "),
        ("file:///etc/passwd", "401 invalid_client: "),
        ("gopher://127.0.0.1/x", "401 invalid_client: "),
        (moved.url.as_str(), "503 temporarily_unavailable: "),
    ] {
        let mut members = both_ways();
        (members["jwks"], members["jwks_uri"]) = (Value::Null, json!(uri));
        let client = Documented::with(members).await;
        let (exchange, assertion) = (client.exchange().await, client.assertion(&[]));
        let before = Before::of(&client.service);
        let refused = client.present(&exchange, &assertion).await.refusal();
        assert!(refused.starts_with(told), "{uri}: {refused}");
        before.stands(&client.service, &[&assertion, exchange.value("code").unwrap()]);
    }
    assert_eq!((moved.hits(), victim.hits()), (1, 0), "asked once, and no redirect is followed");
}

#[tokio::test]
async fn j04_redirect_uris_that_could_lead_anywhere_are_refused_by_name() {
    let service = Service::start().await;
    let before = Before::of(&service);
    for uri in [
        "https://*.app.example/cb",
        "https://app.example/*",
        "https://app.example/cb?to=*",
        "https://app.example/cb#fragment",
        "https://app.example/cb#",
        "com.example.app:/cb#fragment",
        "https://user:pass@app.example/cb",
        "https://good.example@evil.example/cb",
        "http://127.0.0.1@evil.example/cb",
        "http://localhost.evil.example/cb",
        "http://example.com/cb",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://app.example/x",
        "about:blank",
        "https:\\\\app.example\\cb",
        "//app.example/cb",
        "/relative",
        "",
    ] {
        for uris in [json!([uri]), json!([REDIRECT, uri]), json!([uri, REDIRECT])] {
            let answer = service.register(&with("redirect_uris", uris)).await;
            let told = answer.refusal();
            let named: String = uri.chars().filter(char::is_ascii_graphic).collect();
            let expected = format!("400 invalid_redirect_uri: {named} ");
            assert!(told.starts_with(&expected), "{uri}: {told}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
    before.stands(&service, &["user:pass"]);
}

#[tokio::test]
async fn j06_unknown_members_and_nulls_are_passed_over() {
    let service = Service::start().await;
    let plain = service.register(&public()).await.json();
    let before = Before::of(&service);
    let mut changed = Vec::new();
    for name in [
        "client_name",
        "client_uri",
        "grant_types",
        "response_types",
        "scope",
        "application_type",
        "jwks",
        "jwks_uri",
        "logo_uri",
        "contacts",
        "software_statement",
        "client_secret",
    ] {
        changed.push((name, Value::Null));
    }
    changed.push(("resource", json!("https://elsewhere.example")));
    changed.push(("resource", json!([])));
    changed.push(("client_id", json!("mine")));
    changed.push(("client_secret", json!("a-secret-of-my-own")));
    changed.push(("unheard_of", json!({"deeply": [{"nested": 1}]})));
    for (name, value) in changed {
        let answer = service.register(&with(name, value.clone())).await;
        assert_eq!(answer.status, 201, "{name} {value}: {}", answer.body);
        assert_eq!(answer.json(), plain, "{name} {value}");
    }
    before.stands(&service, &["a-secret-of-my-own"]);
}

#[tokio::test]
async fn j10_a_document_that_claims_a_shared_secret_is_refused() {
    for members in [
        json!({"token_endpoint_auth_method": "client_secret_basic"}),
        json!({"token_endpoint_auth_method": "client_secret_post"}),
        json!({"token_endpoint_auth_method": "client_secret_jwt", "jwks": "KEYS"}),
        json!({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}),
        json!({"token_endpoint_auth_methods_supported": ["client_secret_jwt", "tls_client_auth"]}),
        json!({"client_secret": "a-secret-in-public", "token_endpoint_auth_method": "none"}),
        json!({"client_secret_expires_at": 0, "token_endpoint_auth_method": "none"}),
    ] {
        let client = Documented::with(members.clone()).await;
        let before = Before::of(&client.service);
        let page = client.open().await.page();
        assert_eq!(page, "400 This sign-in request cannot be used", "{members}");
        assert_eq!(client.asked("/client.json").await, 1, "{members}");
        before.stands(&client.service, &["a-secret-in-public"]);
    }
    let listed = json!({"token_endpoint_auth_methods_supported": ["none", "client_secret_basic"]});
    let client = Documented::with(listed).await;
    assert_eq!(client.open().await.status, 200, "one that offers a method of ours beside it");
    let exchange = client.exchange().await.with("client_secret", "a-secret-in-public");
    let told = client.service.token(&exchange).await.refusal();
    assert!(told.starts_with("401 invalid_client: "), "{told}");
}

#[tokio::test]
async fn j10_a_symmetric_key_in_a_document_proves_nothing() {
    use aws_lc_rs::hmac;
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let mut members = both_ways();
    let oct =
        json!({"kty": "oct", "kid": "k", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode([7; 32])});
    members["jwks"] = json!({"keys": [oct]});
    let client = Documented::with(members).await;
    let exchange = client.exchange().await;
    let payload = client.assertion(&[]).split('.').nth(1).unwrap().to_owned();
    let head = json!({"alg": "HS256", "typ": "JWT", "kid": "k"}).to_string();
    let signed = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(head));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]), signed.as_bytes());
    let assertion = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
    let before = Before::of(&client.service);
    let told = client.present(&exchange, &assertion).await.refusal();
    assert!(told.starts_with("401 invalid_client: "), "{told}");
    before.stands(&client.service, &[&assertion]);
}

#[tokio::test]
async fn j12_a_url_is_never_the_id_of_a_registered_client_nor_an_id_a_url() {
    for id in ["https://app.example/client", "http://localhost:9/client", "urn:app", "a:b", "a b"] {
        let setup = Setup::new().variable("OAUTH_CLIENT_ID", id);
        let faults = setup.variable("OAUTH_REDIRECT_URI", REDIRECT).load().unwrap_err();
        assert_eq!((faults.len(), faults[0].place.as_str()), (1, "OAUTH_CLIENT_ID"), "{id}");
    }
    let service = Service::start().await;
    let host = FaultServer::start(FaultServer::json("{}")).await;
    let id = host.url.as_str();
    let registered = service.register(&with("client_id", json!(id))).await.json();
    assert!(registered["client_id"].as_str().unwrap().starts_with("dyn_"));
    // What stands in the store under a URL is judged by its document all the same.
    service.execute("UPDATE clients SET id = ?", id);
    let before = Before::of(&service);
    let page = comes_as(&service, id).await.page();
    assert_eq!((page.as_str(), host.hits()), ("400 This sign-in request cannot be used", 1));
    for no_url in
        [id.replace("http:", "HTTP:"), format!(" {id}"), registered["client_id"].to_string()]
    {
        assert!(comes_as(&service, &no_url).await.page().starts_with("400 "), "{no_url}");
    }
    assert_eq!(host.hits(), 1, "what is no URL is looked for in the store alone");
    before.stands(&service, &[]);
}

#[tokio::test]
async fn j12_a_document_s_client_is_not_found_by_the_id_it_gives_itself() {
    let client = Documented::with(json!({"client_id": "countersign-cli"})).await;
    let before = Before::of(&client.service);
    assert!(client.open().await.page().starts_with("400 "));
    assert!(comes_as(&client.service, "countersign-cli").await.page().starts_with("400 "));
    before.stands(&client.service, &[]);
}
