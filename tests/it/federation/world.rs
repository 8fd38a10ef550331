//! A service, its provider, a second one beside it, and a client that wants in.

use std::{cell::Cell, collections::BTreeMap, sync::Arc};

use countersign::{
    ambient::{Clock as _, ManualClock, SystemClock},
    engine::record::User,
    protocol::id::UserId,
    store::People as _,
};
use serde_json::Value;
use url::Url;

use super::{fake::FakeProvider, kind::Kind};
use crate::harness::{Answer, Browser, Form, Service, Setup};

pub(crate) struct World {
    pub(crate) kind: Kind,
    pub(crate) provider: FakeProvider,
    /// The other provider; its id is `spare`.
    pub(crate) spare: FakeProvider,
    pub(crate) service: Service,
    pub(crate) setup: Setup,
    pub(crate) client: String,
    /// How much of the log belongs to what was judged before.
    judged: Cell<usize>,
}

impl World {
    /// With the provider's file as shipped.
    pub(crate) async fn of(kind: Kind) -> Self {
        Self::with(kind, str::to_owned).await
    }

    /// With the provider's file changed.
    pub(crate) async fn with(kind: Kind, edit: fn(&str) -> String) -> Self {
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let provider = FakeProvider::start(kind, Arc::clone(&clock)).await;
        let spare = FakeProvider::start(Kind::Spare, Arc::clone(&clock)).await;
        let setup = kind.configure(Setup::new(), &provider.uri, edit);
        let setup = Kind::Spare.configure(setup, &spare.uri, edit);
        let setup = setup.variable("COUNTERSIGN_PROVIDERS", &format!("{},spare", kind.id()));
        let service = setup.clone().start_at(clock).await;
        let client = service.client().await;
        Self { kind, provider, spare, service, setup, client, judged: Cell::default() }
    }

    /// The same world, its service started again with other settings.
    pub(crate) async fn changed(self, change: impl FnOnce(Setup) -> Setup) -> Self {
        let clock = Arc::clone(&self.service.clock);
        let setup = change(self.setup);
        drop(self.service);
        let service = setup.clone().start_at(clock).await;
        Self { service, setup, judged: Cell::default(), ..self }
    }

    /// The client's request, for every scope.
    pub(crate) fn ask(&self) -> Form {
        self.service.ask(&self.client).and("scope", "read write admin")
    }

    /// The person consents and leaves for a provider: its authorization URL.
    pub(crate) async fn leave(&self, browser: &mut Browser, provider: &str) -> String {
        self.service.to_provider(browser, &self.ask(), provider).await
    }

    /// The person signs in at the provider: the callback's URL, which the browser has yet to open.
    pub(crate) async fn callback(&self, browser: &mut Browser) -> String {
        let leaving = self.leave(browser, self.kind.id()).await;
        way_back(&self.provider, &leaving)
    }

    /// The whole way from the client's request to what the callback answers.
    pub(crate) async fn walk(&self) -> Answer {
        let mut browser = self.service.browser();
        let back = self.callback(&mut browser).await;
        browser.get(&back).await
    }

    /// The whole way by the other provider.
    pub(crate) async fn walk_by_spare(&self) -> Answer {
        let mut browser = self.service.browser();
        let leaving = self.leave(&mut browser, "spare").await;
        browser.get(&way_back(&self.spare, &leaving)).await
    }

    /// The whole way, and the code redeemed: the scopes granted. The access token works.
    pub(crate) async fn scopes(&self) -> String {
        self.scopes_of(&self.walk().await.landing()).await
    }

    /// The scopes that this landing's code is good for.
    pub(crate) async fn scopes_of(&self, landing: &BTreeMap<String, String>) -> String {
        let (answer, _) = self.redeem(landing).await;
        answer["scope"].as_str().unwrap().to_owned()
    }

    /// The internal user that this landing's code is about.
    pub(crate) async fn user_of(&self, landing: &BTreeMap<String, String>) -> String {
        let (_, claims) = self.redeem(landing).await;
        claims["sub"].as_str().unwrap().to_owned()
    }

    /// The token response for this landing's code.
    pub(crate) async fn tokens(&self, landing: &BTreeMap<String, String>) -> Value {
        self.redeem(landing).await.0
    }

    /// The user as stored.
    pub(crate) async fn user(&self, id: &str) -> User {
        self.service.store.user(&UserId::new(id)).await.unwrap().unwrap()
    }

    /// What an operator does to an account, done to all.
    pub(crate) fn disable_everybody(&self) {
        let database = self.setup.root().join("data/countersign.db");
        let connection = rusqlite::Connection::open(database).unwrap();
        connection.execute("UPDATE users SET disabled = TRUE", []).unwrap();
    }

