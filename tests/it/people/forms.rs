//! Forms of the account page: from our own page, of this session, or nothing is changed.

use super::steps::*;
use crate::{
    federation::{
        kind::Kind,
        world::{World, way_back},
    },
    harness::{Answer, Browser, Form},
};

/// Alice with an app, two identities and two browsers, and everything she could press.
struct Desk {
    world: World,
    browser: Browser,
    app: Connected,
    fields: Form,
    presses: Vec<(String, String)>,
}

impl Desk {
    async fn start() -> Self {
        let world = World::of(Kind::Oidc).await;
        let mut browser = world.service.browser();
        enter(&world, &mut browser, "oidc").await;
        let left = press(&world.service, &mut browser, ("add", "spare")).await;
        browser.get(&way_back(&world.spare, left.location().unwrap())).await;
        enter(&world, &mut world.service.browser(), "oidc").await;
        let ask = world.ask();
        let here = format!("{}{}", world.service.issuer, path(&ask));
        let page = browser.get(&here).await;
        let answer = browser.press(&here, &page, ("continue", "1")).await;
        let app = Connected::by(&world.service, &ask, &answer).await;
        let page = browser.get("/account").await;
        let mut presses = vec![("sign_out".to_owned(), "1".to_owned())];
        for name in ["disconnect", "remove", "end", "add"] {
            let all = buttons(&page, name);
            assert!(!all.is_empty(), "{name}: {}", page.body);
            presses.extend(all.into_iter().map(|value| (name.to_owned(), value)));
        }
        let fields = Form::on(&page.body).1;
        Self { world, browser, app, fields, presses }
    }

    /// Posts every change with these fields in this browser; each must be answered so.
    async fn refuses(
        &mut self,
        browser: &mut Browser,
        fields: &Form,
        headers: &[(&str, &str)],
        page: &str,
    ) {
        let before = self.state().await;
        for (name, value) in self.presses.clone() {
            let form = fields.clone().and(&name, &value);
            let answer: Answer = browser.post_with("/account", &form, headers).await;
            assert_eq!(answer.page(), page, "{name} {headers:?}");
            assert_eq!(answer.header("set-cookie"), "", "{name} {headers:?}");
            assert_eq!(self.state().await, before, "{name} {headers:?}");
        }
        assert!(self.app.lives(&self.world.service).await);
        assert_eq!(person(&mut self.browser).await.as_deref(), Some("Alice Liddell"));
    }

    /// Everything that a change could change.
    async fn state(&self) -> (String, usize, usize) {
        let alice = self.world.user(&self.app.person()).await;
        let service = &self.world.service;
        (
            service.rows(),
            sessions_of(service, &alice).await.len(),
            grants_of(service, &alice).await.len(),
        )
    }
}

const NOTHING: &str = "400 Nothing was changed";
const OURS: &[(&str, &str)] = &[("sec-fetch-site", "same-origin"), ("origin", "null")];

#[tokio::test]
async fn without_a_form_or_with_a_changed_one_nothing_is_changed() {
    let mut desk = Desk::start().await;
    let sealed = desk.fields.value("form").unwrap().to_owned();
    let flipped = sealed.replacen(|c: char| c.is_ascii_lowercase(), "_", 1);
    let mut browser = desk.browser.clone();
    let none = desk.fields.clone().without("form");
    desk.refuses(&mut browser, &none, OURS, NOTHING).await;
    for form in ["", "AAAA", &sealed[1..], &flipped] {
        let fields = desk.fields.clone().with("form", form);
        desk.refuses(&mut browser, &fields, OURS, NOTHING).await;
    }
}

#[tokio::test]
async fn a_form_of_another_purpose_is_no_form_of_the_account() {
    let mut desk = Desk::start().await;
    let mut browser = desk.browser.clone();
    let page = browser.get(&path(&desk.world.ask())).await;
    let fields = Form::on(&page.body).1;
    desk.refuses(&mut browser, &fields, OURS, NOTHING).await;
}

#[tokio::test]
async fn a_form_of_another_person_or_another_browser_of_the_same_person_changes_nothing() {
    let mut desk = Desk::start().await;
    let mut mine = desk.browser.clone();
    let mut other = desk.world.service.browser();
    enter(&desk.world, &mut other, "oidc").await;
    let theirs = Form::on(&other.get("/account").await.body).1;
    desk.refuses(&mut mine, &theirs, OURS, NOTHING).await;
    let fields = desk.fields.clone();
    desk.refuses(&mut other, &fields, OURS, NOTHING).await;
    desk.world.provider.now(|provider| provider.person["sub"] = "mallory".into());
    let mut mallory = desk.world.service.browser();
    enter(&desk.world, &mut mallory, "oidc").await;
    let theirs = Form::on(&mallory.get("/account").await.body).1;
    desk.refuses(&mut mine, &theirs, OURS, NOTHING).await;
    desk.refuses(&mut mallory, &fields, OURS, NOTHING).await;
}

#[tokio::test]
async fn a_form_without_its_session_changes_nothing() {
    let mut desk = Desk::start().await;
    let mut nobody = desk.world.service.browser();
    let fields = desk.fields.clone();
    desk.refuses(&mut nobody, &fields, OURS, NOTHING).await;
}

/// CSRF: the cookie is there, and the form even is a good one.
#[tokio::test]
async fn a_good_form_from_another_site_changes_nothing() {
    let mut desk = Desk::start().await;
    let mut browser = desk.browser.clone();
    let fields = desk.fields.clone();
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "http://localhost:8001"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
    ] {
        let refusal = "403 This sign-in request cannot be used";
        desk.refuses(&mut browser, &fields, &[header], refusal).await;
    }
}

#[tokio::test]
async fn names_of_what_is_somebody_elses_change_nothing() {
    let mut desk = Desk::start().await;
    desk.world.provider.now(|provider| provider.person["sub"] = "mallory".into());
    let mut mallory = desk.world.service.browser();
    enter(&desk.world, &mut mallory, "oidc").await;
    let fields = Form::on(&mallory.get("/account").await.body).1;
    let before = desk.state().await;
    for (name, value) in desk.presses.clone() {
        if ["disconnect", "remove", "end"].contains(&name.as_str()) {
            let answer = mallory.post("/account", &fields.clone().and(&name, &value)).await;
            assert_eq!(answer.location(), Some("/account"), "{name}");
            assert_eq!(desk.state().await, before, "{name}");
        }
    }
    assert!(desk.app.lives(&desk.world.service).await);
    assert!(person(&mut mallory).await.is_some());
}

#[tokio::test]
async fn a_press_of_nothing_known_changes_nothing() {
    let mut desk = Desk::start().await;
    let before = desk.state().await;
    for (name, value) in [("disconnect", "gone"), ("remove", "x"), ("end", ""), ("other", "1")] {
        let answer = desk.browser.post("/account", &desk.fields.clone().and(name, value)).await;
        assert_eq!(answer.location(), Some("/account"), "{name}");
    }
    assert_eq!(desk.state().await, before);
}
