//! Consent that is remembered: what was allowed before is not asked again, where that is safe.

use countersign::{
    engine::record::{Client, ClientKind},
    protocol::id::ClientId,
    store::{People as _, Store as _},
};
use serde_json::json;

use super::steps::*;
use crate::harness::{Answer, Browser, Form, REDIRECT, Service, Setup};

/// Alice's browser, where she allowed the web app to read and write.
pub(crate) struct Agreed {
    pub(crate) service: Service,
    pub(crate) browser: Browser,
    pub(crate) ask: Form,
}

impl Agreed {
    pub(crate) async fn start() -> Self {
        Self::on(Setup::new()).await
    }

    async fn on(setup: Setup) -> Self {
        let service = setup.start().await;
        let browser = signed_in(&service, "alice").await;
        let ask = ask(&service, &web_app(&service).await, "read write");
        let mut agreed = Self { service, browser, ask };
        assert!(is_page(&agreed.typed().await), "asked the first time");
        agreed.allow(&agreed.ask.clone()).await;
        agreed
    }

    /// Presses "Continue as …" on the page of this request.
    async fn allow(&mut self, ask: &Form) -> Answer {
        let here = format!("{}{}", self.service.issuer, path(ask));
        let page = self.browser.get(&here).await;
        let answer = self.browser.press(&here, &page, ("continue", "1")).await;
        assert!(answer.landing().contains_key("code"));
        answer
    }

    /// The request as a person opens it.
    pub(crate) async fn typed(&mut self) -> Answer {
        self.browser.get_with(&path(&self.ask), TYPED).await
    }

    /// Whether the page is shown for another request than the one agreed to.
    async fn asks(&mut self, ask: &Form) -> bool {
        is_page(&self.browser.get_with(&path(ask), TYPED).await)
    }

    async fn asks_by(&mut self, headers: &[(&str, &str)]) -> bool {
        is_page(&self.browser.get_with(&path(&self.ask), headers).await)
    }
}

/// Whether a person is asked; otherwise the client was answered with a code.
fn is_page(answer: &Answer) -> bool {
    if answer.status == 200 {
        assert!(answer.body.contains("name=\"cancel\""), "{}", answer.body);
        return true;
    }
    assert!(answer.landing().contains_key("code"), "{:?}", answer.location());
    false
}

#[tokio::test]
async fn what_was_allowed_before_is_answered_at_once_with_code_state_and_issuer() {
    let mut agreed = Agreed::start().await;
    let answer = agreed.typed().await;
    let names: Vec<_> = answer.landing().into_keys().collect();
    assert_eq!(names, ["code", "iss", "state"], "each once");
    assert!(answer.location().unwrap().starts_with(WEB));
    let connected = Connected::by(&agreed.service, &agreed.ask, &answer).await;
    assert_eq!(agreed.service.mcp(&connected.access).await, 200);
    assert_eq!(connected.person(), user(&agreed.service, "Alice Admin").await.id.as_str());
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
}

#[tokio::test]
async fn a_sign_in_at_a_provider_is_an_agreement_too() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let ask = ask(&service, &web_app(&service).await, "read");
    assert!(service.walk(&mut browser, &ask, "alice").await.landing().contains_key("code"));
    assert!(!is_page(&browser.get_with(&path(&ask), TYPED).await));
}

#[tokio::test]
async fn less_than_was_allowed_is_not_asked_again() {
    let mut agreed = Agreed::start().await;
    let less = agreed.ask.clone().with("scope", "read");
    assert!(!agreed.asks(&less).await);
    assert!(!agreed.asks(&less).await);
}

#[tokio::test]
async fn more_than_was_allowed_is_asked() {
    let mut agreed = Agreed::start().await;
    for scope in ["read write admin", "admin"] {
        let more = agreed.ask.clone().with("scope", scope);
        assert!(agreed.asks(&more).await, "{scope}");
    }
    let all = agreed.ask.clone().without("scope");
    assert!(agreed.asks(&all).await, "no scope is every scope");
}

#[tokio::test]
async fn another_place_of_return_is_asked() {
    let mut agreed = Agreed::start().await;
    let elsewhere = agreed.ask.clone().with("redirect_uri", WEB_TOO);
    assert!(agreed.asks(&elsewhere).await);
}

#[tokio::test]
async fn another_client_is_asked() {
    let mut agreed = Agreed::start().await;
    let metadata = json!({
        "client_name": "A web app", "redirect_uris": [WEB, "https://app.example/other"],
        "token_endpoint_auth_method": "none",
    });
    let other = agreed.service.register(&metadata).await.json();
    let other = agreed.ask.clone().with("client_id", other["client_id"].as_str().unwrap());
    assert!(agreed.asks(&other).await);
}

#[tokio::test]
async fn another_server_is_asked() {
    let mut agreed = Agreed::on(Setup::new().variable("COUNTERSIGN_SERVERS", "demo,guarded")).await;
    let other = agreed.ask.clone().with("resource", "http://127.0.0.1:9000/mcp");
    assert!(agreed.asks(&other.with("scope", "read")).await);
}

