//! A service, a Firebase project, and a client that wants in.

use std::{cell::Cell, collections::BTreeMap, sync::Arc};

use axum::body::Body;
use countersign::ambient::{Clock as _, ManualClock, SystemClock};
use http::Request;
use serde_json::{Value, json};

use super::{
    code_flow::WEB_CLIENT,
    google::{API_KEY, Google, PROJECT},
    toolkit::SERVICE_TOKEN,
};
use crate::{
    federation::{
        kind::{SECRET, with_keys},
        token::Defect,
        world::query,
    },
    harness::{Answer, Browser, Form, Service, Setup},
};

pub(crate) struct World {
    pub(crate) google: Google,
    pub(crate) service: Service,
    pub(crate) client: String,
    /// How much of the log belongs to what was judged before.
    pub(crate) judged: Cell<usize>,
}

/// Our page with the SDK, open in a browser.
pub(crate) struct Page {
    /// Its URL.
    pub(crate) here: String,
    pub(crate) state: String,
    pub(crate) answer: Answer,
}

impl World {
    /// The file as shipped, its endpoints alone moved; our page runs the SDK.
    pub(crate) async fn sdk() -> Self {
        Self::with(&[], &[]).await
    }

    /// The same with these keys in the file as well.
    pub(crate) async fn with(keys: &[&str], variables: &[(&str, &str)]) -> Self {
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let google = Google::start(Arc::clone(&clock)).await;
        let setup = variables.iter().fold(configured(&google.uri, keys), |setup, (name, value)| {
            setup.variable(name, value)
        });
        let service = setup.start_at(clock).await;
        let client = service.client().await;
        Self { google, service, client, judged: Cell::default() }
    }

    /// With Google's web client: nothing of a sign-in passes through our page.
    pub(crate) async fn redirect(keys: &[&str]) -> Self {
        let web = [("GOOGLE_CLIENT_ID", WEB_CLIENT), ("GOOGLE_CLIENT_SECRET", SECRET)];
        Self::with(keys, &web).await
    }

    /// The person consents and leaves for Firebase.
    pub(crate) async fn leave(&self, browser: &mut Browser) -> String {
        let ask = self.service.ask(&self.client).and("scope", "read write admin");
        self.service.to_provider(browser, &ask, "firebase").await
    }

    /// As far as our page with the SDK.
    pub(crate) async fn open(&self, browser: &mut Browser) -> Page {
        let here = self.leave(browser).await;
        let state = query(&here, "state").unwrap();
        Page { answer: browser.get(&here).await, here, state }
    }

    /// What the page's script sends.
    pub(crate) fn post_of(&self, state: &str, token: &str) -> Request<Body> {
        self.post_with(&json!({ "state": state, "id_token": token }).to_string())
    }

    /// The same with another body.
    pub(crate) fn post_with(&self, body: &str) -> Request<Body> {
        Request::post("/callback/firebase")
            .header("origin", &self.service.issuer)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json")
            .header("x-countersign", "sign-in")
            .body(Body::from(body.to_owned()))
            .unwrap()
    }

    /// The page's script posts a token.
    pub(crate) async fn post(&self, browser: &mut Browser, state: &str, token: &str) -> Answer {
        browser.send(self.post_of(state, token)).await
    }

    /// As far as the question whether this is the person's account: its URL.
    pub(crate) async fn to_confirm(&self, browser: &mut Browser) -> String {
        let page = self.open(browser).await;
        let answer = self.post(browser, &page.state, &self.google.token()).await;
        self.next_of(&answer)
    }

    /// Where the page goes on after a token that was accepted.
    pub(crate) fn next_of(&self, answer: &Answer) -> String {
        assert_eq!(answer.status, 200, "{} {}", answer.body, self.service.log.text());
        let path = answer.json()["next"].as_str().unwrap().to_owned();
        format!("{}{path}", self.service.issuer)
    }

    /// The whole way by our page, to where the client is answered.
    pub(crate) async fn walk(&self) -> Answer {
        let mut browser = self.service.browser();
        let here = self.to_confirm(&mut browser).await;
        self.says_yes(&mut browser, &here).await
    }

    /// The person confirms.
    pub(crate) async fn says_yes(&self, browser: &mut Browser, here: &str) -> Answer {
        let page = browser.get(here).await;
        browser.press(here, &page, ("confirm", "1")).await
    }

    /// The whole way by Google's code flow.
    pub(crate) async fn walk_by_google(&self) -> Answer {
        let mut browser = self.service.browser();
        let leaving = self.leave(&mut browser).await;
        let back = self.google.now(|desk| desk.sign_in(&leaving));
        browser.get(&back).await
    }

