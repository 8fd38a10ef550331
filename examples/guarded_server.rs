//! An MCP server of your own, guarded by a running Countersign: a tool, the guard around it, and the
//! metadata that tells clients where to sign in.
//!
//! ```text
//! COUNTERSIGN_SERVERS=demo,guarded cargo run   # Countersign on http://localhost:8000
//! cargo run --example guarded_server           # this server on http://127.0.0.1:9000
//! curl -i http://127.0.0.1:9000/mcp            # 401, and the way to sign in
//! ```
//!
//! It takes two arguments: the issuer, and the resource, which is the URL by which clients reach this
//! server and the `aud` of its tokens. Countersign issues tokens for the servers it has a file of in
//! `servers/`; the one of this server is `servers/guarded.toml`, where the same URL stands:
//!
//! ```text
//! cargo run --example guarded_server -- http://localhost:8000 http://127.0.0.1:9000/mcp
//! ```

use std::{env, error::Error, sync::Arc};

use axum::Router;
use countersign::{
    guard::{Caller, Guard, Protected, RemoteKeys},
    protocol::{resource::Resource, scope::Scopes},
};
use http::request::Parts;
use rmcp::{
    ErrorData, ServerHandler,
    handler::server::tool::Extension,
    tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use tower::Layer as _;

const LISTEN: &str = "127.0.0.1:9000";

/// Your server: it never sees a token, only the caller.
#[derive(Clone)]
struct Greeter;

#[tool_router]
impl Greeter {
    #[tool(description = "Greets the person who is signed in.")]
    async fn greet(&self, Extension(parts): Extension<Parts>) -> Result<String, ErrorData> {
        let caller = parts.extensions.get::<Caller>();
        let caller = caller.ok_or_else(|| ErrorData::invalid_request("not signed in", None))?;
        let name = caller.claims().name.as_deref().unwrap_or(caller.user().as_str());
        Ok(format!("Hello {name}, you may: {}", caller.scopes()))
    }
}

#[tool_handler]
impl ServerHandler for Greeter {}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let issuer = arguments.next().unwrap_or_else(|| "http://localhost:8000".to_owned());
    let resource = arguments.next().unwrap_or_else(|| format!("http://{LISTEN}/mcp"));
    println!("http://{LISTEN}/mcp is guarded for {resource}");
    let listener = tokio::net::TcpListener::bind(LISTEN).await?;
    axum::serve(listener, app(issuer, resource)?).await?;
    Ok(())
}

/// The server behind its guard, and the metadata beside it.
pub(crate) fn app(issuer: String, resource: String) -> Result<Router, Box<dyn Error>> {
    let keys = RemoteKeys::new(&issuer)?;
    let protected = Protected {
        resource: Resource::new(resource),
        issuer,
        scopes: Scopes::parse("read")?,
        name: "The guarded example".to_owned(),
    };
    let guard = Arc::new(Guard::remote(protected, keys));

    let server = StreamableHttpService::new(
        || Ok(Greeter),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(), // answers to loopback names only
    );
    Ok(Router::new()
        .route_service("/mcp", guard.clone().layer().layer(server))
        .route_service(&guard.metadata_path(), guard.clone().metadata_service()))
}
