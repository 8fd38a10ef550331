//! What people do, and how to see what came of it.

use countersign::{
    engine::record::{Grant, Session, User},
    store::People as _,
};
use serde_json::json;

use crate::{
    federation::world::{World, way_back},
    harness::{Answer, Browser, Form, Service},
};

/// Where the usual web app wants to be answered.
pub(crate) const WEB: &str = "https://app.example/callback";
/// Its other address.
pub(crate) const WEB_TOO: &str = "https://too.example/callback";
/// A person typed the address, or pressed a bookmark.
pub(crate) const TYPED: &[(&str, &str)] =
    &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

/// Registers the usual web app; always the same one.
pub(crate) async fn web_app(service: &Service) -> String {
    let metadata = json!({
        "client_name": "A web app", "redirect_uris": [WEB, WEB_TOO],
        "token_endpoint_auth_method": "none",
    });
    service.register(&metadata).await.json()["client_id"].as_str().unwrap().to_owned()
}

/// The web app's request for these scopes.
pub(crate) fn ask(service: &Service, app: &str, scope: &str) -> Form {
    service.ask(app).with("redirect_uri", WEB).and("scope", scope)
}

/// The path of a request.
pub(crate) fn path(ask: &Form) -> String {
    format!("/authorize?{}", ask.encoded())
}

/// A browser signed in at the account page, as a development user such as `alice`.
pub(crate) async fn signed_in(service: &Service, user: &str) -> Browser {
    let mut browser = service.browser();
    sign_in(&mut browser, user).await;
    browser
}

/// Signs a browser in, whoever is signed in there: what the callback answers.
pub(crate) async fn sign_in(browser: &mut Browser, user: &str) -> Answer {
    let left = browser.post("/account", &Form::of(&[("sign_in", "dev")])).await;
    let leaving = left.location().unwrap().to_owned();
    let there = browser.get(&leaving).await;
    let chosen = browser.press(&leaving, &there, ("user", user)).await;
    let answer = browser.get(chosen.location().unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, Some("/account")));
    assert!(!session(browser).is_empty());
    answer
}

/// Signs a browser in by a provider of this world.
pub(crate) async fn enter(world: &World, browser: &mut Browser, provider: &str) -> Answer {
    let left = browser.post("/account", &Form::of(&[("sign_in", provider)])).await;
    let fake = if provider == "spare" { &world.spare } else { &world.provider };
    browser.get(&way_back(fake, left.location().unwrap())).await
}

/// The session cookie of a browser, or nothing.
pub(crate) fn session(browser: &Browser) -> String {
    browser.cookies.get("countersign-session").cloned().unwrap_or_default()
}

/// The name at the top of the account page; none when nobody is signed in.
pub(crate) async fn person(browser: &mut Browser) -> Option<String> {
    let page = browser.get("/account").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let name = page.page().split_once(' ').unwrap().1.to_owned();
    let nobody = page.body.contains("name=\"sign_in\"");
    assert_eq!(nobody, name == "Your account");
    (!nobody).then_some(name)
}

/// Presses a button of the account page.
pub(crate) async fn press(
    service: &Service,
    browser: &mut Browser,
    button: (&str, &str),
) -> Answer {
    let page = browser.get("/account").await;
    browser.press(&format!("{}/account", service.issuer), &page, button).await
}

/// The values of the buttons of this name.
pub(crate) fn buttons(page: &Answer, name: &str) -> Vec<String> {
    let start = format!("<button name=\"{name}\" value=\"");
    let found = page.body.split(&start).skip(1);
    found.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// The stored user of this name.
pub(crate) async fn user(service: &Service, name: &str) -> User {
    let users = service.store.users().await.unwrap();
    users.into_iter().find(|user| user.name.as_deref() == Some(name)).unwrap()
}

pub(crate) async fn sessions_of(service: &Service, user: &User) -> Vec<Session> {
    service.store.sessions_of(&user.id, service.now()).await.unwrap()
}

pub(crate) async fn grants_of(service: &Service, user: &User) -> Vec<Grant> {
    service.store.grants_of(&user.id, service.now()).await.unwrap()
}

/// One connected app: its tokens.
pub(crate) struct Connected {
    pub(crate) app: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Connected {
    /// Redeems the code of an answer to this request.
    pub(crate) async fn by(service: &Service, ask: &Form, answer: &Answer) -> Self {
        let landing = answer.landing();
        let code = landing.get("code").unwrap_or_else(|| panic!("{landing:?}"));
        assert_eq!((landing["state"].as_str(), &landing["iss"]), ("s t", &service.issuer));
        let app = ask.value("client_id").unwrap().to_owned();
        let form = service.exchange(&app, code);
        let form = form.with("redirect_uri", ask.value("redirect_uri").unwrap());
        let answer = service.token(&form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let tokens = answer.json();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        Self { app, access: text("access_token"), refresh: text("refresh_token") }
    }

    /// An answer to the refresh token.
    pub(crate) async fn turn(&self, service: &Service) -> Answer {
        service.token(&service.refresh(&self.app, &self.refresh)).await
    }

    /// Whether the guard lets it in and its refresh token turns.
    pub(crate) async fn lives(&mut self, service: &Service) -> bool {
        let answer = self.turn(service).await;
        let let_in = service.mcp(&self.access).await == 200;
        assert_eq!(let_in, answer.status == 200, "{}", answer.body);
        if let_in {
            self.refresh = answer.json()["refresh_token"].as_str().unwrap().to_owned();
        } else {
            assert_eq!(answer.json()["error"], "invalid_grant");
        }
        let_in
    }

    /// Whose it is.
    pub(crate) fn person(&self) -> String {
        crate::harness::claims(&self.access).1["sub"].as_str().unwrap().to_owned()
    }
}
