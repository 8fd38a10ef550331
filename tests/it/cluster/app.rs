//! An app, what it asks, and what it hears.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::{harness::verifier, running::Person};

/// A node, as a client comes to it.
pub(super) struct Door {
    issuer: String,
    http: reqwest::Client,
    /// When what it last granted was asked for.
    granted: Mutex<Option<Instant>>,
}

impl Door {
    pub(super) fn new(issuer: &str, http: &reqwest::Client) -> Self {
        Self { issuer: issuer.to_owned(), http: http.clone(), granted: Mutex::new(None) }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.issuer)).send().await.unwrap()
    }

    pub(super) async fn register(&self) -> Response {
        let metadata = json!({
            "client_name": "A test", "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "none",
        });
        let request = self.http.post(format!("{}/register", self.issuer));
        request.json(&metadata).send().await.unwrap()
    }
}

/// A public client, which may go to any node.
#[derive(Clone)]
pub(super) struct App {
    pub(super) doors: Arc<[Door]>,
    client: String,
}

/// What a client is given.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: String,
}

/// What a node says.
#[derive(Debug)]
pub(super) enum Said {
    Granted(Tokens),
    Refused(String),
    /// 503, and when to come back.
    Later,
    /// There is no answer. Whether the question arrived.
    Nothing {
        asked: bool,
    },
}

impl App {
    pub(super) async fn register(doors: Arc<[Door]>) -> Self {
        let registered: Value = doors[0].register().await.json().await.unwrap();
        let client = registered["client_id"].as_str().unwrap().to_owned();
        Self { doors, client }
    }

    /// What a browser opens for this app.
    pub(super) fn page(&self) -> String {
        let challenge = verifier().challenge();
        let ask = [
            ("response_type", "code"),
            ("client_id", self.client.as_str()),
            ("redirect_uri", REDIRECT),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        Url::parse_with_params(&format!("{}/authorize", self.doors[0].issuer), ask).unwrap().into()
    }

    /// A code, got at the first node.
    pub(super) async fn code(&self) -> String {
        let called = Person::with(self.doors[0].http.clone()).sign_in(&self.page(), "alice").await;
        let called = Url::parse(&called).unwrap();
        called.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    }

    pub(super) async fn redeem(&self, door: usize, code: &str) -> Said {
        let verifier = verifier();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier.reveal()),
        ];
        self.ask(door, &form).await
    }

    pub(super) async fn refresh(&self, door: usize, token: &str) -> Said {
        self.ask(door, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    async fn ask(&self, door: usize, form: &[(&str, &str)]) -> Said {
        let form = [form, &[("client_id", self.client.as_str())]].concat();
        let (door, began) = (&self.doors[door], Instant::now());
        let request = door.http.post(format!("{}/token", door.issuer)).form(&form);
        let answer = match request.send().await {
            Ok(answer) => hear(answer).await,
            Err(error) => Err(error),
        };
        let said = answer.unwrap_or_else(|error| Said::Nothing { asked: !error.is_connect() });
        if matches!(said, Said::Granted(_)) {
            let mut granted = door.granted.lock().unwrap();
            *granted = granted.max(Some(began));
        }
        said
    }

    /// Whether the demo server at this node lets the token in.
    pub(super) async fn is_let_in(&self, door: usize, access: &str) -> bool {
        let door = &self.doors[door];
        let request = door.http.post(format!("{}/mcp", door.issuer)).bearer_auth(access);
        let request = request.header("accept", "application/json, text/event-stream");
        let answer = request.json(&initialize()).send().await.unwrap();
        answer.status() == StatusCode::OK
    }

    /// Waits until this node has granted something it was asked for after this moment: how long that
    /// took.
    pub(super) async fn back(&self, door: usize, since: Instant) -> Duration {
        loop {
            let granted = *self.doors[door].granted.lock().unwrap();
            if granted.is_some_and(|granted| granted > since) {
                return since.elapsed();
            }
            assert!(since.elapsed() < BACK, "node {door} is not back within {BACK:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn hear(answer: Response) -> reqwest::Result<Said> {
    let (status, after) = (answer.status(), retry_after(&answer));
    let text = answer.text().await?;
    Ok(match (status, after) {
        (StatusCode::OK, _) => Said::Granted(tokens(&text)),
        (StatusCode::SERVICE_UNAVAILABLE, Some(_)) => Said::Later,
        _ => Said::Refused(format!("{status} {text}")),
    })
}

/// When to come back, in seconds.
pub(super) fn retry_after(answer: &Response) -> Option<u64> {
    answer.headers().get("retry-after")?.to_str().ok()?.parse().ok()
}

fn tokens(text: &str) -> Tokens {
    let tokens: Value = serde_json::from_str(text).unwrap();
    let one = |name: &str| tokens[name].as_str().unwrap().to_owned();
    Tokens { access: one("access_token"), refresh: one("refresh_token") }
}

fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }})
}

const REDIRECT: &str = "http://127.0.0.1:7777/callback";
/// A node is back within this time.
const BACK: Duration = Duration::from_secs(10);
