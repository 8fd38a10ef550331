//! `POST /register` (RFC 7591): what clients of all kinds send, what is kept of it and for how long.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};

use crate::harness::{REDIRECT, Service};

const DAY: u64 = 86_400;

async fn registered(service: &Service, metadata: &Value) -> Value {
    let answer = service.register(metadata).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (201, "no-store"));
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(!answer.body.contains("null"), "{}", answer.body);
    answer.json()
}

async fn refused(service: &Service, metadata: &Value) -> String {
    let answer = service.register(metadata).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.refusal()
}

/// A client without a secret.
pub(crate) fn public() -> Value {
    json!({"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"})
}

/// The same with one member more, or another one.
pub(crate) fn with(name: &str, value: Value) -> Value {
    let mut metadata = public();
    metadata[name] = value;
    metadata
}

/// Whether the authorize page still knows the client.
async fn is_known(service: &Service, client: &Value) -> bool {
    let ask = service.ask(client["client_id"].as_str().unwrap());
    service.get(&format!("/authorize?{}", ask.encoded())).await.status == 200
}

#[tokio::test]
async fn a_public_client_is_told_what_was_kept() {
    let service = Service::start().await;
    let metadata = json!({
        "client_name": "Claude Code", "redirect_uris": ["http://localhost:3118/callback"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "token_endpoint_auth_method": "none", "application_type": "native",
        "client_uri": "https://claude.example", "scope": "read everything",
    });
    let mut kept = registered(&service, &metadata).await;
    assert!(kept["client_id"].take().as_str().unwrap().starts_with("dyn_"));
    assert_eq!(kept["client_id_issued_at"].take(), service.now().unix());
    insta::assert_snapshot!(kept, @r#"{"application_type":"native","client_id":null,"client_id_issued_at":null,"client_name":"Claude Code","client_uri":"https://claude.example","grant_types":["authorization_code","refresh_token"],"redirect_uris":["http://localhost:3118/callback"],"response_types":["code"],"token_endpoint_auth_method":"none"}"#);
}

#[tokio::test]
async fn a_client_that_names_no_method_gets_a_secret_for_basic() {
    let service = Service::start().await;
    let mut kept = registered(&service, &json!({"redirect_uris": [REDIRECT]})).await;
    for fresh in ["client_id", "client_id_issued_at", "client_secret"] {
        assert!(!kept[fresh].take().is_null());
    }
    insta::assert_snapshot!(kept, @r#"{"client_id":null,"client_id_issued_at":null,"client_name":"An app without a name","client_secret":null,"client_secret_expires_at":0,"grant_types":["authorization_code","refresh_token"],"redirect_uris":["http://127.0.0.1:7777/callback"],"response_types":["code"],"token_endpoint_auth_method":"client_secret_basic"}"#);
}

#[tokio::test]
async fn what_is_not_offered_here_is_dropped_and_not_refused() {
    let service = Service::start().await;
    let mut metadata = public();
    for (name, value) in [
        ("grant_types", json!(["authorization_code", "implicit", "device_code"])),
        ("response_types", json!(["code", "token"])),
        ("resource", json!("https://elsewhere.example")),
        ("software_statement", json!("a.b.c")),
        ("unheard_of", json!({"deeply": [{"nested": 1}]})),
        ("contacts", json!("not a list")),
        ("client_id", json!("mine")),
        ("client_secret", json!("mine")),
    ] {
        metadata[name] = value;
    }
    let mut kept = registered(&service, &metadata).await;
    assert!(kept["client_id"].take().as_str().unwrap().starts_with("dyn_"));
    kept["client_id_issued_at"].take();
    insta::assert_snapshot!(kept, @r#"{"client_id":null,"client_id_issued_at":null,"client_name":"An app without a name","grant_types":["authorization_code"],"redirect_uris":["http://127.0.0.1:7777/callback"],"response_types":["code"],"token_endpoint_auth_method":"none"}"#);
}

#[tokio::test]
async fn identical_public_registrations_share_a_record_and_secrets_are_never_shared() {
    let service = Service::start().await;
    let first = registered(&service, &public()).await;
    assert_eq!(registered(&service, &public()).await["client_id"], first["client_id"]);
    assert_eq!(service.rows(), "clients 1");
    for other in [
        with("client_name", json!("Other")),
        with("redirect_uris", json!(["http://127.0.0.1:7777/other"])),
        with("grant_types", json!(["authorization_code"])),
    ] {
        assert_ne!(registered(&service, &other).await["client_id"], first["client_id"]);
    }
    let secret = with("token_endpoint_auth_method", json!("client_secret_post"));
    let (one, two) = (registered(&service, &secret).await, registered(&service, &secret).await);
    assert_ne!(one["client_id"], two["client_id"]);
    assert_ne!(one["client_secret"], two["client_secret"]);
}

#[tokio::test]
async fn a_client_that_signed_nobody_in_is_forgotten_after_a_day() {
    let service = Service::start().await;
    let client = registered(&service, &public()).await;
    service.wait(DAY - 1);
    assert!(is_known(&service, &client).await);
    registered(&service, &public()).await;
    service.wait(DAY - 1);
    assert!(is_known(&service, &client).await, "registering again keeps it");
    service.wait(1);
    assert!(!is_known(&service, &client).await);
    let form = service.exchange(client["client_id"].as_str().unwrap(), "cs_ac_x");
    assert!(service.token(&form).await.refusal().starts_with("401 invalid_client: "));
    let again = registered(&service, &public()).await;
    assert_eq!(again["client_id"], client["client_id"]);
    assert!(is_known(&service, &client).await);
}

#[tokio::test]
async fn a_client_is_kept_ninety_days_after_it_last_signed_somebody_in() {
    let service = Service::start().await;
    let client = json!({"client_id": service.client().await});
    for _ in 0..2 {
        service.wait(DAY - 1);
        service.tokens("bob").await;
    }
    service.wait(90 * DAY - 1);
    assert!(is_known(&service, &client).await);
    service.wait(DAY + 1);
    assert!(!is_known(&service, &client).await);
}

#[tokio::test]
async fn a_list_of_redirect_uris_is_needed_and_bounded() {
    let service = Service::start().await;
    let told = refused(&service, &json!({"token_endpoint_auth_method": "none"})).await;
    insta::assert_snapshot!(told, @"400 invalid_redirect_uri: redirect_uris must be a list of 1 to 20 addresses.");
    for uris in [json!([]), json!(REDIRECT), json!([1]), Value::Null, json!(vec![REDIRECT; 21])] {
        assert_eq!(refused(&service, &with("redirect_uris", uris)).await, told);
    }
    registered(&service, &with("redirect_uris", json!(vec![REDIRECT; 20]))).await;
}

#[tokio::test]
async fn the_three_redirects_of_one_known_editor_are_taken_together() {
    let service = Service::start().await;
    let uris = json!([
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "http://localhost:8787/callback",
    ]);
    let kept = registered(&service, &with("redirect_uris", uris.clone())).await;
    assert_eq!(kept["redirect_uris"], uris);
}

#[tokio::test]
async fn a_method_for_which_there_is_nothing_to_register_is_refused() {
    let service = Service::start().await;
    let told =
        refused(&service, &with("token_endpoint_auth_method", json!("private_key_jwt"))).await;
    insta::assert_snapshot!(told, @"400 invalid_client_metadata: token_endpoint_auth_method must be none, client_secret_basic or client_secret_post; for private_key_jwt use a client metadata document.");
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let service = Service::start().await;
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for body in ["", "null", "[]", "\"x\"", "{", "client_name=x", "{\"a\":1}{}", &deep] {
        let request = Request::post("/register").header(header::CONTENT_TYPE, "application/json");
        let answer = service.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        let told = answer.refusal();
        assert!(told.starts_with("400 invalid_client_metadata: "), "{told}");
    }
    let long = with("padding", json!("x".repeat(64 * 1024)));
    assert_eq!(service.register(&long).await.status, 413);
    assert_eq!(service.rows(), "");
}

#[tokio::test]
async fn a_name_is_cut_and_cleaned_before_anyone_is_shown_it() {
    let service = Service::start().await;
    let name = format!("Evil\u{0}\r\n\u{1b}[31m{}", "x".repeat(5000));
    let kept = registered(&service, &with("client_name", json!(name))).await;
    let kept = kept["client_name"].as_str().unwrap();
    assert!(kept.len() <= 200 && !kept.chars().any(char::is_control), "{kept}");
    assert!(kept.starts_with("Evil[31mxxx"));
}