#[tokio::test]
async fn another_person_is_asked_even_in_the_same_browser() {
    let mut agreed = Agreed::start().await;
    sign_in(&mut agreed.browser, "bob").await;
    assert!(agreed.asks_by(TYPED).await);
}

#[tokio::test]
async fn without_a_session_a_sign_in_is_asked_for() {
    let mut agreed = Agreed::start().await;
    agreed.browser.cookies.remove("countersign-session");
    assert!(agreed.asks_by(TYPED).await);
    let mut agreed = Agreed::start().await;
    agreed.service.wait(3600);
    assert!(agreed.asks_by(TYPED).await, "it ended");
}

#[tokio::test]
async fn the_persons_own_will_and_our_own_pages_are_no_other_site() {
    let mut agreed = Agreed::start().await;
    for site in ["none", "same-origin", "same-site"] {
        let opened = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        let mut headers = [&[("sec-fetch-site", site)][..], &opened].concat();
        assert!(!agreed.asks_by(&headers).await, "{site}");
        headers.push(("sec-purpose", "prefetch"));
        assert!(agreed.asks_by(&headers).await, "{site}, ahead of any wish");
        for (name, other) in [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")] {
            let changed = [("sec-fetch-site", site), (name, other)];
            assert!(agreed.asks_by(&changed).await, "{site}, {name}: {other}");
        }
    }
}

#[tokio::test]
async fn another_site_leads_past_the_page_only_by_a_persons_click() {
    let mut agreed = Agreed::start().await;
    let clicked = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-user", "?1"),
    ];
    assert!(!agreed.asks_by(&clicked).await);
    for missing in 1..clicked.len() {
        let mut headers = clicked.to_vec();
        let (name, _) = headers.remove(missing);
        assert!(agreed.asks_by(&headers).await, "without {name}");
    }
    for other in [
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "iframe"),
        ("sec-fetch-dest", "image"),
        ("sec-fetch-user", "?0"),
    ] {
        let headers = [&clicked[..], &[other]].concat();
        assert!(agreed.asks_by(&headers).await, "{other:?}");
    }
}

#[tokio::test]
async fn a_browser_that_says_nothing_counts_as_brought_by_another_site() {
    let mut agreed = Agreed::start().await;
    assert!(agreed.asks_by(&[]).await);
    assert!(agreed.asks_by(&[("sec-fetch-site", "")]).await);
}

#[tokio::test]
async fn a_client_that_wants_the_person_asked_gets_them_asked() {
    let mut agreed = Agreed::start().await;
    for prompt in ["login", "consent", "select_account", "login consent", "something"] {
        let ask = agreed.ask.clone().and("prompt", prompt);
        assert!(agreed.asks(&ask).await, "{prompt}");
    }
}

#[tokio::test]
async fn a_program_on_this_computer_or_behind_an_apps_scheme_is_asked_each_time() {
    let mut agreed = Agreed::start().await;
    let metadata = json!({
        "client_name": "An app", "redirect_uris": [REDIRECT, "com.example.app:/callback"],
        "token_endpoint_auth_method": "none",
    });
    let app = agreed.service.register(&metadata).await.json();
    for redirect in [REDIRECT, "com.example.app:/callback"] {
        let ask = agreed.ask.clone().with("client_id", app["client_id"].as_str().unwrap());
        let ask = ask.with("redirect_uri", redirect);
        for _ in 0..2 {
            agreed.allow(&ask).await;
            assert!(agreed.asks(&ask).await, "{redirect}");
        }
    }
}

#[tokio::test]
async fn a_program_on_this_computer_is_asked_for_each_time_even_if_the_operator_registered_it() {
    let mut agreed = Agreed::start().await;
    let ask = agreed.service.ask(&agreed.service.client().await).and("scope", "read");
    let id = ClientId::new(ask.value("client_id").unwrap());
    let known = agreed.service.store.client(&id, agreed.service.now()).await.unwrap().unwrap();
    let registered = Client { kind: ClientKind::PreRegistered, expires_at: None, ..known };
    agreed.service.store.put_client(&registered).await.unwrap();
    assert!(agreed.asks(&ask).await);
    agreed.allow(&ask).await;
    assert!(agreed.asks(&ask).await, "another program may listen there now");
}

#[tokio::test]
async fn somebody_disabled_meanwhile_is_not_answered_for() {
    let mut agreed = Agreed::start().await;
    let alice = user(&agreed.service, "Alice Admin").await.id;
    agreed.service.execute("UPDATE users SET disabled = 1 WHERE id = ?", alice.as_str());
    assert!(agreed.asks_by(TYPED).await);
    assert!(agreed.service.store.disable(&alice, true, agreed.service.now()).await.unwrap());
    assert!(agreed.asks_by(TYPED).await);
}

#[tokio::test]
async fn trouble_with_the_store_is_said_and_gives_no_code() {
    let mut agreed = Agreed::start().await;
    for verb in ["session", "consent", "put_code"] {
        agreed.service.store.breaks(verb);
        assert_eq!(agreed.typed().await.page(), "503 Not available right now", "{verb}");
        agreed.service.store.heals();
    }
    assert!(!is_page(&agreed.typed().await));
}
