//! Group I, its first half: who the client is.

use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign::{
    engine::client_auth::{AuthenticatedClient, Proof},
    protocol::id::ClientId,
    store::Store as _,
};
use serde_json::{Value, json};

use super::{before::Before, shared::thief};
use crate::{
    harness::{Answer, Service},
    oauth::{
        confidential::{Confidential, from_the_environment, is_refused},
        documents::{Documented, JWT_BEARER, both_ways},
    },
};

/// Everything of an answer that could tell two reasons apart.
fn told(answer: &Answer) -> (u16, String, String, String) {
    is_refused(answer);
    let header = |name: &str| answer.header(name).to_owned();
    (
        answer.status.as_u16(),
        answer.body.clone(),
        header("www-authenticate"),
        header("content-length"),
    )
}

#[tokio::test]
async fn i01_a_secret_wrong_anywhere_and_an_unknown_client_are_told_the_same() {
    let client = Confidential::registered("client_secret_basic").await;
    let (id, secret) = (&client.id, &client.secret);
    let before = Before::of(&client.service);
    let expected = told(&client.basic("dyn_unknown", secret).await);
    let (first, last) = (&secret[1..], &secret[..secret.len() - 1]);
    for wrong in
        [format!("d{first}"), format!("{last}~"), last.to_owned(), "x".into(), String::new()]
    {
        assert_eq!(told(&client.basic(id, &wrong).await), expected, "{wrong}");
        assert_eq!(told(&client.basic("dyn_unknown", &wrong).await), expected, "{wrong}");
    }
    before.stands(&client.service, &[secret, client.exchange.value("code").unwrap()]);
    assert_eq!(client.basic(id, secret).await.status, 200);
}

/// A secret so long that its digest is nearly all of the work: an unknown client is given it too.
#[tokio::test]
async fn i01_an_unknown_client_costs_the_same_digest_and_comparison() {
    let client = Confidential::registered("client_secret_post").await;
    let (id, now) = (ClientId::new(client.id.as_str()), client.service.now());
    let known = client.service.store.client(&id, now).await.unwrap();
    let proof = Proof::Post("x".repeat(1 << 20).into());
    let fastest = |client: &Option<_>| {
        let judged = (0..7).map(|_| {
            let (client, start) = (client.clone(), Instant::now());
            assert!(AuthenticatedClient::by_secret(client, &proof).is_err());
            start.elapsed()
        });
        judged.min().unwrap_or(Duration::ZERO)
    };
    let (of_known, of_unknown) = (fastest(&known), fastest(&None));
    assert!(known.is_some() && of_unknown * 4 > of_known, "{of_unknown:?} and {of_known:?}");
}

