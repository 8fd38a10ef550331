//! What strangers try with metadata documents: to fill us up, to lock others out, to have us ask.

use countersign::{
    jose::{algorithm::Algorithm, sign::SigningKey},
    store::Store as _,
};
use serde_json::{Value, json};

use super::documents::{Documented, both_ways, serve};

const DAY: u64 = 86_400;

impl Documented {
    /// Leaves for the provider, as anybody can, and does not come back.
    async fn leaves(&self) {
        let ask = self.service.ask(&self.id);
        self.service.to_provider(&mut self.service.browser(), &ask, "dev").await;
    }

    /// Asks for invented clients of the same host until no more of them are fetched.
    async fn flood(&self) {
        for number in 0..20 {
            let ask = self.service.ask(&format!("{}/{number}.json", self.host.uri()));
            self.service.get(&format!("/authorize?{}", ask.encoded())).await;
        }
    }

    async fn swept(&self) -> String {
        self.service.store.sweep(self.service.now(), 100).await.unwrap();
        self.service.rows()
    }
}

#[tokio::test]
async fn a_document_nobody_signed_in_with_leaves_the_database_again() {
    let client = Documented::with(json!({})).await;
    client.leaves().await;
    assert_eq!(client.swept().await, "clients 1, sign_ins 1");
    client.service.wait(DAY + 1);
    assert_eq!(client.swept().await, "");
}

#[tokio::test]
async fn a_stranger_who_leaves_for_the_provider_does_not_cut_the_life_of_a_document_in_use() {
    let client = Documented::with(json!({})).await;
    let answer = client.service.token(&client.exchange().await).await;
    let token = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    client.leaves().await;
    client.service.wait(2 * DAY);
    client.swept().await;
    let refreshed = client.service.token(&client.service.refresh(&client.id, &token)).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
}

#[tokio::test]
async fn a_flood_of_invented_clients_does_not_lock_a_known_one_out() {
    let client = Documented::with(json!({})).await;
    client.leaves().await;
    let client = Documented { service: client.service.restart().await, ..client };
    client.flood().await;
    assert_eq!(client.open().await.status, 200, "known from the store");
    let answer = client.service.token(&client.exchange().await).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(client.asked("/client.json").await, 1, "and not asked for again");
    let newcomer = client.service.ask(&format!("{}/new.json", client.host.uri()));
    let page = client.service.get(&format!("/authorize?{}", newcomer.encoded())).await.page();
    assert!(page.starts_with("503 "), "{page}");
}

/// A document that names its keys by URL.
fn keys_elsewhere() -> Value {
    let mut members = both_ways();
    members["jwks"] = Value::Null;
    members["jwks_uri"] = json!("KEYS_URI");
    members
}

#[tokio::test]
async fn an_assertion_that_no_key_could_save_has_nobody_asked_for_keys() {
    let client = Documented::with(keys_elsewhere()).await;
    let exchange = client.exchange().await;
    for (name, value) in [
        ("aud", json!("https://evil.example")),
        ("sub", json!("someone")),
        ("exp", json!(client.service.now().unix() - 61)),
        ("exp", json!(client.service.now().unix() + 3600)),
        ("jti", Value::Null),
    ] {
        let answer = client.present(&exchange, &client.assertion(&[(name, value)])).await;
        assert_eq!(answer.status, 401, "{name}");
    }
    assert_eq!(client.asked("/keys").await, 0);
    let posing = client.assertion(&[("iss", json!("ada@example.com"))]);
    assert_eq!(client.present(&exchange.without("client_id"), &posing).await.status, 401);
    client.service.log.keeps(&["ada@example.com"]);
}

#[tokio::test]
async fn a_client_that_registered_no_assertions_has_nobody_asked_for_keys() {
    let mut members = keys_elsewhere();
    members["token_endpoint_auth_methods_supported"] = json!(["none"]);
    members["token_endpoint_auth_method"] = json!("none");
    let client = Documented::with(members).await;
    let answer = client.present(&client.exchange().await, &client.assertion(&[])).await;
    assert_eq!(answer.status, 401);
    assert_eq!(client.asked("/keys").await, 0);
}

#[tokio::test]
async fn keys_of_strangers_count_like_their_documents() {
    let client = Documented::with(keys_elsewhere()).await;
    let exchange = client.exchange().await;
    client.flood().await;
    let answer = client.present(&exchange, &client.assertion(&[])).await;
    assert!(answer.refusal().starts_with("503 temporarily_unavailable: "), "{}", answer.body);
    assert_eq!(client.asked("/keys").await, 0);
}

#[tokio::test]
async fn a_client_that_rotated_its_key_is_not_taken_for_a_forger() {
    let client = Documented::with(keys_elsewhere()).await;
    let answer = client.present(&client.exchange().await, &client.assertion(&[])).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let exchange = client.exchange().await;
    let key = SigningKey::generate(Algorithm::Es256).unwrap().0;
    let rotated = Documented { key, ..client };
    rotated.host.reset().await;
    serve(&rotated.host, "/keys", &json!({"keys": [rotated.key.public_jwk()]})).await;
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(6)).await;
    tokio::time::resume();
    let answer = rotated.present(&exchange, &rotated.assertion(&[("jti", json!("two"))])).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}
