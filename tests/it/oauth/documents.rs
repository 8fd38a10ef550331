//! Clients whose id is the URL of their own metadata document, with and without keys.

use std::time::Duration;

use countersign::jose::{algorithm::Algorithm, sign::SigningKey};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::harness::{Answer, Form, REDIRECT, Service};

pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client's web host, and the service that reads from it.
pub(crate) struct Documented {
    pub(crate) service: Service,
    pub(crate) host: MockServer,
    pub(crate) id: String,
    pub(crate) key: SigningKey,
}

impl Documented {
    /// The document has these members beside the usual ones; `KEYS` stands for the client's key set.
    pub(crate) async fn with(members: Value) -> Self {
        Self::at(Service::start().await, members).await
    }

    pub(crate) async fn at(service: Service, members: Value) -> Self {
        let host = MockServer::start().await;
        let key = SigningKey::generate(Algorithm::Es256).unwrap().0;
        let keys = json!({"keys": [key.public_jwk()]});
        serve(&host, "/keys", &keys).await;
        let id = format!("{}/client.json", host.uri());
        let mut document = json!({
            "client_id": id, "client_name": "Documented", "redirect_uris": [REDIRECT],
            "grant_types": ["authorization_code", "refresh_token"],
        });
        for (name, value) in members.as_object().unwrap() {
            document[name] = match value.as_str() {
                Some("KEYS") => keys.clone(),
                Some("KEYS_URI") => json!(format!("{}/keys", host.uri())),
                _ => value.clone(),
            };
        }
        serve(&host, "/client.json", &document).await;
        Self { service, host, id, key }
    }

    pub(crate) async fn open(&self) -> Answer {
        let ask = self.service.ask(&self.id);
        self.service.get(&format!("/authorize?{}", ask.encoded())).await
    }

    /// An exchange of a fresh code, without any proof of the client.
    pub(crate) async fn exchange(&self) -> Form {
        let ask = self.service.ask(&self.id);
        let landing = self.service.walk(&mut self.service.browser(), &ask, "alice").await;
        self.service.exchange(&self.id, &landing.landing()["code"])
    }

    /// An assertion of this client with these claims changed.
    pub(crate) fn assertion(&self, changes: &[(&str, Value)]) -> String {
        let now = self.service.now().unix();
        let mut claims = json!({
            "iss": self.id, "sub": self.id, "aud": self.service.issuer, "jti": "one",
            "iat": now, "exp": now + 60,
        });
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        self.key.sign(Some("JWT"), &claims).unwrap()
    }

    pub(crate) async fn present(&self, exchange: &Form, assertion: &str) -> Answer {
        let form = exchange.clone().with("client_assertion_type", JWT_BEARER);
        self.service.token(&form.with("client_assertion", assertion)).await
    }

    pub(crate) async fn asked(&self, wanted: &str) -> usize {
        let asked = self.host.received_requests().await.unwrap();
        asked.iter().filter(|request| request.url.path() == wanted).count()
    }
}

pub(crate) async fn serve(host: &MockServer, at: &str, document: &Value) {
    let answer = ResponseTemplate::new(200).set_body_json(document);
    Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(host).await;
}

pub(crate) fn both_ways() -> Value {
    json!({
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"],
        "token_endpoint_auth_method": "private_key_jwt", "jwks": "KEYS",
    })
}

#[tokio::test]
async fn a_document_client_is_shown_with_the_host_that_vouches_for_it_and_works() {
    let client = Documented::with(json!({"token_endpoint_auth_method": "none"})).await;
    let page = client.open().await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Documented") && page.body.contains("127.0.0.1"));
    assert_eq!(client.service.rows(), "", "looking stores nothing");
    let answer = client.service.token(&client.exchange().await).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    let refreshed = client.service.token(&client.service.refresh(&client.id, &token)).await;
    assert_eq!(refreshed.status, 200);
    assert_eq!(client.asked("/client.json").await, 1, "one fetch for all of it");
}

#[tokio::test]
async fn a_document_that_vanished_meanwhile_still_counts_at_the_token_endpoint() {
    let client = Documented::with(json!({})).await;
    let exchange = client.exchange().await;
    client.host.reset().await;
    let service = client.service.restart().await;
    assert_eq!(service.token(&exchange).await.status, 200);
}