#[tokio::test]
async fn i03_two_methods_at_once_and_basic_that_is_not_encoded_are_refused() {
    let client = from_the_environment().await;
    let (id, secret, form) = (&client.id, &client.secret, &client.exchange);
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let (safe_id, safe_secret): (String, String) = (encode(id), encode(secret));
    let pair = format!("{safe_id}:{safe_secret}");
    let basic = format!("Basic {}", STANDARD.encode(&pair));
    let before = Before::of(&client.service);
    let one = "400 invalid_request: Authenticate the client by one method only.";
    let posted = form.clone().and("client_id", id).and("client_secret", secret);
    let signed = form.clone().and("client_assertion_type", JWT_BEARER);
    let signed = signed.and("client_assertion", "a.b.c");
    let (post_and_signed, other) = (
        signed.clone().and("client_id", id).and("client_secret", secret),
        form.clone().and("client_id", "dyn_other"),
    );
    for (form, expected) in [
        (&posted, one),
        (&signed, one),
        (&post_and_signed, one),
        (&other, "400 invalid_request: client_id differs from HTTP Basic."),
    ] {
        assert_eq!(client.basic_with(form, &pair).await.refusal(), expected);
    }
    assert_eq!(client.service.token(&post_and_signed).await.refusal(), one, "without Basic");
    let mut twice = http::Request::post("/token").header("content-type", FORM);
    for _ in 0..2 {
        twice = twice.header("authorization", &basic);
    }
    let twice = client.service.send(twice.body(form.encoded().into()).unwrap()).await;
    assert_eq!(twice.refusal(), "400 invalid_request: Authorization is given more than once.");
    // `:` and `%` as they are: RFC 6749 §2.3.1 has both halves encoded.
    for (id, secret) in [(id, secret), (&safe_id, secret), (id, &safe_secret), (&pair, secret)] {
        is_refused(&client.basic(id, secret).await);
    }
    before.stands(&client.service, &[secret, &safe_secret, &basic]);
    let named = form.clone().and("client_id", id);
    assert_eq!(client.basic_with(&named, &pair).await.status, 200, "naming itself is no method");
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Presents a client in every way but the one it registered.
async fn every_other_way(client: &Confidential, registered: &str, forged: &str) {
    let (id, secret, form) = (&client.id, &client.secret, &client.exchange);
    let named = form.clone().and("client_id", id);
    let before = Before::of(&client.service);
    if registered != "none" {
        is_refused(&client.service.token(&named).await);
    }
    if registered != "client_secret_basic" {
        is_refused(&client.basic(id, secret).await);
    }
    if registered != "client_secret_post" {
        is_refused(&client.posted(id, secret).await);
    }
    is_refused(&client.basic(id, "").await);
    assert!(!client.service.database_holds(secret));
    let signed = named.clone().and("client_assertion_type", JWT_BEARER);
    is_refused(&client.service.token(&signed.and("client_assertion", forged)).await);
    before.stands(&client.service, &[secret, form.value("code").unwrap()]);
}

#[tokio::test]
async fn i04_each_client_proves_itself_by_the_one_method_it_registered() {
    let documented = Documented::with(both_ways()).await;
    for method in ["client_secret_basic", "client_secret_post"] {
        let client = Confidential::registered(method).await;
        let forged = documented.assertion(&[("iss", json!(client.id)), ("sub", json!(client.id))]);
        every_other_way(&client, method, &forged).await;
        let good = if method == "client_secret_basic" {
            client.basic(&client.id, &client.secret).await
        } else {
            client.posted(&client.id, &client.secret).await
        };
        assert_eq!(good.status, 200, "{method}: {}", good.body);
    }
    let service = Service::start().await;
    let id = thief(&service).await;
    let client = Confidential::with(service, id.clone(), "a secret it never had".to_owned()).await;
    let forged = documented.assertion(&[("iss", json!(id)), ("sub", json!(id))]);
    every_other_way(&client, "none", &forged).await;
    let good = client.service.token(&client.exchange.clone().and("client_id", &id)).await;
    assert_eq!(good.status, 200, "{}", good.body);
    // A client that must sign, without a signature or with a secret.
    let mut members = both_ways();
    members["token_endpoint_auth_methods_supported"] = Value::Null;
    let signs = Documented::with(members).await;
    let exchange = signs.exchange().await;
    let before = Before::of(&signs.service);
    is_refused(&signs.service.token(&exchange).await);
    is_refused(&signs.service.token(&exchange.clone().and("client_secret", "guess")).await);
    before.stands(&signs.service, &[exchange.value("code").unwrap()]);
    assert_eq!(signs.present(&exchange, &signs.assertion(&[])).await.status, 200);
}

#[tokio::test]
async fn i06_an_assertion_for_any_other_audience_than_our_issuer_alone_is_refused() {
    let client = Documented::with(both_ways()).await;
    let exchange = client.exchange().await;
    let ours = client.service.issuer.clone();
    let before = Before::of(&client.service);
    let assertions = [
        json!("https://evil.example"),
        json!("https://evil.example/token"),
        json!(format!("{ours}/token")), // where a client of another server would be told to aim
        json!(format!("{ours}/")),
        json!(format!("{ours}/mcp")),
        json!(ours.to_uppercase()),
        json!(format!(" {ours}")),
        json!([ours]),
        json!([ours, "https://evil.example"]),
        json!(["https://evil.example", ours]),
        json!([[ours]]),
        json!({"0": ours}),
        json!([]),
        json!(""),
        json!(1),
        Value::Null,
    ]
    .map(|aud| client.assertion(&[("aud", aud)]));
    for assertion in &assertions {
        is_refused(&client.present(&exchange, assertion).await);
        is_refused(&client.present(&exchange.clone().without("client_id"), assertion).await);
    }
    let mut secrets: Vec<&str> = assertions.iter().map(String::as_str).collect();
    secrets.push(exchange.value("code").unwrap());
    before.stands(&client.service, &secrets);
    let good = client.present(&exchange, &client.assertion(&[])).await;
    assert_eq!(
        good.status, 200,
        "the same `jti`, which nothing refused has used up: {}",
        good.body
    );
}