    /// The token response and the claims of its access token.
    async fn redeem(&self, landing: &BTreeMap<String, String>) -> (Value, Value) {
        let code = landing.get("code").unwrap_or_else(|| panic!("{landing:?}"));
        assert_eq!((landing["state"].as_str(), &landing["iss"]), ("s t", &self.service.issuer));
        let answer = self.service.token(&self.service.exchange(&self.client, code)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer = answer.json();
        let access = answer["access_token"].as_str().unwrap();
        assert_eq!(self.service.mcp(access).await, 200);
        let (_, claims) = crate::harness::claims(access);
        (answer, claims)
    }

    /// Everything secret that passed either provider.
    pub(crate) fn secrets(&self) -> Vec<String> {
        [self.provider.secrets(), self.spare.secrets()].concat()
    }

    /// Fails when a secret of either provider was logged, or one of ours.
    pub(crate) fn log_keeps_secrets(&self) {
        let secrets = self.secrets();
        let ours = ["cs_ac_", "cs_bt_", "cs_rt_", "cs_st_"];
        let all = secrets.iter().map(String::as_str).chain(ours);
        self.service.log.keeps(&all.collect::<Vec<_>>());
    }

    /// Asserts that the client was told `error`, that nothing was stored and nothing secret logged,
    /// and that the log says `why`.
    pub(crate) fn was_refused(&self, answer: &Answer, error: &str, why: &str) {
        self.was_told(answer, error, why);
        self.nothing_is_stored();
    }

    /// The same, whatever is stored.
    pub(crate) fn was_told(&self, answer: &Answer, error: &str, why: &str) {
        let landing = answer.landing();
        let told = |name: &str| landing.get(name).map_or("", String::as_str);
        assert_eq!(
            (told("error"), told("state"), told("iss"), told("code")),
            (error, "s t", self.service.issuer.as_str(), ""),
            "the log says: {}",
            self.service.log.text()
        );
        answer.opens_no_session();
        let location = answer.location().unwrap();
        assert!(!self.secrets().iter().any(|secret| location.contains(secret)), "{location}");
        self.log_keeps_secrets();
        let log = self.service.log.text();
        let log = &log[self.judged.replace(log.len())..];
        assert!(log.contains(why), "{log}");
    }

    /// Asserts that the person was shown this page, and nothing secret on it or in the log.
    pub(crate) fn was_shown(&self, answer: &Answer, page: &str) {
        assert_eq!(answer.page(), page, "{}", self.service.log.text());
        answer.opens_no_session();
        let spoken = self.secrets().into_iter().find(|secret| answer.body.contains(secret));
        assert_eq!(spoken, None, "{}", answer.body);
        self.log_keeps_secrets();
    }

    /// Asserts that the person was told that the provider cannot be reached, and can go back and
    /// choose the other one, which works.
    pub(crate) async fn another_can_be_chosen(&self, browser: &mut Browser, answer: &Answer) {
        self.was_shown(answer, "503 The sign-in was interrupted");
        assert_ne!(answer.header("retry-after"), "");
        assert!(
            answer.body.contains(&format!("{} cannot be reached", self.label())),
            "{}",
            answer.body
        );
        let link = answer.body.split("class=\"go\" href=\"").nth(1).unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&").replace("&#x2f;", "/");
        let here = format!("{}{link}", self.service.issuer);
        let page = browser.get(&here).await;
        assert_eq!(page.status, 200);
        self.chooses_the_other(browser, &here, &page).await;
    }

    /// Presses the other provider's button on the page that stands here, and signs in.
    pub(crate) async fn chooses_the_other(&self, browser: &mut Browser, here: &str, page: &Answer) {
        let left = browser.press(here, page, ("provider", "spare")).await;
        let back = way_back(&self.spare, left.location().unwrap());
        let landing = browser.get(&back).await.landing();
        assert_eq!(self.scopes_of(&landing).await, "read");
    }

    /// What the provider's button says.
    pub(crate) fn label(&self) -> &str {
        &self.service.config.providers[0].label
    }

    /// How the service judges this provider: `ok` is not said.
    pub(crate) async fn health(&self, provider: &str) -> String {
        let ready = self.service.get("/readyz").await;
        assert_eq!(ready.status, 200, "a provider that is down makes nothing unready");
        let degraded = ready.json()["degraded"].as_array().unwrap().clone();
        let ours = degraded.iter().find(|entry| entry["provider"] == provider);
        ours.map_or("ok".to_owned(), |entry| entry["state"].as_str().unwrap().to_owned())
    }

    /// Asserts that the store holds the client and nothing else: no user, code, consent or grant, and
    /// no sign-in under way.
    pub(crate) fn nothing_is_stored(&self) {
        assert_eq!(self.service.rows(), "clients 1");
    }
}

/// Where the browser is sent after the person signed in.
pub(crate) fn way_back(provider: &FakeProvider, leaving: &str) -> String {
    let (redirect_uri, params) = provider.sign_in(leaving);
    Url::parse_with_params(&redirect_uri, params).unwrap().into()
}

/// The same with one parameter set, or removed.
pub(crate) fn with_param(url: &str, name: &str, value: Option<&str>) -> String {
    let mut url = Url::parse(url).unwrap();
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
    url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(value.map(|v| (name, v)));
    url.into()
}

/// One parameter of a URL.
pub(crate) fn query(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(known, _)| known == name);
    found.map(|(_, value)| value.into_owned())
}

/// Lets monotonic time pass, and nothing else happen meanwhile; the service's clock stands still.
pub(crate) async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(seconds)).await;
    tokio::time::resume();
}
