//! A server at another origin that guards itself: the shipped example and its shipped file, with our
//! service on a real port beside it.

#[path = "../../examples/guarded_server.rs"]
#[expect(dead_code, reason = "the example's own main is not called")]
mod guarded_server;

use axum::Router;
use http::header;
use rmcp::{
    ServiceExt as _,
    model::CallToolRequestParams,
    transport::{
        AuthClient, AuthorizationRequest, StreamableHttpClientTransport, auth::OAuthState,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    harness::{Form, REDIRECT, Service, Setup, claims},
    running::Person,
};

/// Our service with the demo server, and the example elsewhere; both listen.
struct World {
    service: Service,
    elsewhere: String,
}

impl World {
    async fn start() -> Self {
        let (ours, theirs) = (bind().await, bind().await);
        let port = ours.local_addr().unwrap().port();
        let issuer = format!("http://localhost:{port}");
        let elsewhere = format!("http://{}/mcp", theirs.local_addr().unwrap());
        let shipped = include_str!("../../servers/guarded.toml");
        let file = shipped.replace("http://127.0.0.1:9000/mcp", &elsewhere);
        let setup = Setup::new()
            .variable("COUNTERSIGN_PUBLIC_URL", &issuer)
            .variable("COUNTERSIGN_LISTEN", &format!("localhost:{port}"))
            .variable("COUNTERSIGN_SERVERS", "demo,guarded")
            .file("servers/guarded.toml", &file);
        let service = setup.start().await;
        serve(ours, service.router());
        serve(theirs, guarded_server::app(issuer, elsewhere.clone()).unwrap());
        Self { service, elsewhere }
    }

    /// The token response of a sign-in for `resource`.
    async fn tokens(&self, resource: &str) -> Value {
        let client = self.service.client().await;
        let ask = self.service.ask(&client).with("resource", resource);
        let mut browser = self.service.browser();
        let landing = self.service.walk(&mut browser, &ask, "alice").await.landing();
        let exchange = self.service.exchange(&client, &landing["code"]).with("resource", resource);
        let answer = self.service.token(&exchange).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// The status and the challenge with which the server elsewhere answers this token.
    async fn call(&self, token: &str) -> (u16, String) {
        let answer = reqwest::Client::default()
            .post(&self.elsewhere)
            .bearer_auth(token)
            .header(header::ACCEPT, "application/json, text/event-stream")
            .json(&json!({
                "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
                    "protocolVersion": "2025-06-18", "capabilities": {},
                    "clientInfo": {"name": "test", "version": "1"},
                },
            }))
            .send()
            .await
            .unwrap();
        let challenge = answer.headers().get(header::WWW_AUTHENTICATE);
        let challenge = challenge.map_or("", |value| value.to_str().unwrap());
        (answer.status().as_u16(), challenge.to_owned())
    }
}

#[tokio::test]
async fn a_client_finds_the_way_from_there_signs_alice_in_and_she_is_greeted() {
    let world = World::start().await;
    let mut state = OAuthState::new(&world.elsewhere, None).await.unwrap();
    let ask = AuthorizationRequest::new(REDIRECT).with_initial_scope_selection();
    state.start_authorization(ask).await.unwrap();
    let authorize = state.get_authorization_url().await.unwrap();
    let called = Person::new().sign_in(&authorize, "alice").await;
    state.handle_callback_url(&called).await.unwrap();
    let http =
        AuthClient::new(reqwest::Client::default(), state.into_authorization_manager().unwrap());
    let config = StreamableHttpClientTransportConfig::with_uri(world.elsewhere.as_str());
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let client = ().serve(transport).await.unwrap();
    let greeting = client.call_tool(CallToolRequestParams::new("greet")).await.unwrap();
    let text = serde_json::to_string(&greeting).unwrap();
    assert!(text.contains("Hello Alice") && text.contains("you may: read"), "{text}");
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn a_token_is_good_at_the_one_server_it_was_made_for() {
    let world = World::start().await;
    let demo = world.tokens(&world.service.resource).await;
    let there = world.tokens(&world.elsewhere).await;
    let (demo, there) =
        [&demo, &there].map(|tokens| tokens["access_token"].as_str().unwrap()).into();
    assert_eq!(claims(there).1["aud"], world.elsewhere);
    assert_eq!(world.call(there).await.0, 200);
    assert_eq!(world.service.mcp(demo).await, 200);
    assert_eq!(world.service.mcp(there).await, 401);
    let (status, challenge) = world.call(demo).await;
    assert_eq!(status, 401);
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
}

#[tokio::test]
async fn a_code_for_one_server_gives_no_token_for_the_other() {
    let world = World::start().await;
    let client = world.service.client().await;
    let ask = world.service.ask(&client);
    let mut browser = world.service.browser();
    let landing = world.service.walk(&mut browser, &ask, "alice").await.landing();
    let exchange = world.service.exchange(&client, &landing["code"]);
    let answer = world.service.token(&exchange.with("resource", &world.elsewhere)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!("invalid_target")));
}

#[tokio::test]
async fn its_refresh_token_ends_by_revocation_like_any_other() {
    let world = World::start().await;
    let tokens = world.tokens(&world.elsewhere).await;
    let client = world.service.client().await;
    let access = tokens["access_token"].as_str().unwrap();
    let form = Form::of(&[("token", access), ("client_id", &client)]);
    assert_eq!(world.service.post("/revoke", &form, &[]).await.status, 200);
    let refresh = world.service.refresh(&client, tokens["refresh_token"].as_str().unwrap());
    let answer = world.service.token(&refresh.with("resource", &world.elsewhere)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn we_name_it_on_the_pages_and_leave_its_route_and_its_metadata_to_it() {
    // At a path that is free here, so that whatever answers there would be for it.
    let file = include_str!("../../servers/guarded.toml").replace("9000/mcp", "9000/tools");
    let setup = Setup::new()
        .variable("COUNTERSIGN_SERVERS", "demo,guarded")
        .file("servers/guarded.toml", &file.replace("\"read\"", "\"greetings\""));
    let service = setup.start().await;
    for path in [
        "/tools",
        "/.well-known/oauth-protected-resource/tools",
        "/.well-known/oauth-authorization-server/tools",
    ] {
        assert_eq!(service.get(path).await.status, 404, "{path}");
    }
    let metadata = service.get("/.well-known/oauth-authorization-server").await.json();
    assert!(metadata["scopes_supported"].to_string().contains("greetings"), "{metadata}");
    let root = service.get("/.well-known/oauth-protected-resource").await.json();
    assert_eq!(root["resource"], service.resource);
    assert!(service.get("/").await.body.contains("127.0.0.1:9000"));
    let ask = service.ask(&service.client().await).with("resource", "http://127.0.0.1:9000/tools");
    let page = service.get(&format!("/authorize?{}", ask.encoded())).await;
    assert!(page.body.contains("The guarded example") && page.body.contains("See your name"));
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn serve(listener: TcpListener, app: Router) {
    tokio::spawn(async move { axum::serve(listener, app).await });
}
