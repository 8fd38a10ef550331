//! `POST /token`: requests that fail before any code or token is looked up. Nothing is spent by them.

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::json;

use crate::harness::{Form, REDIRECT, Service};

const FORM: &str = "application/x-www-form-urlencoded";

/// A service and a good exchange, which must still be good at the end.
struct Unspent {
    service: Service,
    exchange: Form,
}

impl Unspent {
    async fn code() -> Self {
        let service = Service::start().await;
        let code = service.code("bob").await;
        let exchange = service.exchange(&service.client().await, &code);
        Self { service, exchange }
    }

    async fn refused(&self, form: &Form) -> String {
        self.service.token(form).await.refusal()
    }

    async fn is_still_good(&self) {
        let answer = self.service.token(&self.exchange).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_missing_or_unknown_grant_type_is_refused() {
    let unspent = Unspent::code().await;
    let form = unspent.exchange.clone();
    let told = unspent.refused(&form.clone().without("grant_type")).await;
    insta::assert_snapshot!(told, @"400 invalid_request: grant_type is missing.");
    for grant_type in [
        "password",
        "client_credentials",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "Authorization_Code",
    ] {
        let told = unspent.refused(&form.clone().with("grant_type", grant_type)).await;
        assert!(told.starts_with("400 unsupported_grant_type: "), "{grant_type}: {told}");
    }
    unspent.is_still_good().await;
}

#[tokio::test]
async fn a_missing_code_or_refresh_token_is_refused() {
    let unspent = Unspent::code().await;
    let told = unspent.refused(&unspent.exchange.clone().without("code")).await;
    insta::assert_snapshot!(told, @"400 invalid_request: code is missing.");
    let told = unspent.refused(&unspent.exchange.clone().with("grant_type", "refresh_token")).await;
    insta::assert_snapshot!(told, @"400 invalid_request: refresh_token is missing.");
    unspent.is_still_good().await;
}

#[tokio::test]
async fn an_unknown_or_missing_client_is_told_to_register_again() {
    let unspent = Unspent::code().await;
    let form = unspent.exchange.clone().with("client_id", "dyn_gone");
    let answer = unspent.service.token(&form).await;
    insta::assert_snapshot!(answer.refusal(), @"401 invalid_client: Unknown client, or it did not prove itself by a method it registered. Register again.");
    insta::assert_snapshot!(answer.header("www-authenticate"), @r#"Basic realm="countersign""#);
    let told = unspent.refused(&unspent.exchange.clone().without("client_id")).await;
    insta::assert_snapshot!(told, @"401 invalid_client: client_id is missing.");
    unspent.is_still_good().await;
}

#[tokio::test]
async fn a_body_that_is_not_a_form_is_refused() {
    let unspent = Unspent::code().await;
    let body = unspent.exchange.encoded();
    let json = json!({"grant_type": "authorization_code"}).to_string();
    for (kind, body) in [
        (Some("application/json"), json),
        (Some("text/plain"), body.clone()),
        (Some("multipart/form-data; boundary=x"), body.clone()),
        (None, body.clone()),
    ] {
        let mut request = Request::post("/token").body(Body::from(body)).unwrap();
        if let Some(kind) = kind {
            request.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
        }
        let told = unspent.service.send(request).await.refusal();
        assert!(told.starts_with("400 invalid_request: Send the parameters as"), "{told}");
    }
    let not_text = Request::post("/token").header(header::CONTENT_TYPE, FORM);
    let not_text = not_text.body(Body::from(vec![0xff, 0xfe])).unwrap();
    insta::assert_snapshot!(unspent.service.send(not_text).await.refusal(), @"400 invalid_request: The body is not UTF-8.");
    let charset = [("content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8")];
    let answer = unspent.service.post("/token", &unspent.exchange, &charset).await;
    assert_eq!(answer.status, 200, "the media type is read without case or parameters");
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let unspent = Unspent::code().await;
    for path in ["/token", "/register", "/revoke"] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let uri = format!("{path}?{}", unspent.exchange.encoded());
            let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
            let answer = unspent.service.send(request).await;
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"));
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
    unspent.is_still_good().await;
}

#[tokio::test]
async fn a_body_beyond_sixty_four_kilobytes_is_refused() {
    let unspent = Unspent::code().await;
    let long = unspent.exchange.clone().and("padding", &"x".repeat(64 * 1024));
    for (path, code) in [
        ("/token", "invalid_request"),
        ("/revoke", "invalid_request"),
        ("/register", "invalid_client_metadata"),
    ] {
        let answer = unspent.service.post(path, &long, &[]).await;
        assert_eq!(answer.refusal(), format!("413 {code}: The body is longer than 64 KiB."));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    unspent.is_still_good().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused_and_never_kept() {
    let unspent = Unspent::code().await;
    for path in ["/token", "/revoke", "/register"] {
        let start = futures_util::stream::iter([
            Ok("grant_type=authorization_code"),
            Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)),
        ]);
        let request = Request::post(path).header(header::CONTENT_TYPE, FORM);
        let request = request.body(Body::from_stream(start)).unwrap();
        let answer = unspent.service.send(request).await;
        assert!(answer.refusal().ends_with("The body ended early."), "{}", answer.body);
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (400, "no-store"));
    }
    unspent.is_still_good().await;
}

#[tokio::test]
async fn a_deleted_client_gets_401_invalid_client_so_that_it_registers_anew() {
    let unspent = Unspent::code().await;
    let (client, token) = unspent.service.lineage("bob").await;
    let id = countersign::protocol::id::ClientId::new(client.as_str());
    let removed = unspent.service.store().remove_client(&id, unspent.service.now()).await;
    assert!(removed.unwrap());
    for form in [unspent.exchange.clone(), unspent.service.refresh(&client, &token)] {
        assert!(unspent.refused(&form).await.starts_with("401 invalid_client: "));
    }
    // Registering the same again brings the client back, not what it was granted.
    let metadata = json!({
        "client_name": "A test", "redirect_uris": [REDIRECT],
        "token_endpoint_auth_method": "none",
    });
    assert_eq!(unspent.service.register(&metadata).await.json()["client_id"], client.as_str());
    for form in [unspent.exchange.clone(), unspent.service.refresh(&client, &token)] {
        assert!(unspent.refused(&form).await.starts_with("400 invalid_grant: "));
    }
}
