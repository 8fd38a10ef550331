//! Published documents: at every place where clients look, under one name only, readable by browsers.

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::Value;

use crate::harness::{Answer, Service};

const SERVER: [&str; 4] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/mcp",
];
const RESOURCE: [&str; 2] =
    ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"];

async fn document(service: &Service, path: &str) -> Value {
    let answer = service.get(path).await;
    assert_eq!(answer.status, 200, "{path}");
    assert_eq!(answer.header("content-type"), "application/json", "{path}");
    answer.json()
}

/// A member a line.
fn lines(document: &Value) -> String {
    let members = document.as_object().unwrap().iter();
    members.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("\n")
}

async fn conditional(service: &Service, path: &str, etag: &str) -> Answer {
    let request = Request::get(path).header(header::IF_NONE_MATCH, etag);
    service.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_authorization_servers_metadata_stands_wherever_a_client_looks() {
    let service = Service::start().await;
    let first = document(&service, SERVER[0]).await;
    for path in SERVER {
        assert_eq!(document(&service, path).await, first, "{path}");
    }
    insta::assert_snapshot!(lines(&first), @r#"
    authorization_endpoint "http://localhost:8000/authorize"
    authorization_response_iss_parameter_supported true
    client_id_metadata_document_supported true
    code_challenge_methods_supported ["S256"]
    grant_types_supported ["authorization_code","refresh_token"]
    id_token_signing_alg_values_supported ["ES256"]
    introspection_endpoint "http://localhost:8000/introspect"
    introspection_endpoint_auth_methods_supported ["client_secret_basic"]
    issuer "http://localhost:8000"
    jwks_uri "http://localhost:8000/jwks"
    registration_endpoint "http://localhost:8000/register"
    request_uri_parameter_supported false
    response_modes_supported ["query"]
    response_types_supported ["code"]
    revocation_endpoint "http://localhost:8000/revoke"
    revocation_endpoint_auth_methods_supported ["none","client_secret_basic","client_secret_post","private_key_jwt"]
    scopes_supported ["admin","read","write","offline_access"]
    subject_types_supported ["public"]
    token_endpoint "http://localhost:8000/token"
    token_endpoint_auth_methods_supported ["none","client_secret_basic","client_secret_post","private_key_jwt"]
    token_endpoint_auth_signing_alg_values_supported ["ES256","EdDSA","RS256","PS256"]
    "#);
}

#[tokio::test]
async fn the_resources_metadata_names_its_exact_url_and_our_issuer() {
    let service = Service::start().await;
    let first = document(&service, RESOURCE[0]).await;
    assert_eq!(document(&service, RESOURCE[1]).await, first);
    insta::assert_snapshot!(lines(&first), @r#"
    authorization_servers ["http://localhost:8000"]
    bearer_methods_supported ["header"]
    resource "http://localhost:8000/mcp"
    resource_name "Demo tools"
    scopes_supported ["admin","read","write"]
    "#);
}

#[tokio::test]
async fn the_issuer_is_the_same_bytes_everywhere() {
    let service = Service::start().await;
    let tokens = service.tokens("bob").await;
    let (_, claims) = crate::harness::claims(tokens["access_token"].as_str().unwrap());
    let resource = document(&service, RESOURCE[0]).await;
    let landing = service.sign_in("bob").await;
    let named = [
        &document(&service, SERVER[0]).await["issuer"],
        &resource["authorization_servers"][0],
        &claims["iss"],
        &Value::from(landing["iss"].as_str()),
    ]
    .map(|issuer| issuer.as_str().unwrap().to_owned());
    assert!(named.iter().all(|issuer| issuer == "http://localhost:8000"), "{named:?}");
    assert_eq!(resource["resource"], claims["aud"]);
}

#[tokio::test]
async fn a_request_without_token_is_pointed_to_the_metadata() {
    let service = Service::start().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let request = Request::builder().method(method).uri("/mcp").body(Body::empty()).unwrap();
        let answer = service.send(request).await;
        assert_eq!(answer.status, 401);
        let challenge = answer.header("www-authenticate");
        let pointer =
            "resource_metadata=\"http://localhost:8000/.well-known/oauth-protected-resource/mcp\"";
        assert!(challenge.starts_with("Bearer ") && challenge.contains(pointer), "{challenge}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_404_in_json() {
    let service = Service::start().await;
    for path in [
        "/.well-known/oauth-authorization-server/other",
        "/.well-known/oauth-protected-resource/other",
        "/.well-known/oauth-protected-resource/mcp/deeper",
        "/.well-known/openid-configuration/%2e%2e",
        "/.well-known/security.txt",
        "/.well-known/",
        "/mcp/.well-known/openid-configuration",
        "/nowhere",
        "/static/nowhere.css",
    ] {
        let answer = service.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        assert_eq!(answer.body, r#"{"error":"not_found"}"#, "{path}");
    }
}

#[tokio::test]
async fn documents_are_kept_ten_minutes_and_asked_for_again_by_their_etag() {
    let service = Service::start().await;
    for path in [SERVER[0], RESOURCE[1], "/jwks"] {
        let answer = service.get(path).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=600", "{path}");
        let etag = answer.header("etag");
        assert!(etag.starts_with('"') && etag.len() > 10, "{path} {etag}");
        for known in
            [etag.to_owned(), format!("\"other\", {etag}"), format!("W/{etag}"), "*".into()]
        {
            let again = conditional(&service, path, &known).await;
            assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""), "{path} {known}");
            assert_eq!(again.header("etag"), etag);
        }
        assert_eq!(conditional(&service, path, "\"other\"").await.status, 200);
    }
}

#[tokio::test]
async fn a_browser_from_anywhere_may_read_and_call_but_never_with_credentials() {
    let service = Service::start().await;
    for path in
        [SERVER[0], RESOURCE[0], RESOURCE[1], "/jwks", "/token", "/register", "/revoke", "/mcp"]
    {
        let request = Request::options(path)
            .header(header::ORIGIN, "https://client.example")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,mcp-protocol-version");
        let answer = service.send(request.body(Body::empty()).unwrap()).await;
        assert!(answer.status.is_success(), "{path} {}", answer.status);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let allowed = answer.header("access-control-allow-headers").to_lowercase();
        assert!(allowed.contains("mcp-protocol-version"), "{path}: {allowed}");
        assert!(allowed.contains("authorization"), "{path}: {allowed}, and * never means it");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
    }
}

#[tokio::test]
async fn options_without_a_preflights_question_meets_the_guard() {
    let service = Service::start().await;
    let request = || Request::options("/mcp").header(header::ORIGIN, "http://localhost:6274");
    let plain = service.send(request().body(Body::empty()).unwrap()).await;
    assert_eq!(plain.status, 401);
    assert!(plain.header("www-authenticate").contains("resource_metadata="));
    let bare = Request::options("/mcp").body(Body::empty()).unwrap();
    assert_eq!(service.send(bare).await.status, 401);
}

#[tokio::test]
async fn a_browser_is_shown_the_challenge_and_the_answer() {
    let service = Service::start().await;
    let form = service.exchange("dyn_unknown", "cs_ac_x");
    for (path, origin, status) in [
        ("/token", "https://client.example", 401),
        ("/mcp", "http://localhost:6274", 401),
        ("/mcp", "https://client.example", 403), // a page that nobody admitted
    ] {
        let answer = service.post(path, &form, &[("origin", origin)]).await;
        assert_eq!(answer.status, status, "{path} {origin}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let exposed = answer.header("access-control-expose-headers").to_lowercase();
        assert!(exposed.contains("www-authenticate"), "{path}: {exposed}");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
}

#[tokio::test]
async fn pages_may_not_be_read_by_other_origins() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let request = Request::get(format!("/authorize?{}", ask.encoded()))
        .header(header::ORIGIN, "https://evil.example");
    let answer = service.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn the_key_set_holds_public_members_only() {
    let service = Service::start().await;
    let mut keys = document(&service, "/jwks").await;
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    for fresh in ["kid", "x", "y"] {
        assert_eq!(keys["keys"][0][fresh].take().as_str().unwrap().len(), 43);
    }
    insta::assert_snapshot!(keys, @r#"{"keys":[{"alg":"ES256","crv":"P-256","kid":null,"kty":"EC","use":"sig","x":null,"y":null}]}"#);
}
