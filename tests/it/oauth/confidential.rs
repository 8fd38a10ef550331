//! Clients with a secret: each proves itself by exactly the method it registered.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::harness::{Answer, Form, REDIRECT, Service, Setup};

/// A client, its secret, and an exchange without either.
pub(crate) struct Confidential {
    pub(crate) service: Service,
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) exchange: Form,
}

impl Confidential {
    pub(crate) async fn registered(method: &str) -> Self {
        let service = Service::start().await;
        let metadata = json!({
            "client_name": "Confidential", "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": method,
        });
        let answer = service.register(&metadata).await.json();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        let (id, secret) = (text("client_id"), text("client_secret"));
        Self::with(service, id, secret).await
    }

    pub(crate) async fn with(service: Service, id: String, secret: String) -> Self {
        let landing = service.walk(&mut service.browser(), &service.ask(&id), "alice").await;
        let exchange = service.exchange(&id, &landing.landing()["code"]).without("client_id");
        Self { service, id, secret, exchange }
    }

    pub(crate) async fn basic(&self, id: &str, secret: &str) -> Answer {
        self.basic_with(&self.exchange, &format!("{id}:{secret}")).await
    }

    pub(crate) async fn basic_with(&self, form: &Form, pair: &str) -> Answer {
        let value = format!("Basic {}", STANDARD.encode(pair));
        self.service.post("/token", form, &[("authorization", &value)]).await
    }

    pub(crate) async fn posted(&self, id: &str, secret: &str) -> Answer {
        let form = self.exchange.clone().and("client_id", id).and("client_secret", secret);
        self.service.token(&form).await
    }
}

pub(crate) fn is_refused(answer: &Answer) {
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert_eq!(answer.header("www-authenticate"), "Basic realm=\"countersign\"");
    assert!(answer.refusal().starts_with("401 invalid_client: "));
}

#[tokio::test]
async fn an_authorization_header_that_is_not_basic_is_refused() {
    let client = Confidential::registered("client_secret_basic").await;
    for value in ["Bearer x", "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Basic /w==", ""] {
        let headers = [("authorization", value)];
        let answer = client.service.post("/token", &client.exchange, &headers).await;
        is_refused(&answer);
    }
}

#[tokio::test]
async fn a_refresh_asks_for_the_secret_again() {
    let client = Confidential::registered("client_secret_post").await;
    let tokens = client.posted(&client.id, &client.secret).await.json();
    let token = tokens["refresh_token"].as_str().unwrap();
    let form = client.service.refresh(&client.id, token);
    is_refused(&client.service.token(&form).await);
    let form = form.and("client_secret", &client.secret);
    assert_eq!(client.service.token(&form).await.status, 200);
}

/// The client of the `OAUTH_CLIENT_*` variables; its secret has what Basic must encode.
pub(crate) async fn from_the_environment() -> Confidential {
    let (id, secret) = ("my+client", "p:ss %41+word&=é");
    let setup = Setup::new().variable("OAUTH_CLIENT_ID", id);
    let setup = setup.variable("OAUTH_CLIENT_SECRET", secret);
    let service = setup.variable("OAUTH_REDIRECT_URI", REDIRECT).start().await;
    Confidential::with(service, id.to_owned(), secret.to_owned()).await
}

#[tokio::test]
async fn the_client_of_the_environment_needs_no_registration_and_is_not_stored() {
    let client = from_the_environment().await;
    is_refused(&client.posted(&client.id, "wrong").await);
    is_refused(&client.service.token(&client.exchange.clone().and("client_id", &client.id)).await);
    assert_eq!(client.posted(&client.id, &client.secret).await.status, 200);
    assert!(!client.service.rows().contains("clients"), "{}", client.service.rows());
}
