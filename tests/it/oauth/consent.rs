//! `POST /authorize`: the person's answer, from our own page, in the same browser, in time.

use axum::body::Body;
use http::{Request, header};

use crate::harness::{Answer, Browser, Form, Service};

/// The page as a browser holds it, before a button is pressed.
struct Shown {
    service: Service,
    browser: Browser,
    fields: Form,
}

impl Shown {
    async fn page() -> Self {
        let service = Service::start().await;
        let ask = service.ask(&service.client().await);
        let mut browser = service.browser();
        let page = browser.get(&format!("/authorize?{}", ask.encoded())).await;
        let (action, fields) = Form::on(&page.body);
        assert_eq!(action, "/authorize");
        Self { service, browser, fields: fields.and("provider", "dev") }
    }

    async fn answer(&mut self) -> Answer {
        self.browser.post("/authorize", &self.fields).await
    }

    /// The answer with other headers than a browser would send.
    async fn answer_with(&mut self, headers: &[(&str, &str)]) -> Answer {
        let request = Request::post("/authorize")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(self.fields.encoded()));
        let mut request = request.unwrap();
        for (name, value) in headers {
            let name: header::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        self.browser.send(request).await
    }

    fn nothing_was_stored(&self) {
        assert_eq!(self.service.rows(), "clients 1");
    }
}

#[tokio::test]
async fn consent_leads_to_the_provider_by_303_with_our_own_state_nonce_and_pkce() {
    let mut shown = Shown::page().await;
    shown.nothing_was_stored();
    let answer = shown.answer().await;
    assert_eq!(shown.service.rows(), "clients 1, sign_ins 1", "stored now, and not before");
    let location = answer.location().unwrap().to_owned();
    let there = &shown.service.config.dev.as_ref().unwrap().issuer;
    assert!(location.starts_with(&format!("{there}/authorize?")), "{location}");
    let mut asked = answer.landing();
    for fresh in ["state", "nonce", "code_challenge"] {
        assert!(asked.remove(fresh).unwrap().len() >= 43, "{fresh}");
    }
    insta::assert_debug_snapshot!(asked, @r#"
    {
        "client_id": "countersign",
        "code_challenge_method": "S256",
        "redirect_uri": "http://localhost:8000/callback/dev",
        "response_type": "code",
        "scope": "openid email profile",
    }
    "#);
}

#[tokio::test]
async fn the_sign_ins_cookie_lives_ten_minutes_and_is_kept_from_scripts_and_other_sites() {
    let mut shown = Shown::page().await;
    let answer = shown.answer().await;
    let cookies = shown.browser.cookies.iter();
    let (name, value) =
        cookies.clone().find(|(name, _)| name.starts_with("countersign-sign-in-")).unwrap();
    let line = answer.header("set-cookie").replace(name, "NAME").replace(value, "VALUE");
    insta::assert_snapshot!(line, @"NAME=VALUE; Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
    assert!(!answer.location().unwrap().contains(value.as_str()), "the cookie is not the state");
}

#[tokio::test]
async fn two_sign_ins_of_one_browser_have_states_and_cookies_of_their_own() {
    let mut shown = Shown::page().await;
    let first = shown.answer().await.landing();
    let second = shown.answer().await.landing();
    for fresh in ["state", "nonce", "code_challenge"] {
        assert_ne!(first[fresh], second[fresh]);
    }
    assert_eq!(shown.browser.cookies.len(), 3);
}

#[tokio::test]
async fn cancelling_tells_the_client_and_stores_nothing() {
    let mut shown = Shown::page().await;
    shown.fields = shown.fields.clone().without("provider").and("cancel", "1");
    let answer = shown.answer().await;
    insta::assert_debug_snapshot!(answer.landing(), @r#"
    {
        "error": "access_denied",
        "error_description": "The person cancelled.",
        "iss": "http://localhost:8000",
        "state": "s t",
    }
    "#);
    shown.nothing_was_stored();
}

#[tokio::test]
async fn a_form_older_than_ten_minutes_is_refused_with_the_way_back() {
    let mut shown = Shown::page().await;
    shown.service.wait(599);
    assert_eq!(shown.answer().await.status, 303);
    shown.service.wait(1);
    let answer = shown.answer().await;
    insta::assert_snapshot!(answer.page(), @"400 This sign-in has expired");
    let link = answer.body.split("href=\"&#x2f;authorize?").nth(1).unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&").replace("&#x2f;", "/");
    let again = shown.browser.get(&format!("/authorize?{link}")).await;
    assert_eq!(again.status, 200, "the link opens the page anew");
}

#[tokio::test]
async fn a_form_posted_from_another_site_is_refused() {
    let mut shown = Shown::page().await;
    for headers in [
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
        [("sec-fetch-site", "none")],
        [("origin", "https://evil.example")],
        [("origin", "http://localhost:8000.evil.example")],
        [("origin", "http://localhost:8001")],
    ] {
        let refused = shown.answer_with(&headers).await.page();
        assert_eq!(refused, "403 This sign-in request cannot be used", "{headers:?}");
    }
    shown.nothing_was_stored();
    let own = [("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8000")];
    assert_eq!(shown.answer_with(&own).await.status, 303);
}

#[tokio::test]
async fn a_client_forgotten_meanwhile_is_refused() {
    let mut shown = Shown::page().await;
    let client = shown.service.client().await;
    let id = countersign::protocol::id::ClientId::new(client);
    let store = shown.service.store();
    assert!(store.remove_client(&id, shown.service.now()).await.unwrap());
    insta::assert_snapshot!(shown.answer().await.page(), @"400 This sign-in request cannot be used");
    assert_eq!(shown.service.rows(), "");
}
