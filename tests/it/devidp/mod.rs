//! The development identity provider, met as any OpenID provider is met.

mod authorize;
mod discovery;
mod token;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{Router, body::Body};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign::{
    ambient::{ManualClock, SeededEntropy, Timestamp},
    devidp::{DevClient, DevIdp, DevPage, NotLoopback, router},
    jose::{algorithm::Algorithm, sign::SigningKey},
    protocol::{issuer::Issuer, pkce::Verifier, secret::Digest},
    provider::file::DevUser,
};
use http::{Method, Request, Response, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use url::Url;

const CALLBACK: &str = "http://localhost:8000/callback/dev";
const SECRET: &str = "not a secret";
const NOW: i64 = 1_700_000_000;

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Algorithm::Es256).unwrap().0);

struct World {
    app: Router,
    clock: Arc<ManualClock>,
}

fn user(sub: &str, verified: bool) -> DevUser {
    DevUser {
        sub: sub.to_owned(),
        name: sub.to_uppercase(),
        email: format!("{sub}@example.com"),
        email_verified: verified,
        claims: json!({"roles": ["admin"], "iss": "evil", "nonce": "evil", "aud": "evil"})
            .as_object()
            .unwrap()
            .clone(),
    }
}

fn idp(issuer: &str, clock: Arc<ManualClock>) -> DevIdp {
    DevIdp {
        issuer: Issuer::parse(issuer).unwrap(),
        client: DevClient {
            id: "countersign-dev".to_owned(),
            secret: Digest::of(SECRET),
            redirect_uris: vec![CALLBACK.to_owned()],
            post_logout_redirect_uris: vec!["http://localhost:8000/signed-out".to_owned()],
        },
        users: vec![user("alice", true), user("bob", true), user("mallory", false)],
        key: KEY.clone(),
        page: Arc::new(|page: &DevPage| {
            let users: Vec<_> = page.users.iter().map(|user| user.sub.as_str()).collect();
            let hidden: Vec<_> = page.hidden.iter().map(|(n, v)| format!("{n}={v}")).collect();
            format!("{} {} {users:?} {hidden:?}", page.client, page.action)
        }),
        clock,
        entropy: Arc::new(SeededEntropy::new(1)),
    }
}

fn build(issuer: &str, public: &str) -> Result<Router, NotLoopback> {
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix(NOW)));
    router(idp(issuer, clock), &Issuer::parse(public).unwrap())
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix(NOW)));
        let public = Issuer::parse("http://localhost:8000").unwrap();
        let app = router(idp("http://localhost:8001", clock.clone()), &public).unwrap();
        Self { app, clock }
    }

    fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    async fn get(&self, path: &str) -> Response<Body> {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        self.app.clone().oneshot(request).await.unwrap()
    }

    async fn post(&self, path: &str, form: &Form, basic: Option<&str>) -> Response<Body> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(pair) = basic {
            let value = format!("Basic {}", STANDARD.encode(pair));
            request = request.header(header::AUTHORIZATION, value);
        }
        self.app.clone().oneshot(request.body(Body::from(form.encoded())).unwrap()).await.unwrap()
    }

    /// A fresh code for alice.
    async fn code(&self) -> String {
        let response = self.post("/authorize", &ask().with("user", "alice"), None).await;
        landing(&response).remove("code").unwrap()
    }
}

/// A form whose fields a test may change.
#[derive(Clone)]
struct Form(Vec<(String, String)>);

impl Form {
    fn of(fields: &[(&str, &str)]) -> Self {
        Self(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

fn verifier() -> Verifier {
    Verifier::from_entropy([9; 32])
}

fn ask() -> Form {
    Form::of(&[
        ("client_id", "countersign-dev"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid email profile"),
        ("state", "s t"),
        ("nonce", "n1"),
        ("code_challenge", verifier().challenge().as_str()),
        ("code_challenge_method", "S256"),
    ])
}

fn exchange(code: &str) -> Form {
    Form::of(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", verifier().reveal()),
    ])
}

/// The parameters with which the browser lands at the callback.
fn landing(response: &Response<Body>) -> HashMap<String, String> {
    assert_eq!(response.status(), 303);
    let location = response.headers()[header::LOCATION].to_str().unwrap();
    assert!(location.starts_with(&format!("{CALLBACK}?")), "{location}");
    Url::parse(location).unwrap().query_pairs().into_owned().collect()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

async fn json_of(response: Response<Body>) -> Value {
    serde_json::from_str(&text(response).await).unwrap()
}
