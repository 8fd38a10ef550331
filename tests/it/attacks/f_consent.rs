//! Group F: the person's consent, and the browser that gives it.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    before::Before,
    shared::{nearly, thief},
};
use crate::{
    harness::{Answer, Browser, Form, REDIRECT, Service, Setup, claims},
    people::{
        agreed::Agreed,
        signed_in,
        steps::{TYPED, path},
    },
};

const EXPIRED: &str = "400 This sign-in has expired";

/// The consent page of a request for `read`, in a browser.
struct Shown {
    service: Service,
    browser: Browser,
    fields: Form,
    client: String,
}

impl Shown {
    async fn page() -> Self {
        let service = Service::start().await;
        let client = service.client().await;
        let mut browser = service.browser();
        let page = browser.get(&path(&service.ask(&client).and("scope", "read"))).await;
        let fields = Form::on(&page.body).1.and("provider", "dev");
        Self { service, browser, fields, client }
    }

    /// Goes on from the provider's authorization URL as alice, to where the client is answered.
    async fn goes_on(&mut self, left: &Answer) -> Answer {
        let leaving = left.location().unwrap_or_else(|| panic!("{}", left.body)).to_owned();
        let there = self.browser.get(&leaving).await;
        let chosen = self.browser.press(&leaving, &there, ("user", "alice")).await;
        self.browser.get(chosen.location().unwrap()).await
    }
}

#[tokio::test]
async fn f03_what_was_shown_is_what_is_agreed_to_whatever_the_form_says() {
    let mut shown = Shown::page().await;
    let sealed = shown.fields.value("form").unwrap().to_owned();
    let account = signed_in(&shown.service, "bob").await.get("/account").await;
    let of_the_account = Form::on(&account.body).1.value("form").unwrap().to_owned();
    let stranger = Shown::page().await; // sealed with another master key
    let foreign = stranger.fields.value("form").unwrap().to_owned();
    drop(stranger);
    let thief = thief(&shown.service).await;
    let before = Before::of(&shown.service);
    let mut forms = nearly(&sealed);
    forms.extend([
        of_the_account,
        foreign,
        String::new(),
        "AAAA".to_owned(),
        "eyJhc2tlZCI6e319".to_owned(),
    ]);
    for form in &forms {
        let changed = shown.fields.clone().with("form", form);
        let answer = shown.browser.post("/authorize", &changed).await;
        assert_eq!(answer.page(), EXPIRED, "{form}");
    }
    before.stands(&shown.service, &[&sealed]);
    let beside = [
        ("client_id", thief.as_str()),
        ("redirect_uri", "https://evil.example/cb"),
        ("scope", "read write admin"),
        ("resource", "https://evil.example/mcp"),
        ("state", "evil"),
        ("code_challenge", "evil"),
        ("user", "usr_evil"),
    ];
    let fields =
        beside.iter().fold(shown.fields.clone(), |form, (name, value)| form.and(name, value));
    let left = shown.browser.post("/authorize", &fields).await;
    let answer = shown.goes_on(&left).await;
    assert!(answer.location().unwrap().starts_with(&format!("{REDIRECT}?")));
    assert_eq!(answer.landing()["state"], "s t");
    let exchange = shown.service.exchange(&shown.client, &answer.landing()["code"]);
    let tokens = shown.service.token(&exchange).await.json();
    let (_, claims) = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!((&claims["scope"], &claims["client_id"]), (&json!("read"), &json!(shown.client)));
    assert_eq!(claims["aud"], shown.service.resource);
}

/// Another client of the same name, which may return to the same host.
async fn namesake(service: &Service) -> String {
    let metadata = json!({
        "client_name": "A web app", "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://app.example/callback", "https://app.example/evil"],
    });
    service.register(&metadata).await.json()["client_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn f04_no_client_rides_on_the_consent_given_to_another() {
    let setup = Setup::new().variable("COUNTERSIGN_SERVERS", "demo,guarded");
    let mut agreed = Agreed::on(setup).await;
    let ask = agreed.ask.clone();
    let evil = namesake(&agreed.service).await;
    let beyond = [
        ("another client", ask.clone().with("client_id", &evil)),
        (
            "its other address",
            ask.clone().with("client_id", &evil).with("redirect_uri", "https://app.example/evil"),
        ),
        ("another host", ask.clone().with("redirect_uri", "https://too.example/callback")),
        ("more scopes", ask.clone().with("scope", "read write admin")),
        ("every scope", ask.clone().without("scope")),
        (
            "another server",
            ask.clone().with("resource", "http://127.0.0.1:9000/mcp").with("scope", "read"),
        ),
    ];
    let before = Before::of(&agreed.service);
    for (which, ask) in &beyond {
        let page = agreed.browser.get_with(&path(ask), TYPED).await;
        assert_eq!(page.status, 200, "{which}");
        assert!(page.body.contains("name=\"cancel\""), "{which}");
        let silent = path(&ask.clone().with("prompt", "none"));
        let landing = agreed.browser.get_with(&silent, TYPED).await.landing();
        assert_eq!(landing["error"], "consent_required", "{which}");
        assert!(!landing.contains_key("code"), "{which}");
    }
    let cookie = agreed.browser.cookies["countersign-session"].clone();
    before.stands(&agreed.service, &[&cookie]);
    // The consent is the person's and stored; the browser of another does not bring it along.
    let mut bob = signed_in(&agreed.service, "bob").await;
    assert_eq!(bob.get_with(&path(&ask), TYPED).await.status, 200);
    assert!(agreed.typed().await.landing().contains_key("code"), "what was agreed to goes on");
}

