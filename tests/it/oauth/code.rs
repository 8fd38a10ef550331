//! `POST /token` with an authorization code: what a good exchange gives, and what a code dies of.

use countersign::protocol::id::GrantId;
use serde_json::json;

use crate::harness::{Form, REDIRECT, Service, claims};

/// A service and the exchange of an unredeemed code.
async fn ready() -> (Service, Form) {
    let service = Service::start().await;
    let exchange = fresh(&service).await;
    (service, exchange)
}

async fn fresh(service: &Service) -> Form {
    let code = service.code("alice").await;
    service.exchange(&service.client().await, &code)
}

async fn refused(service: &Service, form: &Form) -> String {
    let answer = service.token(form).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
    answer.refusal()
}

#[tokio::test]
async fn a_good_exchange_gives_tokens_for_this_person_client_server_and_scope() {
    let (service, exchange) = ready().await;
    let answer = service.token(&exchange).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let mut tokens = answer.json();
    let access = tokens["access_token"].take();
    assert!(tokens["refresh_token"].take().as_str().unwrap().starts_with("cs_rt_"));
    insta::assert_snapshot!(tokens, @r#"{"access_token":null,"expires_in":3600,"refresh_token":null,"scope":"admin read write","token_type":"Bearer"}"#);

    let (head, mut body) = claims(access.as_str().unwrap());
    assert_eq!((&head["typ"], &head["alg"]), (&json!("at+jwt"), &json!("ES256")));
    let keys = service.get("/jwks").await.json();
    assert_eq!(head["kid"], keys["keys"][0]["kid"]);
    let now = service.now().unix();
    assert_eq!((body["iat"].take(), body["exp"].take()), (json!(now), json!(now + 3600)));
    assert_eq!(body["auth_time"].take(), json!(now));
    assert_eq!(body["client_id"].take(), json!(exchange.value("client_id").unwrap()));
    for fresh in ["sub", "jti", "grant_id"] {
        assert!(body[fresh].take().as_str().unwrap().len() >= 16, "{fresh}");
    }
    insta::assert_snapshot!(body, @r#"{"aud":"http://localhost:8000/mcp","auth_time":null,"client_id":null,"email":"alice@example.com","exp":null,"grant_id":null,"iat":null,"idp":"dev","iss":"http://localhost:8000","jti":null,"name":"Alice Admin","scope":"admin read write","sub":null}"#);
}

/// So that the store's index of them grows at its end.
#[tokio::test]
async fn grants_have_ids_in_the_order_of_their_making() {
    let service = Service::start().await;
    let mut grants: Vec<GrantId> = Vec::new();
    for _ in 0..8 {
        let tokens = service.token(&fresh(&service).await).await.json();
        let (_, body) = claims(tokens["access_token"].as_str().unwrap());
        grants.push(body["grant_id"].as_str().unwrap().parse().unwrap());
        service.wait(1);
    }
    assert!(grants.is_sorted(), "{grants:?}");
}

#[tokio::test]
async fn the_scopes_are_those_asked_for_that_the_person_has() {
    let service = Service::start().await;
    for (user, asked, got) in [
        ("bob", "", "read"),
        ("bob", "read write admin", "read"),
        ("alice", "read", "read"),
        ("alice", "openid read offline_access", "read"),
        ("alice", "", "admin read write"),
    ] {
        let client = service.client().await;
        let ask = service.ask(&client).with("scope", asked);
        let landing = service.walk(&mut service.browser(), &ask, user).await.landing();
        let tokens = service.token(&service.exchange(&client, &landing["code"])).await.json();
        assert_eq!(tokens["scope"], got, "{user} {asked}");
        assert_eq!(claims(tokens["access_token"].as_str().unwrap()).1["scope"], got);
    }
}

#[tokio::test]
async fn a_client_that_did_not_register_refreshing_gets_no_refresh_token() {
    let service = Service::start().await;
    let metadata = json!({
        "client_name": "Once", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
    });
    let client = service.register(&metadata).await.json();
    let client = client["client_id"].as_str().unwrap();
    let landing = service.walk(&mut service.browser(), &service.ask(client), "bob").await;
    let exchange = service.exchange(client, &landing.landing()["code"]);
    let tokens = service.token(&exchange).await.json();
    let members: Vec<_> = tokens.as_object().unwrap().keys().collect();
    assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
}

#[tokio::test]
async fn the_resource_may_be_left_out_when_it_stood_in_the_request() {
    let (service, exchange) = ready().await;
    assert_eq!(service.token(&exchange.without("resource")).await.status, 200);
}

#[tokio::test]
async fn another_client_cannot_redeem_a_code_and_the_code_dies() {
    let (service, exchange) = ready().await;
    let metadata = json!({
        "client_name": "Thief", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
    });
    let thief = service.register(&metadata).await.json();
    let stolen = exchange.clone().with("client_id", thief["client_id"].as_str().unwrap());
    insta::assert_snapshot!(refused(&service, &stolen).await, @"400 invalid_grant: The code was issued to another client.");
    insta::assert_snapshot!(refused(&service, &exchange).await, @"400 invalid_grant: The code was used before; its tokens are revoked.");
}

#[tokio::test]
async fn a_code_older_than_a_minute_is_refused() {
    let (service, exchange) = ready().await;
    service.wait(60);
    insta::assert_snapshot!(refused(&service, &exchange).await, @"400 invalid_grant: The code has expired; start again.");
    let exchange = fresh(&service).await;
    service.wait(59);
    assert_eq!(service.token(&exchange).await.status, 200);
}

#[tokio::test]
async fn a_person_disabled_between_sign_in_and_exchange_gets_nothing() {
    let (service, exchange) = ready().await;
    service.execute("UPDATE users SET disabled = 1 WHERE name = ?", "Alice Admin");
    insta::assert_snapshot!(refused(&service, &exchange).await, @"400 invalid_grant: The account is disabled here.");
    assert!(!service.rows().contains("grants"));
}
