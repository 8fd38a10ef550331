//! The whole service in one process: requests go through its router, the development identity
//! provider listens on a real loopback port, time stands still until a test moves it.

mod answer;
mod browser;
mod faulty;
mod form;
mod log;
mod paced;
pub(crate) mod postgres;
pub(crate) mod proxy;
mod rows;
mod setup;
mod steps;

use std::sync::Arc;

use axum::{Router, body::Body};
use countersign::{
    ambient::{ManualClock, Timestamp},
    app::KeyTender,
    config::Config,
    flow::{lookout::Lookout, revoke::Revoker},
    store::{Store, StoreError},
};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

pub(crate) use self::{
    answer::Answer,
    browser::Browser,
    faulty::Faulty,
    form::Form,
    log::Log,
    paced::{Doing, in_every_order},
    setup::Setup,
    steps::{REDIRECT, claims, verifier},
};

/// A running service. Dropping it ends it.
pub(crate) struct Service {
    /// Our issuer, such as `http://localhost:8000`. Nothing listens there: see [`Service::send`].
    pub(crate) issuer: String,
    /// The URL of the demo server, the `resource` of requests.
    pub(crate) resource: String,
    pub(crate) config: Config,
    /// Stands at the real present when the service starts.
    pub(crate) clock: Arc<ManualClock>,
    /// The service's own store; it fails when told to.
    pub(crate) store: Arc<Faulty>,
    /// What was logged on this thread since the start.
    pub(crate) log: Log,
    /// Ends grants, as the service does.
    pub(crate) revoker: Arc<Revoker>,
    /// Takes over changes of the signing keys when told to, as the service does every few seconds.
    pub(crate) keys: Arc<KeyTender>,
    app: Router,
    setup: Setup,
    dev: Option<tokio::task::JoinHandle<()>>,
    lookout: tokio::sync::Mutex<Lookout>,
}

impl Service {
    /// As `cargo run` on a fresh checkout.
    pub(crate) async fn start() -> Self {
        Setup::new().start().await
    }

    /// The same folder, database and time, a new process.
    pub(crate) async fn restart(self) -> Self {
        let (setup, clock) = (self.setup.clone(), Arc::clone(&self.clock));
        drop(self);
        setup.start_at(clock).await
    }

    /// The same folder, database and time, a new process with another configuration.
    pub(crate) async fn restart_with(self, edit: impl FnOnce(Setup) -> Setup) -> Self {
        let (setup, clock) = (self.setup.clone(), Arc::clone(&self.clock));
        drop(self);
        edit(setup).start_at(clock).await
    }

    /// Another replica on the same database, with the same clock.
    pub(crate) async fn replica(&self) -> Self {
        self.setup.clone().without_dev().start_at(Arc::clone(&self.clock)).await
    }

    /// Looks for what others ended, as the service does every two seconds.
    pub(crate) async fn look(&self) {
        self.try_look().await.unwrap();
    }

    pub(crate) async fn try_look(&self) -> Result<(), StoreError> {
        self.lookout.lock().await.look().await
    }

    /// Such a replica with another configuration.
    pub(crate) async fn replica_with(&self, edit: impl FnOnce(Setup) -> Setup) -> Self {
        edit(self.setup.clone()).without_dev().start_at(Arc::clone(&self.clock)).await
    }

    /// What it was started with.
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(std::time::Duration::from_secs(seconds));
    }

    pub(crate) fn now(&self) -> Timestamp {
        countersign::ambient::Clock::now(&*self.clock)
    }

    pub(crate) fn router(&self) -> Router {
        self.app.clone()
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.router(), &self.issuer)
    }

    /// Sends a request whose URI is a path or a URL of ours.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.app, request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A form as a client posts it, with more headers as a test likes.
    pub(crate) async fn post(&self, path: &str, form: &Form, headers: &[(&str, &str)]) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.encoded()));
        let mut request = request.unwrap();
        for (name, value) in headers {
            let name: header::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        self.send(request).await
    }

    pub(crate) async fn token(&self, form: &Form) -> Answer {
        self.post("/token", form, &[]).await
    }

    pub(crate) async fn register(&self, metadata: &serde_json::Value) -> Answer {
        let request = Request::post("/register")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(metadata.to_string()));
        self.send(request.unwrap()).await
    }

    /// The status with which the demo server answers this access token: 401 or 200.
    pub(crate) async fn mcp(&self, access_token: &str) -> StatusCode {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;
        let request = Request::post("/mcp")
            .header(header::HOST, self.issuer.trim_start_matches("http://"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::AUTHORIZATION, format!("Bearer {access_token}"))
            .body(Body::from(body));
        self.send(request.unwrap()).await.status
    }

    /// How many rows each table has, empty tables left out.
    pub(crate) fn rows(&self) -> String {
        rows::counts(&self.setup.database())
    }

    /// Every row of every table, to be compared with a later look; the probe left out.
    pub(crate) fn state(&self) -> Vec<String> {
        rows::all(&self.setup.database())
    }

    /// How many rows this table has.
    pub(crate) fn count(&self, table: &str) -> i64 {
        rows::count(&self.setup.database(), table)
    }

    /// Whether this text stands anywhere in the database's files.
    pub(crate) fn database_holds(&self, text: &str) -> bool {
        rows::holds(&self.setup.database(), text)
    }

    /// Changes a row from outside, as no verb of the store does.
    pub(crate) fn execute(&self, sql: &str, parameter: &str) {
        rows::execute(&self.setup.database(), sql, parameter);
    }

    pub(crate) fn root(&self) -> &std::path::Path {
        self.setup.root()
    }

    /// The environment of the process.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        self.setup.variables()
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(dev) = self.dev.take() {
            dev.abort();
        }
    }
}

/// Every client names a host; those of tests that name none mean ours.
pub(crate) async fn send(app: &Router, mut request: Request<Body>) -> Answer {
    let host = http::HeaderValue::from_static("localhost:8000");
    request.headers_mut().entry(header::HOST).or_insert(host);
    let response: Response<Body> = app.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: head.status, headers: head.headers, body: String::from_utf8(body).unwrap() }
}
