//! Group F: the pages on which a person decides.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Request, header};
use serde_json::json;
use url::Url;

use super::{before::Before, e_authorize::open};
use crate::{
    firebase,
    harness::{Answer, Form, REDIRECT, Service, Setup},
    people::{signed_in, steps::path},
};

fn is_not_framed(which: &str, answer: &Answer) {
    assert!(answer.header("content-type").starts_with("text/html"), "{which}: {}", answer.body);
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{which}: {policy}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{which}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{which}");
}

/// A page that nobody frames and that runs nothing but what its policy names.
fn is_guarded(which: &str, answer: &Answer) {
    is_not_framed(which, answer);
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none';", "base-uri 'none'", "form-action "] {
        assert!(policy.contains(part), "{which}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{which}: {policy}");
}

#[tokio::test]
async fn f01_no_page_can_be_framed() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let consent = path(&ask);
    let mut alice = signed_in(&service, "alice").await;
    for url in [
        &consent,
        "/authorize",
        "/",
        "/account",
        "/sign-out",
        "/callback/dev?state=x&code=y",
        "/confirm/dev",
        "/sign-in/dev",
    ] {
        is_guarded(url, &alice.get(url).await);
        is_guarded(url, &service.get(url).await);
    }
    is_guarded("signed out", &service.get("/signed-out").await);
    for url in ["/authorize", "/account", "/sign-out", "/confirm/dev"] {
        is_guarded(url, &alice.post(url, &Form::of(&[("form", "x"), ("end", "x")])).await);
    }
    let foreign =
        alice.post_with("/authorize", &Form::of(&[]), &[("origin", "https://evil.example")]).await;
    is_guarded("a form from elsewhere", &foreign);
    let elsewhere = Request::get(&consent).header(header::HOST, "evil.example").body(Body::empty());
    is_guarded("another name", &service.send(elsewhere.unwrap()).await);
    let leaving = service.to_provider(&mut service.browser(), &ask, "dev").await;
    is_not_framed("the development provider", &service.browser().get(&leaving).await);
    let world = firebase::world::World::sdk().await;
    let mut browser = world.service.browser();
    is_guarded("firebase", &world.open(&mut browser).await.answer);
    let confirm = world.to_confirm(&mut browser).await;
    is_guarded("confirm", &browser.get(&confirm).await);
}

const SCRIPT: &str = "<script>alert(1)</script><img src=x onerror=alert(1)>";

fn is_text(which: &str, answer: &Answer) {
    is_guarded(which, answer);
    let policy = answer.header("content-security-policy");
    assert!(!policy.contains("script-src"), "{which}: {policy}");
    for markup in ["<script", "<img src=x", "onerror=alert(1)>", "\" onload", "javascript:"] {
        assert!(!answer.body.contains(markup), "{which}: {markup} in {}", answer.body);
    }
}

/// Files of a provider and a server, with markup in every word that they say.
fn hostile() -> Setup {
    let toml = |text: String, from: &str| text.replacen(from, SCRIPT, 1);
    Setup::new()
        .edit("servers/demo.toml", |text| {
            toml(toml(text, "See your profile and read data"), "Demo tools")
        })
        .edit("providers/dev.toml", |text| {
            let rules = text.split("[[example]]").next().unwrap().to_owned();
            toml(toml(rules, "Alice Admin"), "Continue as a development user")
        })
}

