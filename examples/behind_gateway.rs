//! An MCP server behind the gateway, which has checked the token and what each tool needs, and says in
//! headers who calls. Nobody but the gateway may reach this server: anybody else could write the headers.
//!
//! ```text
//! COUNTERSIGN_SERVERS=demo,greeter cargo run   # Countersign and its gateway on http://localhost:8000
//! cargo run --example behind_gateway           # this server on http://127.0.0.1:9001
//! curl -i http://localhost:8000/greeter        # 401, and the way to sign in
//! ```
//!
//! It takes one argument, where to listen. Its file is `servers/greeter.toml`.

use std::{
    collections::HashMap,
    env,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use axum::Router;
use http::request::Parts;
use percent_encoding::percent_decode_str;
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

/// Your server: it never sees a token, only headers that the gateway wrote.
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
        let user = caller(&parts, "user")?;
        let name = caller(&parts, "name").unwrap_or_else(|_| user.clone());
        let scopes = caller(&parts, "scopes")?;
        let greetings = self.greetings.lock().unwrap_or_else(PoisonError::into_inner);
        let greeting = greetings.get(&user).map_or("Hello", String::as_str);
        Ok(format!("{greeting} {name}, you may: {scopes}"))
    }

    #[tool(description = "Changes the word with which you are greeted.")]
    async fn set_greeting(
        &self,
        Parameters(NewGreeting { greeting }): Parameters<NewGreeting>,
        Extension(parts): Extension<Parts>,
    ) -> Result<String, ErrorData> {
        let user = caller(&parts, "user")?;
        let said = format!("From now on: {greeting}");
        self.greetings.lock().unwrap_or_else(PoisonError::into_inner).insert(user, greeting);
        Ok(said)
    }
}

/// `user`, `name`, `email`, `scopes` or `client` of the call; a person may lack a name or an e-mail address.
fn caller(parts: &Parts, what: &str) -> Result<String, ErrorData> {
    let value = parts.headers.get(format!("x-countersign-{what}"));
    let said = value.and_then(|value| value.to_str().ok());
    let said = said.ok_or_else(|| ErrorData::invalid_request("not from the gateway", None))?;
    Ok(percent_decode_str(said).decode_utf8_lossy().into_owned())
}

#[tool_handler]
impl ServerHandler for Greeter {}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    let greeter = Greeter::default();
    let server = StreamableHttpService::new(
        move || Ok(greeter.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(), // answers to loopback names only
    );
    println!("listening on {listen}");
    axum::serve(listener, Router::new().route_service("/mcp", server)).await?;
    Ok(())
}
