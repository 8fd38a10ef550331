//! `/sign-out`: the session at the identity provider ends there, or the page says that it did not.

use crate::harness::{Form, Service, Setup};

#[tokio::test]
async fn signing_out_leads_to_the_provider_and_back() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let ask = browser.get("/sign-out").await;
    assert_eq!(ask.page(), "200 Sign out", "a link signs nobody out");
    let here = format!("{}/sign-out", service.issuer);
    let leaving = browser.press(&here, &ask, ("provider", "dev")).await;
    assert_eq!(leaving.status, 303);
    let back = browser.get(leaving.location().unwrap()).await;
    assert_eq!(back.location(), Some("http://localhost:8000/signed-out"));
    let done = browser.get(back.location().unwrap()).await;
    assert_eq!(done.page(), "200 You are signed out here");
    assert_eq!(done.header("cross-origin-opener-policy"), "same-origin");
}

#[tokio::test]
async fn signing_out_ends_the_session_here_too() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let ask = service.ask(&service.client().await);
    service.walk(&mut browser, &ask, "alice").await;
    assert!(browser.get("/account").await.body.contains("Alice Admin"));
    let cookie = browser.cookies["countersign-session"].clone();
    assert_eq!(browser.get("/signed-out").await.location(), Some("/account"), "not yet");
    let page = browser.get("/sign-out").await;
    let here = format!("{}/sign-out", service.issuer);
    browser.press(&here, &page, ("provider", "dev")).await;
    assert!(!browser.cookies.contains_key("countersign-session"));
    browser.cookies.insert("countersign-session".to_owned(), cookie);
    assert!(!browser.get("/account").await.body.contains("Alice Admin"), "for good");
}

#[tokio::test]
async fn a_sign_out_at_a_provider_nobody_knows_is_refused() {
    let service = Service::start().await;
    for form in [Form::of(&[("provider", "gone")]), Form::of(&[])] {
        let answer = service.post("/sign-out", &form, &[]).await;
        assert_eq!(answer.page(), "400 This sign-out cannot be done");
        assert!(answer.body.contains("nobody was signed out"));
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_leaves_the_person_signed_in_and_the_page_says_so() {
    let setup = Setup::new().variable("COUNTERSIGN_PROVIDERS", "dev,oidc");
    let setup = setup.variable("OIDC_ISSUER", "http://127.0.0.1:9");
    let setup = setup.variable("OIDC_CLIENT_ID", "a").variable("OIDC_CLIENT_SECRET", "b");
    let service = setup.start().await;
    let answer = service.post("/sign-out", &Form::of(&[("provider", "oidc")]), &[]).await;
    assert_eq!(answer.page(), "200 You are signed out here, and still signed in there");
    assert!(answer.body.contains("Your session there goes on"), "{}", answer.body);
}
