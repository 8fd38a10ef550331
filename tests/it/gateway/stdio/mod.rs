//! The endpoint in front of a program that speaks MCP over its standard input and output:
//! `tests/fixtures/stdio_server.py`.

mod ends;
mod ids;
mod launch;
mod limits;
mod log;
mod session;
mod stateless;
mod streams;

use std::{
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{Router, body::Body};
use countersign::{
    ambient::SeededEntropy,
    engine::policy::{EnvVariable, Policy, Processes, StdioCommand, Unlisted},
    gateway::{
        Allowances, Door, Gate, Room, gated,
        stdio::{self, Stdio, StdioSettings, Times},
    },
    protocol::{id::ServerId, issuer::Issuer},
};
use http::{Method, Request, Response, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

use crate::guard::World;

pub(super) struct Setup {
    world: World,
    app: Router,
    stdio: Stdio,
    stop: CancellationToken,
}

/// A session of one person.
pub(super) struct Session<'a> {
    setup: &'a Setup,
    user: &'static str,
    id: String,
}

pub(super) fn variable(name: &str, value: &str) -> EnvVariable {
    EnvVariable { name: name.to_owned(), value: Zeroizing::new(value.to_owned()) }
}

/// The interpreter itself: `python3` may be a script that looks for it.
pub(crate) static PYTHON: LazyLock<String> = LazyLock::new(|| {
    let asked = ["-c", "import sys; print(sys.executable)"];
    let told = std::process::Command::new("python3").args(asked).output();
    String::from_utf8(told.expect("python3 is installed").stdout).unwrap().trim().to_owned()
});

/// The fixture, with its first argument.
pub(super) fn settings(mode: &str) -> StdioSettings {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stdio_server.py");
    let path = std::env::vars_os().find(|(name, _)| name == "PATH").unwrap().1;
    let arguments = ["-I", "-S", script.to_str().unwrap(), mode];
    StdioSettings {
        server: ServerId::new("files"),
        command: StdioCommand {
            program: PYTHON.clone(),
            arguments: arguments.map(str::to_owned).to_vec(),
            environment: Vec::new(),
            directory: None,
            processes: Processes::default(),
        },
        inherited: vec![variable("PATH", path.to_str().unwrap())],
        times: Times { head: Duration::from_millis(100), ..Times::default() },
    }
}

/// The fixture, and time enough for the first answer to decide the status.
pub(super) fn patient(mode: &str) -> StdioSettings {
    let times = Times { head: Duration::from_secs(20), ..Times::default() };
    StdioSettings { times, ..settings(mode) }
}

impl Setup {
    pub(super) fn new() -> Self {
        Self::of(settings(""))
    }

    pub(super) fn of(settings: StdioSettings) -> Self {
        Self::behind_a_gate(settings, true)
    }

    pub(super) fn behind_a_gate(settings: StdioSettings, signed_in: bool) -> Self {
        let world = World::guarding("http://localhost:8000/mcp");
        let stop = CancellationToken::new();
        let stdio = stdio::service(settings, Arc::new(SeededEntropy::new(1)), stop.clone());
        let gate = Gate {
            guard: signed_in.then(|| world.guard.clone()),
            policy: Policy::new(Vec::new(), Vec::new(), Vec::new(), Unlisted::Allow)
                .unwrap()
                .into(),
            allowances: Arc::new(Allowances::new(None, [])),
            door: Door {
                names: vec![Issuer::parse("http://localhost:8000").unwrap()],
                origins: Vec::new(),
            },
            room: Room::new(64 << 20),
            most: 4 << 20,
            patience: Duration::from_secs(5),
            stop: CancellationToken::new(),
        };
        let app = gated("/mcp", gate, stdio.clone());
        Self { world, app, stdio, stop }
    }

    pub(super) async fn send(
        &self,
        user: &str,
        method: Method,
        headers: &[(&str, &str)],
        body: String,
    ) -> Response<Body> {
        let token = self.world.token(&json!({"sub": user}));
        let mut request = Request::builder()
            .method(method)
            .uri("/mcp")
            .header(header::HOST, "localhost:8000")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        if headers.iter().all(|(name, _)| *name != "accept") {
            request = request.header(header::ACCEPT, "application/json, text/event-stream");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.app.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()
    }

    pub(super) async fn initialize(&self, user: &str) -> Response<Body> {
        self.send(user, Method::POST, &[], initialize().to_string()).await
    }

    pub(super) async fn open(&self, user: &'static str) -> Session<'_> {
        let response = self.initialize(user).await;
        assert_eq!(response.status(), 200);
        let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        Session { setup: self, user, id }
    }

    /// A POST of a 2026-07-28 client.
    pub(super) async fn post(&self, user: &str, message: &Value) -> Response<Body> {
        let headers = [("mcp-protocol-version", "2026-07-28")];
        self.send(user, Method::POST, &headers, message.to_string()).await
    }

    pub(super) async fn stateless(&self, user: &str, tool: &str, arguments: &Value) -> Value {
        last(self.post(user, &call(1, tool, arguments)).await).await["result"].clone()
    }
}

impl Session<'_> {
    pub(super) async fn send(
        &self,
        method: Method,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<Body> {
        let mut all = vec![("mcp-session-id", self.id.as_str())];
        all.extend_from_slice(headers);
        self.setup.send(self.user, method, &all, body.to_owned()).await
    }

    pub(super) async fn post(&self, message: &Value) -> Response<Body> {
        self.send(Method::POST, &[], &message.to_string()).await
    }

    /// The result of a tool.
    pub(super) async fn call(&self, tool: &str, arguments: &Value) -> Value {
        let response = self.post(&call(1, tool, arguments)).await;
        assert_eq!(response.status(), 200, "{tool}");
        last(response).await["result"].clone()
    }

    pub(super) async fn listen(&self) -> Response<Body> {
        self.send(Method::GET, &[], "").await
    }

    pub(super) async fn pid(&self) -> u64 {
        self.call("where", &json!({})).await["pid"].as_u64().unwrap()
    }
}

pub(super) fn initialize() -> Value {
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    });
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
}

pub(super) fn call(id: impl Into<Value>, tool: &str, arguments: &Value) -> Value {
    let params = json!({"name": tool, "arguments": arguments});
    json!({"jsonrpc": "2.0", "id": id.into(), "method": "tools/call", "params": params})
}

pub(super) async fn text(response: Response<Body>) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

/// The messages of an event stream to its end, or of a plain answer.
pub(super) async fn messages(response: Response<Body>) -> Vec<Value> {
    let events = response.headers()[header::CONTENT_TYPE] == "text/event-stream";
    let text = text(response).await;
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let data: Vec<_> = if events { data.collect() } else { vec![text.as_str()] };
    data.into_iter().map(|data| serde_json::from_str(data).unwrap()).collect()
}

pub(super) async fn last(response: Response<Body>) -> Value {
    messages(response).await.pop().unwrap()
}

/// The next message of an open event stream.
pub(super) async fn next(body: &mut Body) -> Value {
    loop {
        let frame = tokio::time::timeout(Duration::from_secs(20), body.frame()).await;
        let data = frame.unwrap().unwrap().unwrap().into_data().unwrap();
        let event = String::from_utf8(data.to_vec()).unwrap();
        if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
            return serde_json::from_str(data).unwrap();
        }
    }
}

/// Whether a process runs: it is there, and not merely waited for.
pub(super) fn runs(pid: u64) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let state = state.ok().and_then(|it| Some(it.rsplit_once(") ")?.1.starts_with('Z')));
    state == Some(false)
}

/// Waits until something is so.
pub(super) async fn until(what: &str, so: impl Fn() -> bool) {
    for _ in 0..800 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it never came to be that {what}");
}

pub(super) async fn gone(pid: u64) {
    until("the process is gone", || !runs(pid)).await;
}
