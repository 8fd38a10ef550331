//! An identity provider on wiremock. It is an honest one (PKCE, client secret, single-use codes and
//! all), until a test tells it what to do wrong.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign::{ambient::ManualClock, protocol::pkce::Verifier};
use serde_json::{Value, json};
use url::Url;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use super::{
    keys::{CURRENT, TestKey},
    kind::{Kind, SECRET},
    token::{Defect, Draft, merged},
};

/// A provider at work.
pub(crate) struct FakeProvider {
    pub(crate) uri: String,
    server: MockServer,
    desk: Arc<Mutex<Desk>>,
}

/// What it says and does.
pub(crate) struct Desk {
    pub(crate) kind: Kind,
    pub(crate) uri: String,
    pub(crate) clock: Arc<ManualClock>,
    /// Its discovery document.
    pub(crate) metadata: Value,
    /// The keys it publishes.
    pub(crate) keys: Vec<Value>,
    /// The key it signs with.
    pub(crate) signer: &'static TestKey,
    /// What its tokens say of the person.
    pub(crate) person: Value,
    /// What is wrong with its tokens.
    pub(crate) defect: Defect,
    pub(crate) discovery: Manner,
    pub(crate) key_set: Manner,
    pub(crate) token: Manner,
    /// Its latest token response.
    pub(crate) replied: Value,
    logins: HashMap<String, Login>,
    /// What must never be logged.
    spoken: Vec<String>,
}

/// How an endpoint answers.
#[derive(Clone, Default)]
pub(crate) enum Manner {
    #[default]
    Well,
    /// As it should, but so late.
    Slowly(Duration),
    /// With this status and nothing else.
    Status(u16),
    /// With a redirect by this status.
    Redirect(u16, String),
    /// With this status and body.
    Body(u16, String),
}

/// A person who signed in and was sent back with a code.
struct Login {
    nonce: String,
    challenge: String,
    redirect_uri: String,
}

impl FakeProvider {
    pub(crate) async fn start(kind: Kind, clock: Arc<ManualClock>) -> Self {
        let server = MockServer::start().await;
        let uri = server.uri();
        let desk = Arc::new(Mutex::new(Desk::new(kind, &uri, clock)));
        Mock::given(any()).respond_with(Reception(Arc::clone(&desk))).mount(&server).await;
        Self { uri, server, desk }
    }

    /// Changes what it says and does.
    pub(crate) fn now<T>(&self, change: impl FnOnce(&mut Desk) -> T) -> T {
        change(&mut self.desk.lock().unwrap())
    }

    /// The person signs in there: the parameters of the way back, without any `iss`.
    pub(crate) fn sign_in(&self, leaving: &str) -> (String, Vec<(&'static str, String)>) {
        let url = Url::parse(leaving).unwrap();
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        self.now(|desk| desk.login(&url, &asked))
    }

    /// How often this path was asked for.
    pub(crate) async fn asked(&self, path: &str) -> usize {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().filter(|request| request.url.path() == path).count()
    }

    /// How often its key set was asked for.
    pub(crate) async fn asked_for_keys(&self) -> usize {
        self.asked(self.now(|desk| desk.kind).jwks_path()).await
    }

    /// Everything secret that passed it.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.now(|desk| desk.spoken.clone())
    }
}

impl Desk {
    fn new(kind: Kind, uri: &str, clock: Arc<ManualClock>) -> Self {
        let person = kind.alice();
        let email = person["email"].as_str().unwrap().to_owned();
        Self {
            kind,
            uri: uri.to_owned(),
            clock,
            metadata: kind.metadata(uri),
            keys: vec![CURRENT.jwk()],
            signer: &CURRENT,
            person,
            defect: |_| {},
            discovery: Manner::Well,
            key_set: Manner::Well,
            token: Manner::Well,
            replied: Value::Null,
            logins: HashMap::new(),
            spoken: vec![SECRET.to_owned(), STANDARD.encode(SECRET), email],
        }
    }

    fn login(
        &mut self,
        url: &Url,
        asked: &HashMap<String, String>,
    ) -> (String, Vec<(&'static str, String)>) {
        assert_eq!(url.path(), self.kind.authorize_path());
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], self.kind.client_id());
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        let code = format!("upstream-code-{}-{}", self.logins.len(), &asked["nonce"][..12]);
        let login = Login {
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            redirect_uri: asked["redirect_uri"].clone(),
        };
        self.spoken.extend([code.clone(), login.nonce.clone()]);
        self.logins.insert(code.clone(), login);
        (asked["redirect_uri"].clone(), vec![("code", code), ("state", asked["state"].clone())])
    }

    /// RFC 6749 §4.1.3: the client, its code (once), the redirect URI, the verifier.
    fn redeem(&mut self, request: &Request) -> Result<Value, &'static str> {
        let form: HashMap<String, String> =
            url::form_urlencoded::parse(&request.body).into_owned().collect();
        if !self.kind.proves_itself(request, &form) {
            return Err("invalid_client");
        }
        let login = self.logins.remove(&form["code"]).ok_or("invalid_grant")?;
        self.spoken.push(form["code_verifier"].clone());
        let verifier = Verifier::parse(&form["code_verifier"]).ok_or("invalid_grant")?;
        let proven = verifier.challenge().as_str() == login.challenge
            && form["redirect_uri"] == login.redirect_uri
            && form["grant_type"] == "authorization_code";
        if proven { Ok(self.response(&login)) } else { Err("invalid_grant") }
    }

    fn response(&mut self, login: &Login) -> Value {
        let access = format!("upstream-access-{}", &login.challenge[..16]);
        let claims = self.kind.claims(self, &login.nonce, &access);
        let mut draft = Draft::new(claims, self.signer, self.uri.clone());
        (self.defect)(&mut draft);
        let token = draft.token();
        let long = token.split('.').filter(|part| part.len() > 20);
        self.spoken.extend(long.map(str::to_owned).chain([access.clone()]));
        let good = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": 3600, "id_token": token,
        });
        self.replied = merged(good, &draft.reply);
        self.replied.clone()
    }
}

struct Reception(Arc<Mutex<Desk>>);

impl Respond for Reception {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut desk = self.0.lock().unwrap();
        let (kind, path) = (desk.kind, request.url.path());
        if path == "/.well-known/openid-configuration" {
            let good = ResponseTemplate::new(200).set_body_json(&desk.metadata);
            desk.discovery.clone().apply(good)
        } else if path == kind.jwks_path() {
            let good = ResponseTemplate::new(200).set_body_json(json!({ "keys": desk.keys }));
            desk.key_set.clone().apply(kind.key_headers(good))
        } else if path == kind.token_path() {
            let manner = desk.token.clone();
            let answer = match desk.redeem(request) {
                Ok(reply) => ResponseTemplate::new(200).set_body_json(reply),
                Err(error) => ResponseTemplate::new(400).set_body_json(json!({ "error": error })),
            };
            manner.apply(answer)
        } else {
            ResponseTemplate::new(404)
        }
    }
}

impl Manner {
    pub(crate) fn apply(self, good: ResponseTemplate) -> ResponseTemplate {
        match self {
            Self::Well => good,
            Self::Slowly(delay) => good.set_delay(delay),
            Self::Status(status) => ResponseTemplate::new(status),
            Self::Redirect(status, to) => {
                ResponseTemplate::new(status).insert_header("location", to.as_str())
            }
            Self::Body(status, text) => {
                ResponseTemplate::new(status).set_body_raw(text, "application/json")
            }
        }
    }
}
