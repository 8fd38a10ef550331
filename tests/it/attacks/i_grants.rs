//! Group I, its second half: grants and bindings that are not offered.

use http::Method;
use serde_json::{Value, json};

use super::{before::Before, shared::exchange};
use crate::harness::{Form, REDIRECT, Service, claims};

/// The grant is refused by name, changes nothing, and its words stand in no published document.
async fn is_not_offered(service: &Service, form: &Form, words: &[&str]) {
    let before = Before::of(service);
    let answer = service.token(form).await;
    let told =
        "400 unsupported_grant_type: Supported grant types: authorization_code, refresh_token.";
    assert_eq!(answer.refusal(), told, "{}", form.encoded());
    let names = ["subject_token", "actor_token", "assertion", "password", "device_code", "code"];
    let secrets: Vec<&str> = names.iter().filter_map(|name| form.value(name)).collect();
    before.stands(service, &secrets);
    nowhere_advertised(service, words).await;
}

async fn nowhere_advertised(service: &Service, words: &[&str]) {
    for document in
        ["oauth-authorization-server", "openid-configuration", "oauth-protected-resource"]
    {
        let text = service.get(&format!("/.well-known/{document}")).await.body.to_lowercase();
        assert!(text.contains("http://localhost:8000"), "{text}");
        for word in words {
            assert!(!text.contains(word), "{document} says {word}");
        }
    }
}

#[tokio::test]
async fn i07_a_token_is_exchanged_for_no_other() {
    let service = Service::start().await;
    let client = service.client().await;
    let tokens = service.tokens("alice").await;
    let kind = |name: &str| format!("urn:ietf:params:oauth:token-type:{name}");
    for (token, name) in [
        (tokens["access_token"].as_str().unwrap(), "access_token"),
        (tokens["access_token"].as_str().unwrap(), "id_token"),
        (tokens["access_token"].as_str().unwrap(), "jwt"),
        (tokens["refresh_token"].as_str().unwrap(), "refresh_token"),
        ("eyJhbGciOiJub25lIn0.e30.", "id_token"),
    ] {
        let form = Form::of(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("client_id", &client),
            ("subject_token", token),
            ("subject_token_type", &kind(name)),
            ("requested_token_type", &kind("refresh_token")),
            ("audience", "https://evil.example"),
            ("connector_id", "dev"),
            ("resource", &service.resource),
            ("scope", "admin"),
        ]);
        is_not_offered(&service, &form, &["token-exchange", "token_exchange"]).await;
        let assertion = form.and("assertion", token);
        for bearer in ["jwt-bearer", "saml2-bearer"] {
            let grant = format!("urn:ietf:params:oauth:grant-type:{bearer}");
            is_not_offered(&service, &assertion.clone().with("grant_type", &grant), &[bearer])
                .await;
        }
    }
}

#[tokio::test]
async fn i09_neither_a_password_nor_the_implicit_flow_gives_a_token() {
    let service = Service::start().await;
    let form = exchange(&service).await.and("username", "alice").and("password", "hunter2");
    for grant in [
        "password",
        "implicit",
        "client_credentials",
        "none",
        "Authorization_Code",
        "refresh_token ",
    ] {
        let form = form.clone().with("grant_type", grant);
        is_not_offered(&service, &form, &["password", "implicit", "client_credentials"]).await;
    }
    let ask = service.ask(&service.client().await);
    let before = Before::of(&service);
    for kind in
        ["token", "id_token", "id_token token", "code token", "code id_token", "none", "Code"]
    {
        let ask = ask.clone().with("response_type", kind);
        let answer = service.get(&format!("/authorize?{}", ask.encoded())).await;
        assert!(!answer.location().unwrap().contains('#'), "nothing in a fragment");
        let landing = answer.landing();
        assert_eq!(landing["error"], "unsupported_response_type", "{kind}");
        assert!(!landing.contains_key("code") && !landing.contains_key("access_token"));
    }
    before.stands(&service, &["hunter2"]);
    let metadata = service.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["grant_types_supported"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(metadata["response_types_supported"], json!(["code"]));
    assert_eq!(metadata["response_modes_supported"], json!(["query"]));
    assert_eq!(service.token(&form).await.status, 200);
}

#[tokio::test]
async fn i10_no_device_and_no_back_channel_signs_anybody_in() {
    let service = Service::start().await;
    let client = service.client().await;
    for (grant, name) in [
        ("urn:ietf:params:oauth:grant-type:device_code", "device_code"),
        ("urn:openid:params:grant-type:ciba", "auth_req_id"),
    ] {
        for guess in ["WDJB-MJHT", "0000-0000"] {
            let form = Form::of(&[("grant_type", grant), ("client_id", &client), (name, guess)]);
            is_not_offered(&service, &form, &["device", "ciba", "backchannel"]).await;
        }
    }
    let before = Before::of(&service);
    let form = Form::of(&[("client_id", &client), ("user_code", "WDJB-MJHT"), ("scope", "admin")]);
    for path in ["/device", "/device_authorization", "/device/code", "/bc-authorize", "/par"] {
        assert_eq!(service.post(path, &form, &[]).await.status, 404, "{path}");
        assert_eq!(service.get(&format!("{path}?{}", form.encoded())).await.status, 404, "{path}");
    }
    before.stands(&service, &[]);
}

#[tokio::test]
async fn i12_dpop_is_not_offered_and_never_half_believed() {
    let service = Service::start().await;
    let words = ["dpop", "cnf", "mtls", "tls_client_certificate"];
    nowhere_advertised(&service, &words).await;
    let metadata = json!({
        "client_name": "Bound", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
        "dpop_bound_access_tokens": true,
    });
    let kept = service.register(&metadata).await;
    assert!(!kept.body.contains("dpop"), "no promise is made: {}", kept.body);
    let none = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6Im5vbmUifQ.e30.";
    let mut tokens = Value::Null;
    for proof in [none, none, "a.b.c", ""] {
        let form = exchange(&service).await;
        let answer = service.post("/token", &form, &[("dpop", proof)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("dpop-nonce"), "");
        tokens = answer.json();
        // A client that wanted a bound token reads that it is none (RFC 9449 §5).
        assert_eq!(tokens["token_type"], "Bearer");
        assert_eq!(claims(tokens["access_token"].as_str().unwrap()).1.get("cnf"), None);
    }
    let access = tokens["access_token"].as_str().unwrap();
    let before = Before::of(&service);
    for scheme in ["DPoP", "dpop", "MAC", "Basic"] {
        let mut request = http::Request::builder().method(Method::POST).uri("/mcp");
        request = request.header("authorization", format!("{scheme} {access}"));
        let answer = service.send(request.header("dpop", none).body("".into()).unwrap()).await;
        assert_eq!(answer.status, 401, "{scheme}");
        assert!(answer.header("www-authenticate").starts_with("Bearer "), "{scheme}");
        assert!(!answer.header("www-authenticate").to_lowercase().contains("dpop"));
    }
    before.stands(&service, &[access, tokens["refresh_token"].as_str().unwrap(), none]);
}
