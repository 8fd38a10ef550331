use serde_json::json;

use super::*;
use crate::engine::samples::NOW;

fn metadata(value: serde_json::Value) -> UnverifiedMetadata {
    serde_json::from_value(value).unwrap()
}

fn registered(value: serde_json::Value, random: u8) -> Result<Registered, TokenError> {
    register(&metadata(value), [random; 32], &Limits::default(), NOW)
}

#[test]
fn what_we_do_not_offer_is_dropped_and_nothing_is_null() {
    let answer = registered(
        json!({
            "client_name": "VS Code", "redirect_uris": ["http://127.0.0.1/", "https://vscode.dev/redirect"],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code", "token"], "token_endpoint_auth_method": "none",
            "application_type": "native", "scope": "openid everything", "resource": null, "surprise": {"a": 1}
        }),
        1,
    );
    let answer = serde_json::to_string(&answer.unwrap().response()).unwrap();
    insta::assert_snapshot!(answer, @r#"{"client_id":"dyn_IIINg5ET5VWxO7UCwrix7w","client_id_issued_at":1800000000,"client_name":"VS Code","redirect_uris":["http://127.0.0.1/","https://vscode.dev/redirect"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none","application_type":"native"}"#);
}

#[test]
fn the_same_public_client_gets_the_same_id_and_a_confidential_one_never() {
    let public =
        json!({ "redirect_uris": ["http://localhost/cb"], "token_endpoint_auth_method": "none" });
    let confidential = json!({ "redirect_uris": ["http://localhost/cb"] });
    let id =
        |value: &serde_json::Value, random| registered(value.clone(), random).unwrap().client.id;
    assert_eq!(id(&public, 1), id(&public, 2));
    assert_ne!(id(&confidential, 1), id(&confidential, 2));
    let answer = registered(confidential, 1).unwrap();
    assert!(answer.response().client_secret.unwrap().starts_with("cs_cs_"));
    assert_eq!(answer.response().token_endpoint_auth_method, "client_secret_basic");
}

#[test]
fn bad_redirect_uris_are_named() {
    for uris in
        [json!([]), json!(["javascript:alert(1)"]), json!(["https://*.example/cb"]), json!("x")]
    {
        let error = registered(json!({ "redirect_uris": uris }), 1).unwrap_err();
        assert_eq!(error.code, Code::InvalidRedirectUri, "{error}");
    }
}

#[test]
fn a_document_that_offers_none_beside_private_key_jwt_is_public_too() {
    let id = ClientId::new("https://chatgpt.com/oauth/x/client.json");
    let document = metadata(json!({
        "client_id": id.as_str(), "client_name": "ChatGPT",
        "redirect_uris": ["https://chatgpt.com/connector/oauth/x"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"],
        "jwks_uri": "https://chatgpt.com/jwks.json"
    }));
    let client = from_document(&id, &document, &Limits::default(), NOW).unwrap();
    let both = BTreeSet::from([AuthMethod::None, AuthMethod::PrivateKeyJwt]);
    assert_eq!(client.auth_methods, both);
}

#[test]
fn a_document_of_another_url_with_a_secret_or_a_symmetric_method_is_refused() {
    let id = ClientId::new("https://c.example/client.json");
    let good = json!({ "client_id": id.as_str(), "client_name": "C", "redirect_uris": ["https://c.example/cb"] });
    assert!(from_document(&id, &metadata(good.clone()), &Limits::default(), NOW).is_ok());
    for (member, value) in [
        ("client_id", json!("https://c.example/other.json")),
        ("client_secret", json!("s")),
        ("client_name", json!(null)),
        ("token_endpoint_auth_method", json!("client_secret_post")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("redirect_uris", json!([])),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        assert!(from_document(&id, &metadata(bad), &Limits::default(), NOW).is_err(), "{member}");
    }
}

#[test]
fn a_registration_that_would_fill_the_database_is_refused() {
    let uri = |number: usize| format!("https://c.example/{number}/{}", "x".repeat(1000));
    let uris = |count: usize| json!({ "redirect_uris": (0..count).map(uri).collect::<Vec<_>>() });
    assert!(registered(uris(8), 1).is_ok());
    assert_eq!(registered(uris(9), 1).unwrap_err().code, Code::InvalidRedirectUri);
}

#[test]
fn a_document_cannot_have_us_keep_more_than_a_registration_nor_for_longer() {
    let id = ClientId::new("https://c.example/client.json");
    let long = format!("https://c.example/{}", "x".repeat(2048));
    let document = metadata(json!({
        "client_id": id.as_str(), "client_name": "C", "redirect_uris": ["https://c.example/cb"],
        "client_uri": long, "jwks_uri": long,
    }));
    let client = from_document(&id, &document, &Limits::default(), NOW).unwrap();
    assert_eq!((client.uri, client.keys), (None, None));
    assert_eq!(client.expires_at, Some(NOW.plus(Limits::default().client_unused)));
}

#[test]
fn a_uri_with_a_nul_is_refused_before_a_database_has_to() {
    let id = ClientId::new("https://c.example/client.json");
    let good = json!({
        "client_id": id.as_str(), "client_name": "C", "redirect_uris": ["https://c.example/cb"],
        "token_endpoint_auth_method": "none",
    });
    let refused = Some(Code::InvalidClientMetadata);
    for member in ["client_uri", "jwks_uri"] {
        let mut bad = good.clone();
        bad[member] = json!("https://c.example/\0");
        assert_eq!(registered(bad.clone(), 1).err().map(|error| error.code), refused, "{member}");
        let document = from_document(&id, &metadata(bad), &Limits::default(), NOW);
        assert_eq!(document.err().map(|error| error.code), refused, "{member}");
    }
}
