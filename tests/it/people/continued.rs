//! `/authorize` for a person who is signed in here: one button, and the code is theirs.

use countersign::store::People as _;

use super::steps::*;
use crate::harness::{Answer, Browser, Form, Service};

/// The page as a signed-in browser holds it.
struct Shown {
    service: Service,
    browser: Browser,
    ask: Form,
    fields: Form,
    page: Answer,
}

impl Shown {
    async fn to(user: &str) -> Self {
        let service = Service::start().await;
        let mut browser = signed_in(&service, user).await;
        let ask = ask(&service, &web_app(&service).await, "read write");
        let page = browser.get(&path(&ask)).await;
        let fields = Form::on(&page.body).1.and("continue", "1");
        Self { service, browser, ask, fields, page }
    }

    async fn answer(&mut self) -> Answer {
        self.browser.post("/authorize", &self.fields).await
    }

    /// Asserts that the answer is this page and that nobody got a code.
    fn was_refused(&self, answer: &Answer, page: &str) {
        assert_eq!(answer.page(), page);
        let rows = self.service.rows();
        assert!(!rows.contains("codes") && !rows.contains("consents"), "{rows}");
    }
}

const EXPIRED: &str = "400 This sign-in has expired";

#[tokio::test]
async fn the_page_says_who_would_allow_it_and_a_press_gives_the_client_their_code() {
    let mut shown = Shown::to("alice").await;
    assert!(shown.page.body.contains("Continue as Alice Admin"), "{}", shown.page.body);
    assert!(shown.page.body.contains("alice@example.com"));
    let answer = shown.answer().await;
    let connected = Connected::by(&shown.service, &shown.ask, &answer).await;
    assert_eq!(connected.person(), user(&shown.service, "Alice Admin").await.id.as_str());
    assert_eq!(shown.service.mcp(&connected.access).await, 200);
    let (_, claims) = crate::harness::claims(&connected.access);
    assert_eq!(
        (claims["scope"].as_str(), claims["idp"].as_str()),
        (Some("read write"), Some("dev"))
    );
}

#[tokio::test]
async fn a_person_gets_no_more_than_they_have() {
    let mut shown = Shown::to("bob").await;
    let answer = shown.answer().await;
    let connected = Connected::by(&shown.service, &shown.ask, &answer).await;
    assert_eq!(crate::harness::claims(&connected.access).1["scope"], "read");
}

#[tokio::test]
async fn the_time_of_the_sign_in_is_that_at_the_provider() {
    let mut shown = Shown::to("alice").await;
    let signed_in = shown.service.now();
    shown.service.wait(500);
    let answer = shown.answer().await;
    let connected = Connected::by(&shown.service, &shown.ask, &answer).await;
    let auth_time = crate::harness::claims(&connected.access).1["auth_time"].as_i64().unwrap();
    assert!((auth_time - signed_in.unix()).abs() <= 2, "{auth_time}");
}

#[tokio::test]
async fn a_browser_where_nobody_is_signed_in_is_offered_no_such_button() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let page = service.browser().get(&path(&ask)).await;
    assert!(!page.body.contains("name=\"continue\""));
}

#[tokio::test]
async fn without_a_session_nobody_continues() {
    let mut shown = Shown::to("alice").await;
    shown.browser.cookies.remove("countersign-session");
    let answer = shown.answer().await;
    shown.was_refused(&answer, EXPIRED);
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_continues_nothing() {
    let mut shown = Shown::to("alice").await;
    let mut other = shown.browser.clone();
    press(&shown.service, &mut other, ("sign_out", "1")).await;
    let answer = shown.answer().await;
    shown.was_refused(&answer, EXPIRED);
}

#[tokio::test]
async fn a_form_of_another_browser_continues_nothing_whoever_is_signed_in_there() {
    let shown = Shown::to("alice").await;
    for name in ["bob", "alice"] {
        let mut other = signed_in(&shown.service, name).await;
        let answer = other.post("/authorize", &shown.fields).await;
        shown.was_refused(&answer, EXPIRED);
        other.get(&path(&shown.ask)).await;
        let answer = other.post("/authorize", &shown.fields).await;
        shown.was_refused(&answer, EXPIRED);
    }
}

#[tokio::test]
async fn a_page_that_named_one_person_gives_no_code_of_another() {
    let mut shown = Shown::to("alice").await;
    sign_in(&mut shown.browser, "bob").await;
    let answer = shown.answer().await;
    shown.was_refused(&answer, EXPIRED);
    sign_in(&mut shown.browser, "alice").await;
    assert!(shown.answer().await.landing().contains_key("code"), "it is the same person again");
}

#[tokio::test]
async fn a_page_that_named_nobody_gives_nobodys_code() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let ask = ask(&service, &web_app(&service).await, "read");
    let page = browser.get(&path(&ask)).await;
    let fields = Form::on(&page.body).1.and("continue", "1");
    sign_in(&mut browser, "alice").await;
    assert_eq!(browser.post("/authorize", &fields).await.page(), EXPIRED);
}

#[tokio::test]
async fn a_press_from_another_site_is_refused() {
    let mut shown = Shown::to("alice").await;
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("origin", "https://evil.example"),
    ] {
        let answer = shown.browser.post_with("/authorize", &shown.fields, &[header]).await;
        shown.was_refused(&answer, "403 This sign-in request cannot be used");
    }
}

#[tokio::test]
async fn a_form_that_was_changed_or_is_ten_minutes_old_continues_nothing() {
    let mut shown = Shown::to("alice").await;
    let good = shown.fields.clone();
    shown.fields = good.clone().with("form", "AAAA");
    let answer = shown.answer().await;
    shown.was_refused(&answer, EXPIRED);
    shown.fields = good;
    shown.service.wait(600);
    let answer = shown.answer().await;
    shown.was_refused(&answer, EXPIRED);
}

#[tokio::test]
async fn somebody_disabled_meanwhile_cannot_continue() {
    let mut shown = Shown::to("alice").await;
    let alice = user(&shown.service, "Alice Admin").await.id;
    shown.service.execute("UPDATE users SET disabled = 1 WHERE id = ?", alice.as_str());
    let answer = shown.answer().await;
    shown.was_refused(&answer, EXPIRED);
    assert!(shown.service.store.disable(&alice, true, shown.service.now()).await.unwrap());
    let answer = shown.answer().await;
    shown.was_refused(&answer, EXPIRED);
}

#[tokio::test]
async fn cancelling_gives_no_code_to_anybody() {
    let mut shown = Shown::to("alice").await;
    shown.fields = shown.fields.clone().and("cancel", "1");
    assert_eq!(shown.answer().await.landing()["error"], "access_denied");
}

#[tokio::test]
async fn trouble_with_the_store_gives_no_code_and_the_form_works_afterwards() {
    let mut shown = Shown::to("alice").await;
    for verb in ["session", "person", "put_code"] {
        shown.service.store.breaks(verb);
        let answer = shown.answer().await;
        shown.was_refused(&answer, "503 Not available right now");
        shown.service.store.heals();
    }
    assert!(shown.answer().await.landing().contains_key("code"));
}
