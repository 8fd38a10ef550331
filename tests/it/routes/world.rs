//! The whole service with a server of every sort, two people, and tokens of every kind.

use std::{path::PathBuf, time::Duration};

use axum::body::Body;
use countersign::{engine::policy::Upstream as Answering, protocol::id::GrantId};
use http::{Request, header};
use serde_json::{Value, json};
use url::Url;

use super::{
    servers::{FIXED, SECRET, setup},
    table::KINDS,
};
use crate::{
    gateway::upstream::{Upstream, json as answered},
    harness::{Answer, Form, REDIRECT, Service},
    tokens::{hand, person, wish},
};

/// A message that opens a session in the older eras.
pub(super) const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;
/// One that any server answers, in a session.
pub(super) const PING: &str = r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;

pub(super) struct World {
    pub(super) service: Service,
    pub(super) servers: Vec<Guarded>,
    /// A refresh token of alice's, and the client it was given to.
    pub(super) refresh: String,
    pub(super) client: String,
    /// What her page calls a personal token of alice's.
    pub(super) personal: String,
    upstream: Upstream,
    /// What the program behind `/files` was told.
    told: PathBuf,
}

/// A server, and the bearer tokens that are known of it.
pub(super) struct Guarded {
    pub(super) id: String,
    pub(super) url: Url,
    /// Alice's session there.
    pub(super) session: String,
    /// Alice's: of a sign-in, personal, and static.
    pub(super) good: Vec<String>,
    pub(super) bobs: Vec<String>,
    expired: Vec<String>,
    revoked: Vec<String>,
}

