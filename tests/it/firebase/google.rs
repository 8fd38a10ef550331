//! Google on wiremock, as a Firebase project meets it: honest, until a test tells it what to do wrong.

use std::sync::{Arc, Mutex};

use countersign::ambient::{Clock as _, ManualClock};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use super::{code_flow::CodeFlow, toolkit::Toolkit};
use crate::federation::{
    fake::Manner,
    keys::{CURRENT, TestKey},
    kind::{EMAIL, SECRET},
    token::{Defect, Draft, merged},
};

/// The project.
pub(crate) const PROJECT: &str = "example-1a2b3";
/// Its Web API key.
pub(crate) const API_KEY: &str = "AIzaTheKeyThatStandsInNoLog";
/// Alice's uid there.
pub(crate) const UID: &str = "8CRvXeWc2fTz0bYmPq5sAlice001";

/// Google at work.
pub(crate) struct Google {
    pub(crate) uri: String,
    server: MockServer,
    desk: Arc<Mutex<Desk>>,
}

/// What it says and does.
pub(crate) struct Desk {
    pub(crate) uri: String,
    pub(crate) clock: Arc<ManualClock>,
    /// The keys of every project's ID tokens.
    pub(crate) keys: Vec<Value>,
    /// The key that ID tokens are signed with.
    pub(crate) signer: &'static TestKey,
    /// What the project's ID tokens say of the person.
    pub(crate) person: Value,
    /// What is wrong with the project's ID tokens.
    pub(crate) defect: Defect,
    pub(crate) key_set: Manner,
    /// Google's own code flow, for the project's web client.
    pub(crate) flow: CodeFlow,
    pub(crate) toolkit: Toolkit,
    /// What must never be logged.
    pub(crate) spoken: Vec<String>,
}

impl Google {
    pub(crate) async fn start(clock: Arc<ManualClock>) -> Self {
        let server = MockServer::start().await;
        let uri = server.uri();
        let desk = Arc::new(Mutex::new(Desk::new(&uri, clock)));
        Mock::given(any()).respond_with(Reception(Arc::clone(&desk))).mount(&server).await;
        Self { uri, server, desk }
    }

    /// Changes what it says and does.
    pub(crate) fn now<T>(&self, change: impl FnOnce(&mut Desk) -> T) -> T {
        change(&mut self.desk.lock().unwrap())
    }

    /// The ID token with which the SDK leaves a sign-in of this moment.
    pub(crate) fn token(&self) -> String {
        self.now(Desk::token)
    }

    /// The same with this defect, for one token alone.
    pub(crate) fn bad_token(&self, defect: Defect) -> String {
        self.now(|desk| {
            let before = std::mem::replace(&mut desk.defect, defect);
            let token = desk.token();
            desk.defect = before;
            token
        })
    }

    /// How often this path was asked for.
    pub(crate) async fn asked(&self, path: &str) -> usize {
        self.requests(path).await.len()
    }

    /// What this path was asked.
    pub(crate) async fn requests(&self, path: &str) -> Vec<Request> {
        let requests = self.server.received_requests().await.unwrap();
        requests.into_iter().filter(|request| request.url.path() == path).collect()
    }
}

impl Desk {
    fn new(uri: &str, clock: Arc<ManualClock>) -> Self {
        let secrets = [API_KEY, SECRET, EMAIL];
        Self {
            uri: uri.to_owned(),
            clock,
            keys: vec![CURRENT.jwk()],
            signer: &CURRENT,
            person: alice(),
            defect: |_| {},
            key_set: Manner::Well,
            flow: CodeFlow::default(),
            toolkit: Toolkit::default(),
            spoken: secrets.map(str::to_owned).to_vec(),
        }
    }

    pub(super) fn token(&mut self) -> String {
        let now = self.clock.now().unix();
        let times = json!({ "auth_time": now, "iat": now, "exp": now + 3600 });
        let claims = merged(self.person.clone(), &times);
        let mut draft = Draft::new(claims, self.signer, self.uri.clone());
        (self.defect)(&mut draft);
        let token = draft.token();
        self.speaks(&token);
        token
    }

    /// Nothing of a token but its header may stand in a log.
    pub(crate) fn speaks(&mut self, token: &str) {
        let secret = token.split('.').skip(1).filter(|part| part.len() > 20);
        self.spoken.extend(secret.map(str::to_owned));
    }

    fn answer(&mut self, request: &Request) -> ResponseTemplate {
        match request.url.path() {
            "/securetoken/keys" => {
                let good = ResponseTemplate::new(200).set_body_json(json!({ "keys": self.keys }));
                let control = "public, max-age=19302, must-revalidate, no-transform";
                let good = good.insert_header("cache-control", control);
                self.key_set.clone().apply(good.insert_header("age", "5059"))
            }
            path if path.starts_with("/toolkit/") || path == "/service/token" => {
                self.at_the_toolkit(request)
            }
            _ => self.in_the_code_flow(request),
        }
    }
}

/// What the project says of Alice, whom a server of hers made an admin.
pub(crate) fn alice() -> Value {
    json!({
        "iss": format!("https://securetoken.google.com/{PROJECT}"), "aud": PROJECT,
        "sub": UID, "user_id": UID, "name": "Alice Liddell", "role": "admin",
        "picture": "https://lh3.example/alice", "email": EMAIL, "email_verified": true,
        "firebase": {
            "identities": { "google.com": ["110169484474386276334"], "email": [EMAIL] },
            "sign_in_provider": "google.com",
        },
    })
}

struct Reception(Arc<Mutex<Desk>>);

impl Respond for Reception {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.0.lock().unwrap().answer(request)
    }
}
