//! Requests whose client and redirect URI are good and that are refused all the same: the client is
//! told by redirect, with its `state` and our `iss`.

use crate::harness::{Form, Service, Setup};

/// `error: description` of the redirect, after a look at the rest of it.
async fn refused(service: &Service, ask: &Form) -> String {
    let before = service.rows();
    let answer = service.get(&format!("/authorize?{}", ask.encoded())).await;
    let location = answer.location().map(str::to_owned).unwrap_or_default();
    assert!(location.starts_with("http://127.0.0.1:7777/callback?"), "{location}{}", answer.body);
    let mut landing = answer.landing();
    assert_eq!(landing.remove("iss").as_deref(), Some("http://localhost:8000"), "RFC 9207 §2");
    let state = landing.remove("state");
    assert_eq!(state.as_deref(), ask.value("state").filter(|state| state.len() <= 2048));
    let told = format!("{}: {}", landing["error"], landing["error_description"]);
    assert_eq!(landing.len(), 2, "{landing:?}");
    assert_eq!(service.rows(), before);
    told
}

async fn good() -> (Service, Form) {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    (service, ask)
}

#[tokio::test]
async fn another_response_type_or_mode_is_refused() {
    let (service, ask) = good().await;
    let told = refused(&service, &ask.clone().with("response_type", "token")).await;
    insta::assert_snapshot!(told, @"unsupported_response_type: The only response_type is code.");
    let told = refused(&service, &ask.clone().with("response_type", "code id_token")).await;
    insta::assert_snapshot!(told, @"unsupported_response_type: The only response_type is code.");
    let told = refused(&service, &ask.clone().without("response_type")).await;
    insta::assert_snapshot!(told, @"invalid_request: response_type is missing; send code.");
    let told = refused(&service, &ask.with("response_mode", "fragment")).await;
    insta::assert_snapshot!(told, @"invalid_request: The only response_mode is query.");
}

#[tokio::test]
async fn a_request_without_pkce_or_with_the_plain_method_is_refused() {
    let (service, ask) = good().await;
    let told = refused(&service, &ask.clone().without("code_challenge")).await;
    insta::assert_snapshot!(told, @"invalid_request: code_challenge is missing; PKCE is required (RFC 7636).");
    let told = refused(&service, &ask.clone().with("code_challenge_method", "plain")).await;
    insta::assert_snapshot!(told, @"invalid_request: code_challenge_method must be S256.");
    let told = refused(&service, &ask.clone().without("code_challenge_method")).await;
    insta::assert_snapshot!(told, @"invalid_request: code_challenge_method must be S256.");
    let told = refused(&service, &ask.with("code_challenge", "short")).await;
    insta::assert_snapshot!(told, @"invalid_request: code_challenge is not an S256 challenge.");
}

#[tokio::test]
async fn prompt_none_is_answered_that_a_person_has_to_sign_in() {
    let (service, ask) = good().await;
    let told = refused(&service, &ask.clone().with("prompt", "none")).await;
    insta::assert_snapshot!(told, @"login_required: prompt=none: a person has to sign in.");
    let path = format!("/authorize?{}", ask.with("prompt", "consent").encoded());
    assert_eq!(
        service.get(&path).await.status,
        200,
        "other prompts change nothing: the page asks anyway"
    );
}

#[tokio::test]
async fn a_resource_may_be_left_out_while_there_is_one_server_only() {
    let (service, ask) = good().await;
    let ask = ask.without("resource");
    let page = service.get(&format!("/authorize?{}", ask.encoded())).await;
    assert!(page.body.contains("http:&#x2f;&#x2f;localhost:8000&#x2f;mcp"), "{}", page.body);

    let second = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/servers/demo.toml"));
    let second = second.unwrap().replace("\"/mcp\"", "\"/second\"");
    let setup = Setup::new().file("servers/second.toml", &second);
    let service = setup.variable("COUNTERSIGN_SERVERS", "demo,second").start().await;
    let ask = service.ask(&service.client().await);
    let told = refused(&service, &ask.clone().without("resource")).await;
    insta::assert_snapshot!(told, @"invalid_target: Say which MCP server by resource (RFC 8707).");
    let ask = ask.with("resource", "http://localhost:8000/second");
    let page = service.get(&format!("/authorize?{}", ask.encoded())).await;
    assert_eq!(page.status, 200);
}
