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

#[test]
fn twenty_redirect_uris_of_8192_bytes_are_the_most() {
    let uri = |length: usize| format!("https://c.example/{}", "x".repeat(length - 18));
    let with = |uris: Vec<String>| registered(json!({ "redirect_uris": uris }), 1).is_ok();
    assert!(with(vec![uri(100); 20]) && !with(vec![uri(100); 21]));
    assert!(
        with(vec![uri(2048); 4])
            && !with([vec![uri(2048); 3], vec![uri(1024), uri(1025)]].concat())
    );
}

#[test]
fn a_name_is_200_characters_at_most_and_moves_no_line_of_a_page() {
    let name = |name: &str| {
        let with = json!({ "redirect_uris": ["http://localhost/cb"], "client_name": name });
        registered(with, 1).unwrap().client.name
    };
    assert_eq!(name(" An\u{1b}[2J\nApp "), "An[2JApp");
    assert_eq!(name(&"n".repeat(201)), "n".repeat(200));
    assert_eq!(name(" \u{7} "), "An app without a name");
}

#[test]
fn a_client_has_the_one_method_it_asked_for_and_private_key_jwt_only_by_a_document() {
    let asked = |method: serde_json::Value| {
        let uris = ["http://localhost/cb"];
        let with = json!({ "redirect_uris": uris, "token_endpoint_auth_method": method });
        registered(with, 1).map(|it| {
            let answer = it.response();
            (
                it.client.auth_methods,
                answer.token_endpoint_auth_method,
                answer.client_secret.is_some(),
            )
        })
    };
    for (method, name, secret) in [
        (AuthMethod::None, "none", false),
        (AuthMethod::ClientSecretPost, "client_secret_post", true),
        (AuthMethod::ClientSecretBasic, "client_secret_basic", true),
    ] {
        let expected = (BTreeSet::from([method]), name.to_owned(), secret);
        assert_eq!(asked(json!(name)).unwrap(), expected);
    }
    for other in ["private_key_jwt", "tls_client_auth", "NONE", ""] {
        assert_eq!(asked(json!(other)).unwrap_err().code, Code::InvalidClientMetadata, "{other}");
    }
}

#[test]
fn a_client_refreshes_when_it_says_so_or_says_nothing() {
    let refreshes = |types: serde_json::Value| {
        let with = json!({ "redirect_uris": ["http://localhost/cb"], "grant_types": types });
        registered(with, 1).unwrap().client.refreshes
    };
    assert!(refreshes(json!(null)) && refreshes(json!(["refresh_token"])));
    assert!(!refreshes(json!(["authorization_code"])) && !refreshes(json!([])));
}

#[test]
fn a_document_proves_itself_by_keys_only_when_it_has_some_and_says_so() {
    let id = ClientId::new("https://c.example/client.json");
    let methods = |keys: bool, named: &[&str]| {
        let uri = keys.then_some("https://c.example/jwks.json");
        let document = metadata(json!({
            "client_id": id.as_str(), "client_name": "C", "redirect_uris": ["https://c.example/cb"],
            "jwks_uri": uri, "token_endpoint_auth_methods_supported": named,
        }));
        let client = from_document(&id, &document, &Limits::default(), NOW);
        client.map(|client| client.auth_methods).map_err(|error| error.code)
    };
    let (none, jwt) = (AuthMethod::None, AuthMethod::PrivateKeyJwt);
    assert_eq!(methods(true, &[]), Ok([none].into()));
    assert_eq!(methods(true, &["none"]), Ok([none].into()));
    assert_eq!(methods(true, &["private_key_jwt"]), Ok([jwt].into()));
    assert_eq!(methods(false, &["private_key_jwt", "none"]), Ok([none].into()));
    assert_eq!(methods(false, &["private_key_jwt"]), Err(Code::InvalidClientMetadata));
    assert_eq!(methods(true, &["client_secret_basic"]), Err(Code::InvalidClientMetadata));
}

#[test]
fn a_host_vouches_for_the_name_of_a_document_s_client_alone() {
    let id = ClientId::new("https://c.example/client.json");
    let document = metadata(json!({
        "client_id": id.as_str(), "client_name": "C", "redirect_uris": ["https://c.example/cb"],
    }));
    let mut client = from_document(&id, &document, &Limits::default(), NOW).unwrap();
    assert_eq!(client.document_host().as_deref(), Some("c.example"));
    client.kind = ClientKind::Dynamic;
    assert_eq!(client.document_host(), None);
}
