//! When the page is left out, condition by condition: each of these tests breaks one.

use super::*;

/// A browser whose person agreed to the web client once.
struct Agreed {
    service: Service,
    browser: Browser,
    ask: Form,
}

impl Agreed {
    async fn once() -> Self {
        let service = Service::start().await;
        let mut browser = service.browser();
        let ask = web_ask(&service, "Web").await;
        service.walk(&mut browser, &ask, "alice").await.landing();
        Self { service, browser, ask }
    }

    /// Whether the page is shown, and not a code sent.
    async fn is_asked(&mut self, ask: &Form, headers: &[(&str, &str)]) -> bool {
        let answer = open(&mut self.browser, ask, headers).await;
        match answer.status.as_u16() {
            200 => answer.body.contains("name=\"provider\""),
            303 => !answer.landing().contains_key("code"),
            other => panic!("{other} {}", answer.body),
        }
    }
}

#[tokio::test]
async fn whoever_agreed_before_and_comes_by_hand_is_not_asked_again() {
    let mut agreed = Agreed::once().await;
    let answer = open(&mut agreed.browser, &agreed.ask.clone(), &BY_HAND).await;
    let client = web_client(&agreed.service, "Web").await;
    let tokens = redeem(&agreed.service, &client, &answer).await;
    assert_eq!(agreed.service.mcp(text(&tokens, "access_token")).await, 200);
    assert_eq!(answer.landing()["iss"], agreed.service.issuer);
}

#[tokio::test]
async fn fewer_scopes_are_covered_and_leave_the_consent_as_it_was() {
    let mut agreed = Agreed::once().await;
    let fewer = agreed.ask.clone().with("scope", "read");
    assert!(!agreed.is_asked(&fewer, &BY_HAND).await);
    let all = agreed.ask.clone();
    assert!(!agreed.is_asked(&all, &BY_HAND).await);
}

#[tokio::test]
async fn more_scopes_than_agreed_to_are_asked_about() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let ask = web_ask(&service, "Web").await;
    service.walk(&mut browser, &ask.clone().with("scope", "read"), "alice").await.landing();
    let mut agreed = Agreed { service, browser, ask: ask.clone() };
    assert!(agreed.is_asked(&ask, &BY_HAND).await);
}

#[tokio::test]
async fn another_client_another_host_and_another_person_are_asked_about() {
    let mut agreed = Agreed::once().await;
    let other = web_ask(&agreed.service, "Other").await;
    assert!(agreed.is_asked(&other, &BY_HAND).await, "a client never seen before");
    let host = agreed.ask.clone().with("redirect_uri", "https://other.example/cb");
    assert!(agreed.is_asked(&host, &BY_HAND).await, "another place of return");
    agreed.browser = signed_in(&agreed.service, "bob").await;
    let ask = agreed.ask.clone();
    assert!(agreed.is_asked(&ask, &BY_HAND).await, "L7: one person's consent is no other's");
}

#[tokio::test]
async fn without_a_session_the_page_comes() {
    let mut agreed = Agreed::once().await;
    let ask = agreed.ask.clone();
    agreed.browser.cookies.remove(SESSION);
    assert!(agreed.is_asked(&ask, &BY_HAND).await);
}

#[tokio::test]
async fn a_visit_that_another_site_forced_on_the_person_gets_the_page() {
    let mut agreed = Agreed::once().await;
    let ask = agreed.ask.clone();
    let from = |site, mode, dest| {
        [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)]
    };
    for forced in [
        from("cross-site", "navigate", "document"),
        from("none", "navigate", "iframe"),
        from("same-origin", "no-cors", "image"),
    ] {
        assert!(agreed.is_asked(&ask, &forced).await, "{forced:?}");
    }
    assert!(agreed.is_asked(&ask, &[]).await, "a browser that does not say");
    let clicked = [&from("cross-site", "navigate", "document")[..], &[("sec-fetch-user", "?1")]];
    assert!(!agreed.is_asked(&ask, &clicked.concat()).await, "a click is the person's own");
}

#[tokio::test]
async fn a_client_may_insist_on_the_page() {
    let mut agreed = Agreed::once().await;
    for prompt in ["login", "consent", "select_account", "consent select_account"] {
        let ask = agreed.ask.clone().with("prompt", prompt);
        assert!(agreed.is_asked(&ask, &BY_HAND).await, "{prompt}");
    }
}

#[tokio::test]
async fn prompt_none_is_answered_without_a_page_either_way() {
    let mut agreed = Agreed::once().await;
    let ask = agreed.ask.clone().with("prompt", "none");
    assert!(!agreed.is_asked(&ask, &BY_HAND).await);
    let told = |answer: Answer| answer.landing()["error"].clone();
    let forced = open(&mut agreed.browser, &ask, &[]).await;
    assert_eq!(told(forced), "consent_required");
    let other = web_ask(&agreed.service, "Other").await.with("prompt", "none");
    assert_eq!(told(open(&mut agreed.browser, &other, &BY_HAND).await), "consent_required");
    let stranger = open(&mut agreed.service.browser(), &ask, &BY_HAND).await;
    assert_eq!(told(stranger), "login_required");
    let both = ask.with("prompt", "none login");
    assert_eq!(told(open(&mut agreed.browser, &both, &BY_HAND).await), "invalid_request");
}

#[tokio::test]
async fn a_client_that_was_disconnected_is_asked_about_anew() {
    let mut agreed = Agreed::once().await;
    let page = agreed.browser.get("/account").await;
    let handle = handles(&page, "disconnect").remove(0);
    press(&agreed.service, &mut agreed.browser, ("disconnect", &handle)).await;
    let ask = agreed.ask.clone();
    assert!(agreed.is_asked(&ask, &BY_HAND).await);
}

#[tokio::test]
async fn a_group_that_is_gone_takes_its_scopes_from_the_code_too() {
    let agreed = Agreed::once().await;
    let (cookies, ask) = (agreed.browser.cookies.clone(), agreed.ask.clone());
    let service = agreed
        .service
        .restart_with(|setup| {
            setup.edit("providers/dev.toml", |text| {
                let text = text.split("[[example]]").next().unwrap().to_owned();
                text.replace("has = \"admin\"", "has = \"boss\"")
            })
        })
        .await;
    let mut browser = service.browser();
    browser.cookies = cookies;
    let answer = open(&mut browser, &ask, &BY_HAND).await;
    let client = web_client(&service, "Web").await;
    assert_eq!(text(&redeem(&service, &client, &answer).await, "scope"), "read");
}
