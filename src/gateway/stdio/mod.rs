//! A Streamable HTTP endpoint in front of a program that speaks MCP over its standard input and output:
//! one process for each session of a person, and one for everything of theirs that has no session.
//!
//! It owns the processes, from the first request to their end. Who calls, and whether they may, was
//! decided before; it only keeps what is one person's from the next.

mod frame;
mod group;
mod inbox;
mod launch;
mod lines;
mod log;
mod pool;
mod post;
mod process;
mod reply;
mod traffic;
mod trouble;

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, Response, StatusCode, header},
};
use tokio_util::sync::CancellationToken;
use tower::Service;

use self::{
    inbox::Inbox,
    pool::{Owner, Pool},
    reply::Failed,
    traffic::Ended,
};
use crate::{
    ambient::Entropy,
    engine::policy::{EnvVariable, StdioCommand},
    guard::Caller,
    protocol::id::ServerId,
};

/// What the endpoint of one server is made of.
#[derive(Clone, Debug)]
pub struct StdioSettings {
    /// The server, as our log calls it.
    pub server: ServerId,
    /// The program.
    pub command: StdioCommand,
    /// What it has of our own environment.
    pub inherited: Vec<EnvVariable>,
    /// How long things may take.
    pub times: Times,
}

/// How long things may take.
#[derive(Clone, Debug)]
pub struct Times {
    /// From the start of a process to its first answer.
    pub start: Duration,
    /// Until the head of an event stream is sent, if nothing was said by then. An earlier first answer,
    /// or end of the process, decides the HTTP status.
    pub head: Duration,
    /// For a client to read what was sent, and for a process to read what it is asked.
    pub stalled: Duration,
    /// Between signs of life in an event stream.
    pub beat: Duration,
    /// For a process to end by itself once its input is closed.
    pub grace: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(30),
            head: Duration::from_secs(5),
            stalled: Duration::from_secs(30),
            beat: Duration::from_secs(15),
            grace: Duration::from_secs(5),
        }
    }
}

/// The endpoint: a tower service. Cheap to clone.
#[derive(Clone)]
pub struct Stdio(Arc<Endpoint>);

struct Endpoint {
    pool: Arc<Pool>,
    times: Times,
    entropy: Arc<dyn Entropy>,
}

/// The endpoint of one server. Every process ends when `stop` is cancelled; [`Stdio::ended`] waits for it.
#[must_use]
pub fn service(
    settings: StdioSettings,
    entropy: Arc<dyn Entropy>,
    stop: CancellationToken,
) -> Stdio {
    let times = settings.times.clone();
    Stdio(Arc::new(Endpoint { pool: Pool::new(Arc::new(settings), stop), times, entropy }))
}

impl Stdio {
    /// Waits until no process is left, after a stop; then those that did not go by themselves were
    /// killed, with everything that they started.
    pub async fn ended(&self) {
        self.0.pool.emptied().await;
    }
}

impl Service<Request<Body>> for Stdio {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let endpoint = Arc::clone(&self.0);
        Box::pin(async move { Ok(endpoint.respond(request).await) })
    }
}

impl Endpoint {
    async fn respond(&self, request: Request<Body>) -> Response<Body> {
        let owner: Owner = request.extensions().get::<Caller>().map(|caller| caller.user().clone());
        match *request.method() {
            Method::POST => self.post(&owner, request).await,
            Method::GET => self.listen(&owner, request.headers()),
            Method::DELETE => self.close(&owner, request.headers()),
            _ => Failed::Method.response("null"),
        }
    }

    /// The stream of what the server says unasked, of the older eras.
    fn listen(&self, owner: &Owner, headers: &HeaderMap) -> Response<Body> {
        if !accepts_events(headers) {
            return Failed::NotAcceptable.response("null");
        }
        let process = match self.session(owner, headers) {
            Ok(process) => process,
            Err(failed) => return failed.response("null"),
        };
        match process.traffic.listen() {
            Ok(outlet) => {
                reply::events(Inbox::new(process, outlet).into_events(None, self.times.beat))
            }
            Err(_) => Failed::NoSession.response("null"),
        }
    }

    fn close(&self, owner: &Owner, headers: &HeaderMap) -> Response<Body> {
        match self.session(owner, headers) {
            Ok(process) => {
                process.end(Ended::Closed);
                reply::empty(StatusCode::NO_CONTENT)
            }
            Err(failed) => failed.response("null"),
        }
    }

    /// The process of the session that a request names.
    fn session(&self, owner: &Owner, headers: &HeaderMap) -> Result<Arc<process::Process>, Failed> {
        let mut named = headers.get_all(SESSION_ID).iter();
        let id = match (named.next(), named.next()) {
            (Some(id), None) => id.to_str().map_err(|_| Failed::NoSession)?,
            (Some(_), Some(_)) => return Err(Failed::NoSession),
            (None, _) if is_stateless(headers) => return Err(Failed::Method),
            (None, _) => return Err(Failed::Sessionless),
        };
        self.pool.find(id, owner).ok_or(Failed::NoSession)
    }
}

fn accepts_events(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
    accepted.any(|it| it.to_ascii_lowercase().contains("text/event-stream"))
}

/// Whether a request is of 2026-07-28 or later; revisions are dates.
fn is_stateless(headers: &HeaderMap) -> bool {
    let version = headers.get(VERSION).and_then(|version| version.to_str().ok());
    version.is_some_and(|version| version >= STATELESS_SINCE)
}

const SESSION_ID: &str = "mcp-session-id";
const VERSION: &str = "mcp-protocol-version";
const STATELESS_SINCE: &str = "2026-07-28";
