//! `GET /callback/{provider}`: the way back from the provider. Browser, provider and state must agree.

use axum::body::Body;
use countersign::protocol::id::UserId;
use http::Request;
use url::Url;

use crate::harness::{Browser, Form, Service};

const STORED: &str = "clients 1, sign_ins 1";

/// A person about to return from the provider.
struct Returning {
    service: Service,
    browser: Browser,
    callback: Url,
}

impl Returning {
    async fn as_user(user: &str) -> Self {
        Self::to(Service::start().await, user).await
    }

    /// A sign-in after this one, at the same service.
    async fn anew(self) -> Self {
        Self::to(self.service, "alice").await
    }

    async fn to(service: Service, user: &str) -> Self {
        let ask = service.ask(&service.client().await);
        let mut browser = service.browser();
        let callback = service.to_callback(&mut browser, &ask, user).await;
        Self { service, browser, callback: Url::parse(&callback).unwrap() }
    }

    /// The parameters the provider sent.
    fn sent(&self) -> Form {
        self.callback
            .query_pairs()
            .fold(Form::of(&[]), |form, (name, value)| form.and(&name, &value))
    }

    async fn with(&mut self, sent: &Form) -> crate::harness::Answer {
        self.browser.get(&format!("/callback/dev?{}", sent.encoded())).await
    }

    /// The error the client is told, the sign-in being spent.
    async fn told(&mut self, sent: &Form) -> String {
        let landing = self.with(sent).await.landing();
        assert_eq!(landing["state"], "s t");
        assert_eq!(landing["iss"], "http://localhost:8000", "ours, not the provider's");
        assert_eq!(landing.len(), 4, "{landing:?}");
        format!("{}: {}", landing["error"], landing["error_description"])
    }
}

#[tokio::test]
async fn the_right_browser_gets_a_code_with_the_clients_state_and_our_issuer() {
    let mut back = Returning::as_user("alice").await;
    let sent = back.sent();
    let answer = back.with(&sent).await;
    let landing = answer.landing();
    assert_eq!(landing.keys().collect::<Vec<_>>(), ["code", "iss", "state"]);
    assert_eq!((&*landing["iss"], &*landing["state"]), ("http://localhost:8000", "s t"));
    assert!(landing["code"].starts_with("cs_ac_"));
    assert!(!back.service.database_holds(&landing["code"]));
    assert!(!back.browser.cookies.keys().any(|name| name.starts_with("countersign-sign-in-")));
    let (state, code) = (sent.value("state").unwrap(), sent.value("code").unwrap());
    back.service.log.keeps(&[&landing["code"], state, code, "alice@example.com"]);
}

#[tokio::test]
async fn another_browser_is_refused_and_the_sign_in_is_left_to_its_own() {
    let mut back = Returning::as_user("alice").await;
    let mut other = back.service.browser();
    insta::assert_snapshot!(other.get(back.callback.as_str()).await.page(), @"400 This sign-in has expired");
    let cookies = other.cookies.clone();
    let ask = back.service.ask(&back.service.client().await);
    back.service.to_callback(&mut other, &ask, "mallory").await;
    assert_ne!(other.cookies, cookies);
    assert!(other.get(back.callback.as_str()).await.page().starts_with("400 "), "login CSRF");
    assert_eq!(back.service.rows(), "clients 1, sign_ins 2");
    let sent = back.sent();
    assert!(back.with(&sent).await.landing().contains_key("code"));
}

#[tokio::test]
async fn the_path_of_another_provider_is_refused() {
    let mut back = Returning::as_user("alice").await;
    let sent = back.sent().encoded();
    for provider in ["google", "DEV", "dev%00", "unknown"] {
        let answer = back.browser.get(&format!("/callback/{provider}?{sent}")).await;
        assert_eq!(answer.status, 400, "{provider}");
    }
    assert_eq!(back.service.rows(), STORED);
}

#[tokio::test]
async fn a_state_works_once() {
    let mut back = Returning::as_user("alice").await;
    let cookies = back.browser.cookies.clone();
    let sent = back.sent();
    assert_eq!(back.with(&sent).await.status, 303);
    back.browser.cookies = cookies;
    let rows = back.service.rows();
    insta::assert_snapshot!(back.with(&sent).await.page(), @"400 This sign-in has expired");
    assert_eq!(back.service.rows(), rows);
}

#[tokio::test]
async fn an_unknown_missing_or_damaged_state_is_refused() {
    let mut back = Returning::as_user("alice").await;
    let sent = back.sent();
    let state = sent.value("state").unwrap().to_owned();
    let invented = "cs_st_".to_owned() + &"A".repeat(43);
    for state in ["", "x", &state[1..], &invented, &format!("{state}="), &state.to_uppercase()] {
        let answer = back.with(&sent.clone().with("state", state)).await;
        assert!(answer.page().starts_with("400 "), "{state}");
    }
    let answer = back.with(&sent.clone().without("state")).await;
    assert!(answer.page().starts_with("400 "));
    let answer = back.with(&sent.clone().and("state", &state)).await;
    assert!(answer.page().starts_with("400 "), "twice");
    assert_eq!(back.service.rows(), STORED);
}

#[tokio::test]
async fn a_sign_in_older_than_ten_minutes_is_refused() {
    let mut back = Returning::as_user("alice").await;
    back.service.wait(600);
    let sent = back.sent();
    assert!(back.with(&sent).await.page().starts_with("400 "));
}

