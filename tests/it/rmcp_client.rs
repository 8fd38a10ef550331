//! The official Rust SDK's client, unmodified, against the running program.

use rmcp::{
    ClientLifecycleMode, ClientServiceExt, RoleClient,
    model::{CallToolRequestParams, CallToolResult, ProtocolVersion},
    service::{RunningService, ServiceError},
    transport::{
        AuthClient, AuthorizationRequest, StreamableHttpClientTransport, auth::OAuthState,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};

use crate::running::{Person, Running};

type Client = RunningService<RoleClient, ()>;

#[tokio::test]
async fn rmcp_discovers_registers_signs_alice_in_and_calls_a_tool_as_her() {
    let service = Running::start().await;
    for lifecycle in [ClientLifecycleMode::Initialize, newest()] {
        let client = connect(&service, "alice", lifecycle).await;
        let tools = client.list_all_tools().await.unwrap();
        assert_eq!(tools.len(), 6);
        assert!(text(&call(&client, "whoami").await.unwrap()).contains("Alice"));
        assert_ne!(call(&client, "secure_operation").await.unwrap().is_error, Some(true));
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn rmcp_as_bob_reads_data_and_is_refused_the_admin_operation() {
    let service = Running::start().await;
    let client = connect(&service, "bob", newest()).await;
    assert_ne!(call(&client, "read_data").await.unwrap().is_error, Some(true));
    let refused = call(&client, "secure_operation").await.unwrap_err();
    assert!(format!("{refused:?}").contains("insufficient_scope"), "{refused:?}");
}

async fn connect(service: &Running, user: &str, lifecycle: ClientLifecycleMode) -> Client {
    let mut state = OAuthState::new(&service.mcp, None).await.unwrap();
    let ask = AuthorizationRequest::new("http://127.0.0.1:7777/callback")
        .with_initial_scope_selection()
        .with_client_name("rmcp in a test");
    state.start_authorization(ask).await.unwrap();
    let authorize = state.get_authorization_url().await.unwrap();
    let called = Person::new().sign_in(&authorize, user).await;
    state.handle_callback_url(&called).await.unwrap();
    let http =
        AuthClient::new(reqwest::Client::default(), state.into_authorization_manager().unwrap());
    let config = StreamableHttpClientTransportConfig::with_uri(service.mcp.as_str());
    let transport = StreamableHttpClientTransport::with_client(http, config);
    ().serve_with_lifecycle(transport, lifecycle).await.unwrap()
}

async fn call(client: &Client, tool: &'static str) -> Result<CallToolResult, ServiceError> {
    client.call_tool(CallToolRequestParams::new(tool)).await
}

fn text(result: &CallToolResult) -> String {
    serde_json::to_string(&result).unwrap()
}

fn newest() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
}
