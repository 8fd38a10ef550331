//! Our own session: begun by a sign-in, ended by time, by its owner and by the operator.

use super::*;

#[tokio::test]
async fn a_sign_in_for_a_client_signs_in_here_too() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let ask = web_ask(&service, "Web").await;
    let answer = service.walk(&mut browser, &ask, "alice").await;
    let line = answer.header("set-cookie").to_owned();
    let token = browser.cookies[SESSION].clone();
    let line = line.replace(&token, "VALUE");
    insta::assert_snapshot!(line, @"countersign-session=VALUE; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax");
    assert!(!service.database_holds(&token), "only its digest is kept");
    assert!(!answer.location().unwrap().contains(&token));
    service.log.keeps(&[&token, "alice@example.com"]);
    let page = browser.get("/account").await;
    assert!(page.body.contains("<h1>Alice Admin</h1>"), "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_refused_sign_in_begins_no_session() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let refused = enter(&service, &mut browser, "mallory").await;
    insta::assert_snapshot!(refused.page(), @"403 You cannot sign in here");
    let ask = web_ask(&service, "Web").await.with("scope", "admin");
    assert_eq!(service.walk(&mut browser, &ask, "bob").await.landing()["error"], "access_denied");
    assert!(!browser.cookies.contains_key(SESSION));
    assert_eq!(service.rows(), "clients 1");
}

/// C13: whoever plants a session id in a browser does not share the session that begins there.
#[tokio::test]
async fn a_session_id_planted_before_the_sign_in_is_worth_nothing_after_it() {
    let service = Service::start().await;
    let attacker = signed_in(&service, "bob").await;
    let planted = attacker.cookies[SESSION].clone();
    let mut victim = service.browser();
    victim.cookies.insert(SESSION.to_owned(), planted.clone());
    let back = {
        let ask = web_ask(&service, "Web").await;
        service.to_callback(&mut victim, &ask, "alice").await
    };
    victim.get(&back).await;
    assert_ne!(victim.cookies[SESSION], planted);
    let mut again = service.browser();
    again.cookies.insert(SESSION.to_owned(), planted);
    let page = again.get("/account").await;
    assert!(page.body.contains("Sign in first"), "the old id ended: {}", page.body);
    assert_eq!(service.count("sessions"), 1);
}

#[tokio::test]
async fn an_invented_a_damaged_or_a_doubled_session_cookie_is_none() {
    let service = Service::start().await;
    let browser = signed_in(&service, "alice").await;
    let good = browser.cookies[SESSION].clone();
    let invented = countersign::protocol::secret::SessionToken::from_entropy([7; 32]);
    let bad = [
        good[..good.len() - 1].to_owned(),
        format!("{good}="),
        good.replace("cs_se_", "cs_bt_"),
        format!("{good}; {SESSION}={}", invented.reveal()),
        invented.reveal().to_owned(),
        String::new(),
    ];
    for bad in bad {
        let mut other = service.browser();
        other.cookies.insert(SESSION.to_owned(), bad.clone());
        let page = other.get("/account").await;
        assert!(page.body.contains("Sign in first"), "{bad}");
    }
}

#[tokio::test]
async fn a_session_ends_after_an_hour_without_use() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    for _ in 0..3 {
        service.wait(3500);
        assert!(browser.get("/account").await.body.contains("Alice"), "use prolongs it");
    }
    service.wait(3600);
    assert!(!browser.get("/account").await.body.contains("Alice"));
}

#[tokio::test]
async fn a_session_ends_after_a_day_however_much_it_is_used() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    for _ in 0..47 {
        service.wait(1800);
        assert!(browser.get("/account").await.body.contains("Alice"));
    }
    service.wait(1800);
    assert!(!browser.get("/account").await.body.contains("Alice"));
}

#[tokio::test]
async fn use_is_written_down_every_five_minutes_and_not_at_every_look() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    service.wait(299);
    service.store.breaks("touch_session");
    assert_eq!(browser.get("/account").await.status, 200);
    service.wait(1);
    assert_eq!(browser.get("/account").await.status, 503);
}

#[tokio::test]
async fn a_session_survives_a_restart() {
    let service = Service::start().await;
    let cookies = signed_in(&service, "alice").await.cookies;
    let service = service.restart().await;
    let mut browser = service.browser();
    browser.cookies = cookies;
    assert!(browser.get("/account").await.body.contains("Alice"));
}

/// L8, D18
#[tokio::test]
async fn a_disabled_person_is_signed_out_at_once_and_stays_out() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let user = service.store().users().await.unwrap().remove(0);
    service.store().disable(&user.id, true, service.now()).await.unwrap();
    assert!(!browser.get("/account").await.body.contains("Alice"));
    let mut other = service.browser();
    let refused = enter(&service, &mut other, "alice").await;
    insta::assert_snapshot!(refused.page(), @"403 You cannot sign in here");
    assert!(!other.cookies.contains_key(SESSION));
    service.store().disable(&user.id, false, service.now()).await.unwrap();
    assert!(!browser.get("/account").await.body.contains("Alice"), "what ended stays ended");
    signed_in(&service, "alice").await;
}

/// L2
#[tokio::test]
async fn signing_out_ends_the_session_and_not_only_the_cookie() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let before = browser.clone();
    let done = press(&service, &mut browser, ("sign_out", "1")).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, Some("/sign-out")));
    assert!(!browser.cookies.contains_key(SESSION));
    assert!(!before.clone().get("/account").await.body.contains("Alice"));
    let mut browser = signed_in(&service, "alice").await;
    let kept = browser.clone();
    let here = format!("{}/sign-out", service.issuer);
    let page = browser.get(&here).await;
    browser.press(&here, &page, ("provider", "dev")).await;
    assert!(!browser.cookies.contains_key(SESSION), "the provider's sign-out signs out here too");
    assert!(!kept.clone().get("/account").await.body.contains("Alice"));
    assert_eq!(service.count("sessions"), 0);
}
