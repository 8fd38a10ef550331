//! The code exchange: what is sent, and which answers are refused.

use countersign::{
    protocol::pkce::Verifier,
    upstream::{
        exchange::{CodeExchange, ExchangeFault, Exchanged, TokenAuth, exchange},
        http::FetchFault,
    },
};
use serde_json::{Value, json};
use url::Url;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::method};

use super::{
    fault_server::{FaultServer, Manner},
    fetcher,
};

async fn ask(endpoint: &Url, auth: TokenAuth) -> Result<Exchanged, ExchangeFault> {
    let verifier = Verifier::from_entropy([7; 32]);
    let ask = CodeExchange {
        token_endpoint: endpoint,
        client_id: "our:id",
        client_secret: Some("s%cret word"),
        auth,
        code: "the-code",
        redirect_uri: "https://auth.example/callback/x",
        verifier: &verifier,
    };
    exchange(&fetcher(), ask).await
}

async fn answer_to(reply: ResponseTemplate) -> Result<Exchanged, ExchangeFault> {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(reply).mount(&server).await;
    ask(&server.uri().parse().unwrap(), TokenAuth::Post).await
}

async fn sent(auth: TokenAuth) -> (Request, Vec<(String, String)>) {
    let server = MockServer::start().await;
    let reply = ResponseTemplate::new(200).set_body_json(good());
    Mock::given(method("POST")).respond_with(reply).mount(&server).await;
    ask(&server.uri().parse().unwrap(), auth).await.unwrap();
    let request = server.received_requests().await.unwrap().remove(0);
    let form = url::form_urlencoded::parse(&request.body).into_owned().collect();
    (request, form)
}

fn good() -> Value {
    json!({ "access_token": "at", "token_type": "bEaReR", "id_token": "a.b.c", "expires_in": 3600 })
}

fn refusal(outcome: Result<Exchanged, ExchangeFault>) -> ExchangeFault {
    outcome.err().expect("it is refused")
}

#[tokio::test]
async fn a_good_answer_gives_both_tokens_as_they_came() {
    let reply = ResponseTemplate::new(200).set_body_json(good());
    let exchanged = answer_to(reply).await.ok().unwrap();
    assert_eq!(exchanged.id_token.as_str(), "a.b.c");
    assert_eq!(exchanged.access_token.unwrap().as_str(), "at");
}

#[tokio::test]
async fn code_redirect_uri_and_verifier_are_sent_with_the_secret_in_the_body() {
    let (request, form) = sent(TokenAuth::Post).await;
    let value =
        |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(value("grant_type"), Some("authorization_code"));
    assert_eq!(value("code"), Some("the-code"));
    assert_eq!(value("redirect_uri"), Some("https://auth.example/callback/x"));
    assert_eq!(value("code_verifier"), Some(Verifier::from_entropy([7; 32]).reveal()));
    assert_eq!(value("client_id"), Some("our:id"));
    assert_eq!(value("client_secret"), Some("s%cret word"));
    assert!(!request.headers.contains_key("authorization"));
}

#[tokio::test]
async fn basic_authentication_encodes_both_parts_and_keeps_them_out_of_the_body() {
    let (request, form) = sent(TokenAuth::Basic).await;
    // RFC 6749 §2.3.1: "our%3Aid:s%25cret+word".
    let expected = "Basic b3VyJTNBaWQ6cyUyNWNyZXQrd29yZA==";
    assert_eq!(request.headers.get("authorization").unwrap(), expected);
    assert!(form.iter().all(|(name, _)| !name.starts_with("client_")));
}

#[tokio::test]
async fn a_public_client_sends_no_secret() {
    let (request, form) = sent(TokenAuth::None).await;
    assert!(form.iter().any(|(name, value)| name == "client_id" && value == "our:id"));
    assert!(form.iter().all(|(name, _)| name != "client_secret"));
    assert!(!request.headers.contains_key("authorization"));
}

#[tokio::test]
async fn the_provider_s_refusal_is_told_by_its_code_alone() {
    let said = json!({ "error": "invalid_grant", "error_description": "the-code s%cret word" });
    let fault = refusal(answer_to(ResponseTemplate::new(400).set_body_json(said)).await);
    assert_eq!(fault, ExchangeFault::Refused { code: "invalid_grant".to_owned() });
    assert!(!format!("{fault} {fault:?}").contains("the-code"));
    for code in ["<script>", "", "a b", &"x".repeat(65)] {
        let said = ResponseTemplate::new(401).set_body_json(json!({ "error": code }));
        let fault = refusal(answer_to(said).await);
        assert_eq!(fault, ExchangeFault::Refused { code: "unknown".to_owned() });
    }
}

#[tokio::test]
async fn answers_that_cannot_be_used_are_refused() {
    let without = |name: &str, value: Value| {
        let mut reply = good();
        reply[name] = value;
        ResponseTemplate::new(200).set_body_json(reply)
    };
    for reply in [
        without("id_token", Value::Null),
        without("id_token", json!("")),
        without("id_token", json!(5)),
        without("token_type", json!("mac")),
        without("token_type", Value::Null),
        without("access_token", Value::Null),
        ResponseTemplate::new(200).set_body_raw(good().to_string(), "text/html"),
        ResponseTemplate::new(200).set_body_json(json!({ "error": "invalid_grant" })),
        ResponseTemplate::new(200).set_body_json(json!([])),
        ResponseTemplate::new(200),
        ResponseTemplate::new(400),
        ResponseTemplate::new(400).set_body_string("<html>"),
        ResponseTemplate::new(302).insert_header("location", "http://169.254.169.254/"),
        without("id_token", json!("x".repeat(64 * 1024))),
    ] {
        let fault = refusal(answer_to(reply).await);
        assert!(matches!(fault, ExchangeFault::Malformed(_)), "{fault}");
    }
}

#[tokio::test]
async fn an_outage_is_not_a_refusal() {
    for status in [429, 500, 503] {
        let fault = refusal(answer_to(ResponseTemplate::new(status)).await);
        assert!(matches!(fault, ExchangeFault::Unavailable(_)), "{fault}");
    }
    for (manner, fault) in
        [(Manner::Hang, FetchFault::Timeout), (Manner::Reset, FetchFault::Unreachable)]
    {
        let server = FaultServer::start(manner).await;
        let outcome = refusal(ask(&server.url, TokenAuth::Post).await);
        assert_eq!(outcome, ExchangeFault::Unavailable(fault));
    }
}