#[tokio::test]
async fn f06_a_program_on_this_computer_is_warned_about_and_asked_for_each_time() {
    let mut agreed = Agreed::start().await;
    let redirects =
        ["http://127.0.0.1/cb", "http://localhost/cb", "http://[::1]/cb", "com.example.app:/cb"];
    let metadata = json!({
        "client_name": "Claude Code", "redirect_uris": redirects, "token_endpoint_auth_method": "none",
    });
    let program = agreed.service.register(&metadata).await.json();
    let ask = agreed.ask.clone().with("client_id", program["client_id"].as_str().unwrap());
    for (redirect, shown, warning) in [
        (
            "http://127.0.0.1:7777/cb",
            "a program on this computer (<strong><bdi>127.0.0.1",
            "Make sure you started that program yourself",
        ),
        (
            "http://localhost:1/cb",
            "a program on this computer (<strong><bdi>localhost",
            "Make sure you started that program yourself",
        ),
        (
            "http://[::1]:7777/cb",
            "a program on this computer (<strong><bdi>[::1]",
            "Make sure you started that program yourself",
        ),
        ("com.example.app:/cb", "<bdi>com.example.app:</bdi>", "class=\"warn\""),
    ] {
        let ask = ask.clone().with("redirect_uri", redirect);
        for time in 0..2 {
            let page = agreed.browser.get_with(&path(&ask), TYPED).await;
            assert_eq!(page.status, 200, "{redirect} for the {time}. time");
            for text in [shown, warning, "calls itself", "Nobody has checked this name"] {
                assert!(page.body.contains(text), "{redirect}: {text} {}", page.body);
            }
            let silent = path(&ask.clone().with("prompt", "none"));
            let landing = agreed.browser.get_with(&silent, TYPED).await.landing();
            assert_eq!(landing["error"], "consent_required", "{redirect}");
            assert!(agreed.allow(&ask).await.landing().contains_key("code"));
        }
    }
    agreed.service.log.keeps(&[&agreed.browser.cookies["countersign-session"]]);
}

#[tokio::test]
async fn f09_a_sign_in_is_of_its_own_browser_and_its_name_not_to_be_guessed() {
    let mut shown = Shown::page().await;
    let mut other = signed_in(&shown.service, "bob").await;
    let before = Before::of(&shown.service);
    // The page: without a cookie, with one of another page, and with that of another browser's session.
    assert_eq!(shown.service.browser().post("/authorize", &shown.fields).await.page(), EXPIRED);
    other.get(&path(&shown.service.ask(&shown.client))).await;
    assert_eq!(other.post("/authorize", &shown.fields).await.page(), EXPIRED);
    let going_on = shown.fields.clone().without("provider").and("continue", "1");
    assert_eq!(other.post("/authorize", &going_on).await.page(), EXPIRED);
    before.stands(&shown.service, &[shown.fields.value("form").unwrap()]);
    // The way to the provider and back.
    let mut states = BTreeSet::new();
    for _ in 0..20 {
        let left = shown.browser.clone().post("/authorize", &shown.fields).await.landing();
        assert_eq!(left["state"].len(), "cs_st_".len() + 43, "256 bits");
        states.insert(left["state"].clone());
    }
    assert_eq!(states.len(), 20);
    let left = shown.browser.post("/authorize", &shown.fields).await;
    let state = left.landing()["state"].clone();
    let (name, cookie) =
        shown.browser.cookies.iter().find(|(name, _)| name.contains("sign-in")).unwrap();
    let (name, cookie) = (name.clone(), cookie.clone());
    assert_eq!(cookie.len(), "cs_bt_".len() + 43, "256 bits");
    let before = Before::of(&shown.service);
    let callback = format!("/callback/dev?state={state}&code=x");
    assert_eq!(shown.service.browser().get(&callback).await.page(), EXPIRED);
    assert_eq!(other.get(&callback).await.page(), EXPIRED);
    for guess in nearly(&cookie) {
        other.cookies.insert(name.clone(), guess);
        assert_eq!(other.get(&callback).await.page(), EXPIRED);
    }
    for guess in nearly(&state) {
        let answer =
            shown.browser.clone().get(&format!("/callback/dev?state={guess}&code=x")).await;
        assert_eq!(answer.page(), EXPIRED);
    }
    before.stands(&shown.service, &[&state, &cookie]);
    assert!(shown.goes_on(&left).await.landing().contains_key("code"), "its own goes on");
}
