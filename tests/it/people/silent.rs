//! `prompt=none` (OpenID Connect Core §3.1.2.1): an answer without a page, or the reason why not.

use super::{agreed::Agreed, steps::*};
use crate::harness::{Form, REDIRECT, Service};

/// What the client is told: nothing when it got a code.
async fn told(agreed: &mut Agreed, ask: &Form, headers: &[(&str, &str)]) -> String {
    let ask = ask.clone().with("prompt", "none");
    let landing = agreed.browser.get_with(&path(&ask), headers).await.landing();
    let told = |name: &str| landing.get(name).cloned().unwrap_or_default();
    assert_eq!((told("state").as_str(), told("iss")), ("s t", agreed.service.issuer.clone()));
    assert_eq!(landing.contains_key("code"), told("error").is_empty(), "{landing:?}");
    told("error")
}

#[tokio::test]
async fn what_was_allowed_before_is_answered_with_a_code() {
    let mut agreed = Agreed::start().await;
    let ask = agreed.ask.clone();
    assert_eq!(told(&mut agreed, &ask, TYPED).await, "");
}

#[tokio::test]
async fn where_nobody_is_signed_in_a_sign_in_is_required() {
    let service = Service::start().await;
    let ask = ask(&service, &web_app(&service).await, "read").and("prompt", "none");
    let answer = service.browser().get_with(&path(&ask), TYPED).await;
    insta::assert_debug_snapshot!(answer.landing(), @r#"
    {
        "error": "login_required",
        "error_description": "prompt=none: a person has to sign in.",
        "iss": "http://localhost:8000",
        "state": "s t",
    }
    "#);
}

#[tokio::test]
async fn a_session_that_ended_requires_a_sign_in() {
    let mut agreed = Agreed::start().await;
    agreed.service.wait(3600);
    let ask = agreed.ask.clone();
    assert_eq!(told(&mut agreed, &ask, TYPED).await, "login_required");
}

#[tokio::test]
async fn what_was_not_allowed_requires_consent() {
    let mut agreed = Agreed::start().await;
    let ask = agreed.ask.clone();
    for more in [
        ask.clone().with("scope", "read write admin"),
        ask.clone().with("redirect_uri", WEB_TOO),
        agreed.service.ask(&agreed.service.client().await).with("redirect_uri", REDIRECT),
    ] {
        assert_eq!(told(&mut agreed, &more, TYPED).await, "consent_required");
    }
    sign_in(&mut agreed.browser, "bob").await;
    assert_eq!(told(&mut agreed, &ask, TYPED).await, "consent_required", "somebody else");
}

#[tokio::test]
async fn another_site_without_a_click_requires_consent() {
    let mut agreed = Agreed::start().await;
    let ask = agreed.ask.clone();
    let framed = [("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "iframe")];
    for headers in [&[][..], &framed] {
        assert_eq!(told(&mut agreed, &ask, headers).await, "consent_required");
    }
}

#[tokio::test]
async fn a_silent_answer_writes_nothing_when_it_is_no() {
    let mut agreed = Agreed::start().await;
    let before = agreed.service.rows();
    let ask = agreed.ask.clone().with("scope", "admin");
    told(&mut agreed, &ask, TYPED).await;
    assert_eq!(agreed.service.rows(), before);
}
