//! The official client of the same SDK, over a real loopback connection.

use rmcp::{
    ServiceExt as _,
    model::CallToolRequestParams,
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};

use super::Demonstration;

#[tokio::test]
async fn it_connects_lists_what_it_may_use_and_calls() {
    let demo = Demonstration::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let app = demo.app.clone();
    tokio::spawn(async move { axum::serve(listener, app).await });

    let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(demo.token("read"));
    let client = ().serve(StreamableHttpClientTransport::from_config(config)).await.unwrap();
    let tools = client.list_all_tools().await.unwrap();
    let mut names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    names.sort_unstable();
    assert_eq!(names, ["public_tool", "rate_limited_tool", "read_data", "user_profile", "whoami"]);
    let answer = client.call_tool(CallToolRequestParams::new("whoami")).await.unwrap();
    let shown = format!("{answer:?}");
    assert!(shown.contains("usr_alice"), "{shown}");
    assert!(client.call_tool(CallToolRequestParams::new("secure_operation")).await.is_err());
    client.cancel().await.unwrap();
}
