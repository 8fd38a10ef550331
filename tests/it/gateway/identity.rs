//! How the server behind learns who calls.

use countersign::gateway::Identity;
use http::Method;
use serde_json::json;

use super::{Setup, Unlike, assertions, ping};
use crate::guard::{ISSUER, key_set};

#[tokio::test]
async fn headers_name_person_scopes_and_client_and_whatever_the_client_sent_is_gone() {
    let setup = Setup::new().await;
    let forged = [
        ("x-countersign-user", "root"),
        ("X-COUNTERSIGN-SCOPES", "admin"),
        ("x_countersign_email", "root@example.com"),
        ("x-countersign_tenant", "all"),
    ];
    let token = setup.world.token(&json!({"scope": "admin", "name": "Åsa 100%"}));
    let mut request = setup.request(Method::POST, &forged, &ping().to_string());
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    setup.send(request).await;
    let (head, _) = setup.upstream.last();
    let mut told: Vec<_> =
        head.headers.iter().filter(|(name, _)| name.as_str().contains("countersign")).collect();
    told.sort_by_key(|(name, _)| name.as_str());
    insta::assert_snapshot!(told.iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect::<Vec<_>>().join("\n"), @r"
    x-countersign-client: dyn_client
    x-countersign-email: alice@example.com
    x-countersign-name: %C3%85sa 100%25
    x-countersign-scopes: admin read
    x-countersign-user: usr_alice
    ");
}

#[tokio::test]
async fn a_person_without_a_name_has_no_header_of_one() {
    let setup = Setup::new().await;
    let token = setup.world.token(&json!({"name": null, "email": null}));
    let mut request = setup.request(Method::POST, &[], &ping().to_string());
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    setup.send(request).await;
    let (head, _) = setup.upstream.last();
    assert!(!head.headers.contains_key("x-countersign-name"));
    assert!(!head.headers.contains_key("x-countersign-email"));
}

#[tokio::test]
async fn an_assertion_is_for_the_server_behind_alone_and_no_access_token() {
    let setup = Setup::unlike(Unlike { identity: Some(assertions), ..Unlike::default() }).await;
    setup.post(&ping()).await;
    let (head, _) = setup.upstream.last();
    assert!(!head.headers.contains_key("x-countersign-user"));
    let said = head.headers["authorization"].to_str().unwrap();
    let token = said.strip_prefix("Bearer ").unwrap();
    let claims = claims(token);
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!(claims["aud"], setup.upstream.url.as_str());
    assert_eq!(claims["sub"], "usr_alice");
    assert_eq!(claims["scope"], "read");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
    let policy = countersign::jose::jws::VerifyPolicy {
        algorithms: &[countersign::jose::algorithm::Algorithm::Es256],
        types: &[Some("JWT")],
        allow_missing_kid: false,
    };
    let jws = countersign::jose::jws::Jws::parse(token, 8192).unwrap();
    assert!(jws.verify(&key_set(&[&setup.world.key]), &policy).is_ok());
    assert_eq!(setup.world.refusal(token).await, "type");
}

#[tokio::test]
async fn nothing_is_said_where_the_file_says_nothing() {
    let nothing: fn(&crate::guard::World, &super::Upstream) -> Identity = |_, _| Identity::Nothing;
    let setup = Setup::unlike(Unlike { identity: Some(nothing), ..Unlike::default() }).await;
    setup
        .send(setup.request(Method::POST, &[("x-countersign-user", "root")], &ping().to_string()))
        .await;
    let (head, _) = setup.upstream.last();
    assert!(!head.headers.contains_key("authorization"));
    assert!(!head.headers.contains_key("x-countersign-user"));
}

fn claims(token: &str) -> serde_json::Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