#[tokio::test]
async fn an_answer_with_both_code_and_error_or_with_neither_is_refused() {
    let mut back = Returning::as_user("alice").await;
    let sent = back.sent().and("error", "access_denied");
    insta::assert_snapshot!(back.told(&sent).await, @"server_error: The identity provider's answer is malformed.");
    assert_eq!(back.service.rows(), "clients 1");
    let mut back = back.anew().await;
    let sent = back.sent().without("code");
    insta::assert_snapshot!(back.told(&sent).await, @"server_error: The identity provider's answer is malformed.");
    let mut back = back.anew().await;
    let sent = back.sent().with("code", &"c".repeat(5000));
    insta::assert_snapshot!(back.told(&sent).await, @"server_error: The identity provider's answer is malformed.");
}

#[tokio::test]
async fn a_code_the_provider_does_not_know_admits_nobody() {
    let mut back = Returning::as_user("alice").await;
    let sent = back.sent().with("code", &("cs_ac_".to_owned() + &"A".repeat(43)));
    insta::assert_snapshot!(back.told(&sent).await, @"server_error: The identity provider's answer could not be trusted.");
    assert_eq!(back.service.rows(), "clients 1");
}

#[tokio::test]
async fn an_answer_that_names_another_issuer_or_none_is_a_mix_up() {
    let mut back = Returning::as_user("alice").await;
    for iss in ["https://evil.example", "http://localhost:8000"] {
        let sent = back.sent().with("iss", iss);
        assert!(back.told(&sent).await.starts_with("server_error: "), "{iss}");
        assert_eq!(back.service.rows(), "clients 1");
        back = back.anew().await;
    }
    let sent = back.sent().without("iss");
    insta::assert_snapshot!(back.told(&sent).await, @"server_error: The identity provider's answer could not be trusted.");
}

#[tokio::test]
async fn the_providers_refusal_is_passed_on_in_our_words() {
    let mut told = Vec::new();
    let mut back = Returning::as_user("alice").await;
    for error in
        ["access_denied", "login_required", "temporarily_unavailable", "server_error", "<b>"]
    {
        let sent = back.sent().without("code").and("error", error);
        let sent = sent.and("error_description", "secret words").and("error_uri", "https://x");
        told.push(format!("{error} -> {}", back.told(&sent).await));
        back.service.log.keeps(&["secret words"]);
        back = back.anew().await;
    }
    insta::assert_debug_snapshot!(told, @r#"
    [
        "access_denied -> access_denied: The sign-in was declined at the identity provider.",
        "login_required -> access_denied: The sign-in was declined at the identity provider.",
        "temporarily_unavailable -> temporarily_unavailable: The identity provider is busy; try again.",
        "server_error -> server_error: The identity provider reported an error.",
        "<b> -> server_error: The identity provider reported an error.",
    ]
    "#);
}

#[tokio::test]
async fn a_person_who_is_not_admitted_leaves_no_trace() {
    let mut back = Returning::as_user("mallory").await;
    let sent = back.sent();
    insta::assert_snapshot!(back.told(&sent).await, @"access_denied: This account is not admitted here. Ask the operator, or use another account.");
    assert_eq!(back.service.rows(), "clients 1");
    back.service.log.keeps(&["mallory@example.com"]);
}

#[tokio::test]
async fn a_person_without_any_of_the_scopes_asked_for_is_refused() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await).with("scope", "admin");
    let landing = service.walk(&mut service.browser(), &ask, "bob").await.landing();
    insta::assert_snapshot!(landing["error"], @"access_denied");
    assert_eq!(service.rows(), "clients 1");
}

#[tokio::test]
async fn a_person_who_is_disabled_here_is_refused() {
    let service = Service::start().await;
    let tokens = service.tokens("bob").await;
    let (_, claims) = crate::harness::claims(tokens["access_token"].as_str().unwrap());
    disable(&service, claims["sub"].as_str().unwrap());
    let landing = service.sign_in("bob").await;
    insta::assert_snapshot!(landing["error"], @"access_denied");
    let store = service.store();
    assert!(store.user(&UserId::new(claims["sub"].as_str().unwrap())).await.unwrap().is_some());
}

pub(super) fn disable(service: &Service, user: &str) {
    service.execute("UPDATE users SET disabled = 1 WHERE id = ?", user);
}

#[tokio::test]
async fn one_person_is_one_user_however_often_they_sign_in() {
    let service = Service::start().await;
    let mut subjects = std::collections::BTreeSet::new();
    for user in ["alice", "alice", "bob"] {
        let tokens = service.tokens(user).await;
        let (_, claims) = crate::harness::claims(tokens["access_token"].as_str().unwrap());
        subjects.insert(claims["sub"].to_string());
    }
    assert_eq!(subjects.len(), 2);
    assert!(subjects.iter().all(|subject| subject.starts_with("\"usr_")), "the id is our own");
}

#[tokio::test]
async fn a_look_by_head_runs_nothing_and_leaves_the_sign_in_to_its_browser() {
    let mut back = Returning::as_user("alice").await;
    let path = format!("/callback/dev?{}", back.sent().encoded());
    let answer = back.browser.send(Request::head(path).body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET,POST"));
    assert_eq!(back.service.rows(), STORED);
    let sent = back.sent();
    assert!(back.with(&sent).await.landing().contains_key("code"));
}