    /// The scopes that this landing's code is good for, and the internal user. The token works.
    pub(crate) async fn redeem(&self, landing: &BTreeMap<String, String>) -> (String, String) {
        let tokens = self.tokens(landing).await;
        let (_, claims) = crate::harness::claims(tokens["access_token"].as_str().unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&tokens["scope"]), text(&claims["sub"]))
    }

    /// The token response for this landing's code.
    pub(crate) async fn tokens(&self, landing: &BTreeMap<String, String>) -> Value {
        let code = landing.get("code").unwrap_or_else(|| panic!("{landing:?}"));
        assert_eq!((landing["state"].as_str(), &landing["iss"]), ("s t", &self.service.issuer));
        let answer = self.service.token(&self.service.exchange(&self.client, code)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let tokens = answer.json();
        assert_eq!(self.service.mcp(tokens["access_token"].as_str().unwrap()).await, 200);
        tokens
    }

    /// Posts a token with this defect into a sign-in of its own, and asserts that the page is told
    /// `error`, nothing is stored, nothing secret said, and the log says `why`.
    pub(crate) async fn refuses(&self, defect: Defect, error: &str, why: &str) {
        let token = self.google.bad_token(defect);
        self.refuses_token(&token, error, why).await;
    }

    /// The same of a finished token.
    pub(crate) async fn refuses_token(&self, token: &str, error: &str, why: &str) {
        let mut browser = self.service.browser();
        let page = self.open(&mut browser).await;
        let state = self.service.state();
        let answer = self.post(&mut browser, &page.state, token).await;
        self.was_told(&answer, error, why);
        assert_eq!(self.service.state(), state, "a row came, went or changed");
        let confirm = browser.get(&format!("/confirm/firebase?state={}", page.state)).await;
        assert_eq!(confirm.page(), EXPIRED);
    }

    /// Asserts that the page was told `error`, nothing secret, and that the log says `why`.
    pub(crate) fn was_told(&self, answer: &Answer, error: &str, why: &str) {
        let told = answer.json();
        let told = format!("{} {}", answer.status.as_u16(), told["error"].as_str().unwrap());
        assert_eq!(told, error, "the log says: {}", self.service.log.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("set-cookie"), "");
        self.keeps_secrets(answer);
        self.log_says(why);
    }

    /// Asserts that the client was told `error`, with nothing stored but what was, and the log's word.
    pub(crate) fn client_was_told(&self, answer: &Answer, error: &str, why: &str) {
        let landing = answer.landing();
        let told = |name: &str| landing.get(name).map_or("", String::as_str);
        let issuer = self.service.issuer.as_str();
        let wanted = (error, "s t", issuer, "");
        let got = (told("error"), told("state"), told("iss"), told("code"));
        assert_eq!(got, wanted, "{}", self.service.log.text());
        answer.opens_no_session();
        self.keeps_secrets(answer);
        self.log_says(why);
    }

    /// Asserts that what was logged since the last time says this.
    pub(crate) fn log_says(&self, why: &str) {
        let log = self.service.log.text();
        let log = &log[self.judged.replace(log.len())..];
        assert!(log.contains(why), "{log}");
    }

    /// Asserts that neither this answer nor the log tells a secret.
    pub(crate) fn keeps_secrets(&self, answer: &Answer) {
        let secrets = self.google.now(|desk| desk.spoken.clone());
        let location = answer.location().unwrap_or_default();
        let told = secrets.iter().find(|it| answer.body.contains(*it) || location.contains(*it));
        assert_eq!(told, None, "{location} {}", answer.body);
        self.log_keeps_secrets();
    }

    /// Asserts that no secret of Google's or of ours was logged, nor the person's address.
    pub(crate) fn log_keeps_secrets(&self) {
        let secrets = self.google.now(|desk| desk.spoken.clone());
        let ours = ["cs_ac_", "cs_bt_", "cs_rt_", "cs_st_"];
        let all = secrets.iter().map(String::as_str).chain(ours);
        self.service.log.keeps(&all.collect::<Vec<_>>());
    }
}

/// The variables and the file with which a service knows the project at `uri`.
pub(crate) fn configured(uri: &str, keys: &[&str]) -> Setup {
    let setup = Setup::new();
    let path = "providers/firebase.toml";
    let shipped = std::fs::read_to_string(setup.root().join(path)).unwrap();
    let own = keys.iter().any(|key| key.starts_with("endpoints"));
    let moved = format!(
        "endpoints = {{ jwks = \"{uri}/securetoken/keys\", toolkit = \"{uri}/toolkit/v1/\", \
         token = \"{uri}{SERVICE_TOKEN}\" }}"
    );
    let keys = keys.join("\n") + "\n" + if own { "" } else { &moved };
    let secret = "secret = \"${GOOGLE_CLIENT_SECRET?}\"";
    let issuer = format!("{secret}, issuer = \"{uri}\"");
    let text = with_keys(&shipped, &keys).replace(secret, &issuer);
    setup
        .file(path, &text)
        .variable("COUNTERSIGN_PROVIDERS", "firebase")
        .variable("FIREBASE_PROJECT_ID", PROJECT)
        .variable("FIREBASE_API_KEY", API_KEY)
        .variable("FIREBASE_AUTH_DOMAIN", &format!("{PROJECT}.firebaseapp.com"))
}

/// A form of our own page, for what a browser does by itself.
pub(crate) fn form(state: &str) -> Form {
    Form::of(&[("state", state), ("confirm", "1")])
}

/// What a person is shown whose sign-in is over, or another browser's.
pub(crate) const EXPIRED: &str = "400 This sign-in has expired";

/// The token cannot be trusted.
pub(crate) const UNTRUSTED: &str = "403 server_error";
/// The person may not enter.
pub(crate) const DENIED: &str = "403 access_denied";