impl World {
    pub(super) async fn new() -> Self {
        let upstream = Upstream::start().await;
        upstream.answers(|_| {
            let mut answer = answered(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#);
            answer.headers_mut().insert("mcp-session-id", "inner".parse().unwrap());
            answer
        });
        let setup = setup(&upstream);
        let told = setup.root().join("told");
        let service = setup.start().await;
        let client = service.client().await;
        let (servers, refresh, personal) = (Vec::new(), String::new(), String::new());
        let mut world = Self { service, servers, refresh, client, personal, upstream, told };
        world.servers = world.sign_in_everywhere().await;
        for index in 0..world.servers.len() {
            world.servers[index].session = world.open(&world.servers[index]).await;
        }
        world
    }

    /// First what expires, then what is revoked, then what stays good.
    async fn sign_in_everywhere(&mut self) -> Vec<Guarded> {
        let answered = self.service.config.servers.iter();
        let answered = answered.filter(|server| !matches!(server.upstream, Answering::Elsewhere));
        let named: Vec<(String, Url)> = answered
            .map(|server| (server.id.to_string(), server.resource.as_str().parse().unwrap()))
            .collect();
        self.tokens("bob", &named[0].1).await;
        let mut servers = Vec::new();
        for (id, url) in named {
            let signed = self.access("alice", &url).await;
            let expired = vec![signed, self.make("Alice Admin", &id, 60).await.0];
            let (good, bobs, revoked) = (Vec::new(), Vec::new(), Vec::new());
            let session = String::new();
            servers.push(Guarded { id, url, session, good, bobs, expired, revoked });
        }
        self.service.wait(2 * 3600);
        for server in &mut servers {
            server.revoked = self.revoked(server).await;
            for (user, name) in [("alice", "Alice Admin"), ("bob", "Bob Reader")] {
                let tokens = self.tokens(user, &server.url).await;
                let (personal, grant) = self.make(name, &server.id, 3600).await;
                let held = vec![text(&tokens, "access_token"), personal];
                if user == "alice" {
                    self.refresh = text(&tokens, "refresh_token");
                    self.personal = grant.to_string();
                    server.good = held;
                } else {
                    server.bobs = held;
                }
            }
            if server.id == "demo" {
                server.bobs.push(FIXED.to_owned());
            }
        }
        servers
    }

    async fn revoked(&self, server: &Guarded) -> Vec<String> {
        let signed = self.access("alice", &server.url).await;
        let form = Form::of(&[("client_id", &self.client), ("token", &signed)]);
        assert_eq!(self.service.post("/revoke", &form, &[]).await.status, 200);
        let (personal, grant) = self.make("Alice Admin", &server.id, 3600).await;
        self.service.revoker.revoke(&grant, self.service.now()).await.unwrap();
        vec![signed, personal]
    }

    async fn tokens(&self, user: &str, resource: &Url) -> Value {
        let resource = resource.as_str();
        let ask = self.service.ask(&self.client).with("resource", resource);
        let landing = self.service.walk(&mut self.service.browser(), &ask, user).await.landing();
        let form = self.service.exchange(&self.client, &landing["code"]);
        let answer = self.service.token(&form.with("resource", resource)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    async fn access(&self, user: &str, resource: &Url) -> String {
        text(&self.tokens(user, resource).await, "access_token")
    }

    async fn make(&self, name: &str, server: &str, seconds: u64) -> (String, GrantId) {
        let mut wish = wish(server, "");
        wish.life = Duration::from_secs(seconds);
        let person = person(&self.service, name).await;
        let (token, record) = hand(&self.service).create_for(&person, &wish).await.unwrap();
        (token.reveal().to_owned(), record.grant.id)
    }

    async fn open(&self, server: &Guarded) -> String {
        let request = server.request("POST", INITIALIZE, Some(&server.good[0]), None);
        let answer = self.service.send(request).await;
        assert_eq!(answer.status, 200, "{} {}", server.id, answer.body);
        answer.header("mcp-session-id").to_owned()
    }

    /// A client that nobody agreed to.
    pub(super) async fn thief(&self) -> String {
        self.registered("Thief").await
    }

    /// A client that alice alone signed in to.
    pub(super) async fn own_client(&self) -> String {
        self.registered("Hers").await
    }

    async fn registered(&self, name: &str) -> String {
        text(&self.service.register(&registration(name)).await.json(), "client_id")
    }

    /// The server of [`World::refresh`].
    pub(super) fn last(&self) -> &Guarded {
        &self.servers[self.servers.len() - 1]
    }

    /// The status of alice's ping in her own session, with each of her tokens.
    pub(super) async fn alices_pings(&self, server: &Guarded) -> Vec<u16> {
        let mut pings = Vec::new();
        for token in &server.good {
            let request = server.request("POST", PING, Some(token), Some(&server.session));
            pings.push(self.service.send(request).await.status.as_u16());
        }
        pings
    }

    /// How much has come to the servers behind us: requests to one, lines to the other.
    pub(super) fn reached(&self) -> (usize, usize) {
        let told = std::fs::read_to_string(&self.told).unwrap_or_default();
        (self.upstream.count(), told.lines().count())
    }

    /// The bearer tokens of each kind, as they are meant at `server`; at none of them otherwise.
    pub(super) fn bearers(&self, server: Option<&Guarded>) -> [Vec<Option<String>>; KINDS.len()] {
        let others = self.servers.iter().filter(|other| server.is_none_or(|it| it.id != other.id));
        let others: Vec<_> =
            others.flat_map(|other| other.good.iter().chain(&other.bobs)).collect();
        let here = server.unwrap_or(&self.servers[0]);
        let some = |tokens: &[String]| tokens.iter().cloned().map(Some).collect();
        [
            vec![None],
            others.into_iter().cloned().map(Some).collect(),
            some(&here.expired),
            vec![Some(self.refresh.clone())],
            some(&here.revoked),
            some(&here.bobs),
        ]
    }

    /// Everything that no log may repeat. A session's id is none: it opens nothing without a token.
    pub(super) fn secrets(&self) -> Vec<&str> {
        let mut secrets = vec![SECRET, FIXED, "@example.com", self.refresh.as_str()];
        for server in &self.servers {
            let held = [&server.good, &server.bobs, &server.expired, &server.revoked];
            secrets.extend(held.into_iter().flatten().map(String::as_str));
        }
        secrets
    }
}

impl Guarded {
    /// A request as a client of the older eras sends it.
    pub(super) fn request(
        &self,
        method: &str,
        body: &str,
        token: Option<&str>,
        session: Option<&str>,
    ) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(self.url.path())
            .header(header::HOST, self.url.authority())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-06-18");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        }
        request.body(Body::from(body.to_owned())).unwrap()
    }
}

/// The metadata of a public client, which is always the same client.
pub(super) fn registration(name: &str) -> Value {
    json!({
        "client_name": name, "redirect_uris": [REDIRECT],
        "token_endpoint_auth_method": "none",
    })
}

fn text(document: &Value, name: &str) -> String {
    document[name].as_str().unwrap().to_owned()
}

/// Status, challenge and error code of an answer, in one line.
pub(super) fn seen(answer: &Answer) -> String {
    let challenge = answer.header("www-authenticate");
    let scheme = if challenge.starts_with("Basic ") { " Basic" } else { "" };
    let document: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let named = parameter(challenge, "error").or_else(|| document["error"].as_str());
    let code = document["error"]["code"].as_i64().map(|code| code.to_string());
    // RFC 6750 §3.1: a request without a token is told no code, in the challenge.
    let named = named.filter(|_| !challenge.starts_with("Bearer ") || challenge.contains("error="));
    let code = named.map(str::to_owned).or(code).map(|code| format!(" {code}")).unwrap_or_default();
    format!("{}{scheme}{code}", answer.status.as_u16())
}

/// A quoted parameter of a challenge.
pub(super) fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let start = challenge.find(&format!("{name}=\""))? + name.len() + 2;
    challenge[start..].split('"').next()
}
