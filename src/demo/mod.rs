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
use crate::ambient::Clock;

/// What the demo server is made of.
pub struct Demo {
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
    // Hosts and origins are the gate's to judge.
    let transport = StreamableHttpServerConfig::default();
    let transport = transport.disable_allowed_hosts().disable_allowed_origins();
    let server = StreamableHttpService::new(
        move || Ok(tools.clone()),
        sessions.manager(),
        transport.with_cancellation_token(demo.stop),
    );
    let sessions = middleware::from_fn_with_state(Arc::new(sessions), session::own);
    Router::new().fallback_service(sessions.layer(server))
}
