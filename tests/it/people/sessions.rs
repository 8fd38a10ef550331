//! The session cookie: what it is, how long it is worth something, and when it is not.

use countersign::{
    protocol::issuer::Issuer, protocol::secret::SessionToken, web::cookies::CookieJar,
};
use http::{Request, header};

use super::steps::*;
use crate::harness::{Browser, Service};

const HOUR: u64 = 3600;

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_other_sites_and_stands_nowhere_else() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let answer = sign_in(&mut browser, "alice").await;
    let value = session(&browser);
    let lines = answer.headers.get_all(header::SET_COOKIE).into_iter();
    let line = lines.map(|line| line.to_str().unwrap()).find(|line| line.contains(&value));
    let line = line.unwrap().replace(&value, "VALUE");
    insta::assert_snapshot!(line, @"countersign-session=VALUE; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax");
    assert!(value.starts_with("cs_se_") && value.len() == "cs_se_".len() + 43, "256 bits");
    assert!(!service.database_holds(&value), "a digest is enough");
    service.log.keeps(&[&value]);
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[test]
fn on_https_the_cookie_is_bound_to_the_host() {
    let jar = CookieJar::of(&Issuer::parse("https://a.example").unwrap());
    let token = SessionToken::from_entropy([7; 32]);
    let line = jar.set_session(&token).unwrap();
    let line = line.to_str().unwrap().replace(token.reveal(), "VALUE");
    insta::assert_snapshot!(line, @"__Host-countersign-session=VALUE; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure");
}

#[tokio::test]
async fn a_sign_in_for_a_client_signs_the_browser_in_too() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let ask = service.ask(&service.client().await);
    assert!(service.walk(&mut browser, &ask, "alice").await.landing().contains_key("code"));
    assert_eq!(person(&mut browser).await.as_deref(), Some("Alice Admin"));
}

#[tokio::test]
async fn a_sign_in_that_was_refused_signs_nobody_in() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let before = session(&browser);
    let ask = service.ask(&service.client().await);
    let answer = service.walk(&mut browser, &ask, "mallory").await;
    assert_eq!(answer.landing()["error"], "access_denied");
    assert_eq!(session(&browser), before);
    assert_eq!(person(&mut browser).await.as_deref(), Some("Alice Admin"));
}

#[tokio::test]
async fn two_session_cookies_are_believed_neither_way() {
    let service = Service::start().await;
    let (alice, bob) = (signed_in(&service, "alice").await, signed_in(&service, "bob").await);
    let pair = |browser: &Browser| format!("countersign-session={}", session(browser));
    let page = |cookies: String| {
        let request = Request::get("/account").header(header::COOKIE, cookies);
        service.send(request.body(axum::body::Body::empty()).unwrap())
    };
    let planted = "countersign-session=planted".to_owned();
    for other in [pair(&bob), planted, pair(&alice)] {
        for both in [[pair(&alice), other.clone()], [other, pair(&alice)]] {
            assert_eq!(page(both.join("; ")).await.page(), "200 Your account");
        }
    }
    assert_eq!(page(pair(&alice)).await.page(), "200 Alice Admin");
}

#[tokio::test]
async fn a_session_not_used_for_an_hour_is_nobody() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    service.wait(HOUR - 1);
    assert!(person(&mut browser).await.is_some(), "and this use counts");
    service.wait(HOUR - 1);
    assert!(person(&mut browser).await.is_some());
    service.wait(HOUR);
    assert_eq!(person(&mut browser).await, None);
}

#[tokio::test]
async fn a_session_ends_after_a_day_however_often_it_is_used() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    for _ in 0..47 {
        service.wait(HOUR / 2);
        assert!(person(&mut browser).await.is_some());
    }
    service.wait(HOUR / 2 - 1);
    assert!(person(&mut browser).await.is_some());
    service.wait(1);
    assert_eq!(person(&mut browser).await, None);
}

#[tokio::test]
async fn a_session_survives_a_restart_and_works_at_another_replica() {
    let service = Service::start().await;
    let browser = signed_in(&service, "alice").await;
    let service = service.restart().await;
    let replica = service.replica().await;
    for place in [&service, &replica] {
        let mut here = place.browser();
        here.cookies.clone_from(&browser.cookies);
        assert_eq!(person(&mut here).await.as_deref(), Some("Alice Admin"));
    }
}

#[tokio::test]
async fn trouble_with_the_store_is_said_and_makes_nobody_of_nobody() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    for verb in ["session", "person", "grants_of", "sessions_of"] {
        service.store.breaks(verb);
        assert_eq!(browser.get("/account").await.page(), "503 Not available right now", "{verb}");
        service.store.heals();
    }
    assert_eq!(person(&mut browser).await.as_deref(), Some("Alice Admin"));
}