#[tokio::test]
async fn a_client_that_offers_both_methods_may_use_either() {
    let client = Documented::with(both_ways()).await;
    let answer = client.service.token(&client.exchange().await).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = client.present(&client.exchange().await, &client.assertion(&[])).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn keys_behind_a_jwks_uri_are_fetched_for_an_assertion_and_not_before() {
    let mut members = both_ways();
    members["jwks"] = Value::Null;
    members["jwks_uri"] = json!("KEYS_URI");
    let client = Documented::with(members).await;
    let exchange = client.exchange().await;
    assert_eq!(client.asked("/keys").await, 0);
    let answer = client.present(&exchange.without("client_id"), &client.assertion(&[])).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(client.asked("/keys").await, 1);
}

#[tokio::test]
async fn an_assertion_counts_once() {
    let client = Documented::with(both_ways()).await;
    let assertion = client.assertion(&[]);
    assert_eq!(client.present(&client.exchange().await, &assertion).await.status, 200);
    let exchange = client.exchange().await;
    let replayed = client.present(&exchange, &assertion).await;
    insta::assert_snapshot!(replayed.refusal(), @"401 invalid_client: Unknown client, or it did not prove itself by a method it registered. Register again.");
    let client = Documented { service: client.service.restart().await, ..client };
    assert_eq!(client.present(&exchange, &assertion).await.status, 401, "after a restart as well");
    let next = client.assertion(&[("jti", json!("two"))]);
    assert_eq!(client.present(&exchange, &next).await.status, 200, "the code is not spent");
    client.service.log.keeps(&[&assertion, &next]);
}

#[tokio::test]
async fn an_assertion_that_is_not_now_or_not_the_clients_is_refused() {
    let client = Documented::with(both_ways()).await;
    let exchange = client.exchange().await;
    let now = client.service.now().unix();
    let wrong = [
        ("exp", json!(now - 61)),
        ("exp", json!(now + 3600)),
        ("exp", Value::Null),
        ("nbf", json!(now + 120)),
        ("iat", json!(now + 120)),
        ("sub", json!("someone")),
        ("iss", json!("http://127.0.0.1:1/other.json")),
        ("jti", Value::Null),
        ("jti", json!("x".repeat(256))),
    ];
    for (name, value) in wrong {
        let answer = client.present(&exchange, &client.assertion(&[(name, value.clone())])).await;
        let told = answer.refusal();
        assert!(
            told.starts_with("401 invalid_client: Unknown client, or"),
            "{name} {value} {told}"
        );
    }
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap().0;
    let forged = Documented { key: stranger, ..client };
    assert_eq!(forged.present(&exchange, &forged.assertion(&[])).await.status, 401);
    for broken in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        let told = forged.present(&exchange, broken).await.status;
        assert!(told == 401 || told == 400, "{broken} {told}");
    }
}

#[tokio::test]
async fn an_assertion_without_its_type_or_of_another_type_is_refused() {
    let client = Documented::with(both_ways()).await;
    let exchange = client.exchange().await;
    let form = exchange.clone().with("client_assertion", &client.assertion(&[]));
    insta::assert_snapshot!(client.service.token(&form).await.refusal(), @"400 invalid_request: client_assertion goes with client_assertion_type urn:ietf:params:oauth:client-assertion-type:jwt-bearer.");
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    let form = form.with("client_assertion_type", saml);
    assert_eq!(client.service.token(&form).await.status, 400);
    let form = exchange.with("client_assertion_type", JWT_BEARER);
    assert_eq!(client.service.token(&form).await.status, 400);
}

#[tokio::test]
async fn a_document_that_is_no_good_ends_on_a_page() {
    for members in [
        json!({"client_id": "http://127.0.0.1:1/client.json"}),
        json!({"client_name": null}),
        json!({"redirect_uris": []}),
        json!({"redirect_uris": ["javascript:alert(1)"]}),
        json!({"client_secret": "hush"}),
        json!({"jwks": {"keys": []}, "token_endpoint_auth_method": "private_key_jwt", "redirect_uris": null}),
        json!({"token_endpoint_auth_method": "client_secret_post"}),
        json!({"token_endpoint_auth_method": "private_key_jwt"}),
    ] {
        // A service each: hosts are used again, and a failure would be remembered.
        let client = Documented::with(members.clone()).await;
        let page = client.open().await.page();
        assert_eq!(page, "400 This sign-in request cannot be used", "{members}");
        assert_eq!(client.asked("/client.json").await, 1, "{members}");
        assert_eq!(client.service.rows(), "");
    }
}

#[tokio::test]
async fn a_document_that_cannot_be_had_ends_on_a_page() {
    let client = Documented::with(json!({})).await;
    client.host.reset().await;
    assert!(client.open().await.page().starts_with("400 "), "404");
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    Mock::given(path("/slow.json")).respond_with(slow).mount(&client.host).await;
    let moved = ResponseTemplate::new(302).insert_header("location", "/client.json");
    Mock::given(path("/moved.json")).respond_with(moved).mount(&client.host).await;
    let ask = |id: &str| format!("/authorize?{}", client.service.ask(id).encoded());
    for (name, status) in [("moved", "400"), ("slow", "503")] {
        let id = format!("{}/{name}.json", client.host.uri());
        assert!(client.service.get(&ask(&id)).await.page().starts_with(status), "{name}");
    }
    assert_eq!(client.asked("/client.json").await, 1, "a redirect is not followed");
    for id in ["https://10.0.0.1/c", "https://169.254.169.254/c", "http://example.com/c"] {
        assert!(client.service.get(&ask(id)).await.page().starts_with("400 "), "{id}");
    }
}

#[tokio::test]
async fn members_that_are_null_count_as_absent() {
    let nulls = json!({"client_secret": null, "jwks": null, "jwks_uri": null, "scope": null});
    let client = Documented::with(nulls).await;
    assert_eq!(client.open().await.status, 200);
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_in_the_document_ends_on_a_page() {
    let client = Documented::with(json!({})).await;
    let ask = client.service.ask(&client.id).with("redirect_uri", "https://evil.example/cb");
    let page = client.service.get(&format!("/authorize?{}", ask.encoded())).await.page();
    assert_eq!(page, "400 This sign-in request cannot be used");
}

#[tokio::test]
async fn a_document_client_that_never_signed_anyone_in_is_unknown_at_the_token_endpoint() {
    let client = Documented::with(json!({})).await;
    client.open().await;
    let exchange = client.service.exchange(&client.id, "cs_ac_x");
    assert!(client.service.token(&exchange).await.refusal().starts_with("401 invalid_client: "));
}