#[tokio::test]
async fn f07_whatever_a_stranger_or_a_file_says_is_text_on_every_page() {
    let service = hostile().start().await;
    let metadata = json!({
        "client_name": format!("\" onload=x {SCRIPT}"), "client_uri": "javascript:alert(1)",
        "redirect_uris": [REDIRECT, "https://app.example/cb"], "token_endpoint_auth_method": "none",
    });
    let client = service.register(&metadata).await.json();
    let ask = service.ask(client["client_id"].as_str().unwrap()).with("state", SCRIPT);
    let mut alice = service.browser();
    let web = ask.clone().with("redirect_uri", "https://app.example/cb");
    assert!(service.walk(&mut alice, &web, "alice").await.landing().contains_key("code"));
    let page = alice.get(&path(&ask)).await;
    assert!(page.body.contains("&lt;script&gt;alert(1)"), "shown, as it is: {}", page.body);
    is_text("consent", &page);
    is_text("account", &alice.get("/account").await);
    let encoded: String = url::form_urlencoded::byte_serialize(SCRIPT.as_bytes()).collect();
    for url in [
        "/".to_owned(),
        "/sign-out".to_owned(),
        format!("/authorize?client_id={encoded}&redirect_uri={encoded}"),
        format!("/authorize?{encoded}=1&{encoded}=2&client_id=x"),
        format!("{}&{encoded}=1&client_id=2", path(&ask)),
        format!("/callback/dev?state={encoded}&error={encoded}&error_description={encoded}"),
        format!("/callback/{}?state=x&code=y", encoded.replace('+', "%20")),
        format!("/sign-in/dev?state={encoded}"),
    ] {
        is_text(&url, &alice.get(&url).await);
    }
    let fields = ["form", "provider", "end", "name", SCRIPT].map(|name| (name, SCRIPT));
    let form = Form::of(&fields);
    for url in ["/authorize", "/account", "/sign-out"] {
        is_text(url, &alice.post(url, &form).await);
    }
    let back = service.to_callback(&mut alice, &ask, "alice").await;
    let state = Url::parse(&back)
        .unwrap()
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned();
    let said = Form::of(&[("state", &state), ("error", SCRIPT), ("error_description", SCRIPT)]);
    let answer = alice.get(&format!("/callback/dev?{}", said.encoded())).await;
    let landing = answer.landing();
    assert_eq!(landing["error"], "server_error");
    assert!(!landing["error_description"].contains("script"), "our own words");
    assert!(!answer.location().unwrap().contains('<'));
}

#[tokio::test]
async fn f10_the_chooser_looks_nobody_up_and_guesses_are_counted() {
    let service = Service::start().await;
    service.tokens("alice").await;
    let ask = service.ask(&service.client().await);
    let mut browser = service.browser();
    browser.get(&path(&ask)).await;
    // No person is looked for, so that neither words nor time can tell whether there is one.
    for verb in ["user", "users", "identity", "person", "identities_of", "grants_of", "consents_of"]
    {
        service.store.breaks(verb);
    }
    let mut pages = BTreeSet::new();
    for hint in ["", "alice@example.com", "alice", "nobody@example.com", "' OR 1=1 --"] {
        let page = browser.get(&path(&ask.clone().with("login_hint", hint))).await;
        assert_eq!(page.status, 200);
        let sealed = Form::on(&page.body).1.value("form").unwrap().to_owned();
        pages.insert(page.body.replace(&sealed, "FORM"));
        let silent =
            open(&service, &ask.clone().with("login_hint", hint).with("prompt", "none")).await;
        assert_eq!(silent.landing()["error"], "login_required");
    }
    assert_eq!(pages.len(), 1, "one page for everybody");
    service.store.heals();
    // And whoever tries many is stopped.
    let setup = Setup::new().variable("COUNTERSIGN_ADDRESS_LIMIT", "20/1h");
    let service = setup.start().await;
    let ask = service.ask(&service.client().await);
    let mut browser = service.browser();
    let back = service.to_callback(&mut browser, &ask, "alice").await;
    let before = Before::of(&service);
    let mut answers = Vec::new();
    for n in 0..60 {
        let guess = format!("/callback/dev?state=cs_st_{n:043}&code=x");
        answers.push(service.get(&guess).await.status.as_u16());
    }
    assert!(answers.iter().filter(|status| **status == 400).count() < 20, "{answers:?}");
    assert_eq!(answers[59], 429);
    let refused = browser.get(&back).await;
    assert_eq!(refused.status, 429, "judged before anything is taken");
    before.stands(&service, &[]);
}
