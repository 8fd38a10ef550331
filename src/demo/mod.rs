//! Floor 5: the built-in MCP server, on the official Rust SDK. Something to connect to before there is
//! a server of one's own, and the pattern of how to guard one.
//!
//! It owns its tools and its sessions. Who may call which tool is the gate's business.

mod answer;
mod session;
mod tools;

use std::sync::Arc;

use axum::{Router, middleware};
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;
use tower::Layer as _;

pub use self::tools::ProfileLookup;
use self::{session::Sessions, tools::DemoTools};
use crate::{ambient::Clock, protocol::issuer::Issuer};

/// What the demo server is made of.
pub struct Demo {
    /// Our public URL: the host and origin that requests may name, besides loopback.
    pub public_url: Issuer,
    /// Where `user_profile` finds the person.
    pub profiles: ProfileLookup,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Ends the event streams when the service stops; they would never end by themselves.
    pub stop: CancellationToken,
}

/// The demo server, to be put behind a gate.
pub fn demo_service(demo: Demo) -> Router {
    let tools = DemoTools { profiles: demo.profiles, clock: demo.clock };
    let sessions = Sessions::new();
    let server = StreamableHttpService::new(
        move || Ok(tools.clone()),
        sessions.manager(),
        transport(&demo.public_url).with_cancellation_token(demo.stop),
    );
    let sessions = middleware::from_fn_with_state(Arc::new(sessions), session::own);
    Router::new().fallback_service(sessions.layer(server))
}

/// Hosts and origins are checked against DNS rebinding. Pages on the person's own computer, such as
/// MCP Inspector's, may call: they still need a token.
fn transport(public_url: &Issuer) -> StreamableHttpServerConfig {
    let hosts = LOOPBACK_HOSTS.into_iter().chain([public_url.authority()]);
    let origins = LOOPBACK_ORIGINS.into_iter().map(str::to_owned).chain([origin(public_url)]);
    StreamableHttpServerConfig::default().with_allowed_hosts(hosts).with_allowed_origins(origins)
}

/// The origin with its port: without one, the SDK takes any port.
fn origin(public_url: &Issuer) -> String {
    let authority = public_url.authority();
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    let port = if public_url.is_https() { 443 } else { 80 };
    if has_port { public_url.to_string() } else { format!("{public_url}:{port}") }
}

const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
const LOOPBACK_ORIGINS: [&str; 3] = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];
