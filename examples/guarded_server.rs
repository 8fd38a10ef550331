//! An MCP server of your own, guarded by a running Countersign: two tools, the guard around them, what
//! each needs, and the metadata that tells clients where to sign in.
//!
//! ```text
//! COUNTERSIGN_SERVERS=demo,guarded cargo run   # Countersign on http://localhost:8000
//! cargo run --example guarded_server           # this server on http://127.0.0.1:9000
//! curl -i http://127.0.0.1:9000/mcp            # 401, and the way to sign in
//! ```
//!
//! It takes three arguments: the issuer; the resource, which is the URL by which clients reach this
//! server and the `aud` of its tokens; and where to listen. Countersign issues tokens for the servers it
//! has a file of in `servers/`; the one of this server is `servers/guarded.toml`, where the same URL
//! stands:
//!
//! ```text
//! cargo run --example guarded_server -- http://localhost:8000 http://127.0.0.1:9000/mcp 127.0.0.1:9000
//! ```

use std::{
    collections::HashMap,
    env,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use countersign::{
    guard::{Caller, Guard, GuardRefusal, Protected, RemoteKeys},
    protocol::{resource::Resource, scope::Scopes},
};
use http::{StatusCode, request::Parts};
use rmcp::{
    ErrorData, ServerHandler,
    handler::server::{tool::Extension, wrapper::Parameters},
    schemars::{self, JsonSchema},
    tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde::Deserialize;
use tower::Layer as _;

/// Your server: it never sees a token, only the caller.
#[derive(Clone, Default)]
struct Greeter {
    /// By person, the word they are greeted with.
    greetings: Arc<Mutex<HashMap<String, String>>>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct NewGreeting {
    greeting: String,
}

#[tool_router]
impl Greeter {
    #[tool(description = "Greets the person who is signed in.")]
    async fn greet(&self, Extension(parts): Extension<Parts>) -> Result<String, ErrorData> {
        let caller = caller(&parts)?;
        let name = caller.claims().name.as_deref().unwrap_or(caller.user().as_str());
        let greetings = self.greetings.lock().unwrap_or_else(PoisonError::into_inner);
        let greeting = greetings.get(caller.user().as_str()).map_or("Hello", String::as_str);
        Ok(format!("{greeting} {name}, you may: {}", caller.scopes()))
    }

    #[tool(description = "Changes the word with which you are greeted.")]
    async fn set_greeting(
        &self,
        Parameters(NewGreeting { greeting }): Parameters<NewGreeting>,
        Extension(parts): Extension<Parts>,
    ) -> Result<String, ErrorData> {
        let user = caller(&parts)?.user().as_str().to_owned();
        let said = format!("From now on: {greeting}");
        self.greetings.lock().unwrap_or_else(PoisonError::into_inner).insert(user, greeting);
        Ok(said)
    }
}

fn caller(parts: &Parts) -> Result<&Caller, ErrorData> {
    let caller = parts.extensions.get();
    caller.ok_or_else(|| ErrorData::invalid_request("not signed in", None))
}

#[tool_handler]
impl ServerHandler for Greeter {}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut next = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let issuer = next("http://localhost:8000");
    let resource = next("http://127.0.0.1:9000/mcp");
    let listener = tokio::net::TcpListener::bind(next("127.0.0.1:9000")).await?;
    println!("{resource} is guarded by {issuer}");
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

    let greeter = Greeter::default();
    let server = StreamableHttpService::new(
        move || Ok(greeter.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(), // answers to loopback names only
    );
    let server = from_fn_with_state(guard.clone(), scopes_per_tool).layer(server);
    Ok(Router::new()
        .route_service("/mcp", guard.clone().layer().layer(server))
        .route_service(&guard.metadata_path(), guard.clone().metadata_service()))
}

/// What a tool needs beyond a token for this server.
fn needs(tool: &str) -> &'static str {
    match tool {
        "greet" => "read",
        _ => "write",
    }
}

/// Lets a call pass when its token covers what the tool needs. Else: 403 with a challenge that names the
/// scopes, and the client asks the person for them.
async fn scopes_per_tool(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let Ok(tool) = called(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let needed = Scopes::parse(tool.as_deref().map_or("", needs)).unwrap_or_default();
    if caller(&head).is_ok_and(|caller| caller.scopes().covers(&needed)) {
        next.run(Request::from_parts(head, Body::from(body))).await
    } else {
        guard.refuse(&GuardRefusal::InsufficientScope(needed)).into_response()
    }
}

/// The tool that a body calls, if any. A member that stands twice, or several messages at once, make it
/// unreadable.
fn called(body: &[u8]) -> Result<Option<String>, serde_json::Error> {
    if body.is_empty() {
        return Ok(None); // GET, DELETE
    }
    let message: Message = serde_json::from_slice(body)?;
    let calls = message.method.as_deref() == Some("tools/call");
    Ok(message.params.and_then(|params| params.name).filter(|_| calls))
}

/// As much of a JSON-RPC message as says which tool it calls.
#[derive(Deserialize)]
struct Message {
    method: Option<String>,
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    name: Option<String>,
}

const MAX_BODY: usize = 4 * 1024 * 1024;
