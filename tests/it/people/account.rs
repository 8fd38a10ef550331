//! `/account`: what a person sees of themselves, and what they can end.

use http::{Request, header};

use super::steps::*;
use crate::harness::{Browser, Form, Service, Setup};

/// A person's browser, and an app that they allowed there.
async fn with_app(service: &Service, user: &str) -> (Browser, Connected) {
    let mut browser = signed_in(service, user).await;
    let app = connect(service, &mut browser, "read").await;
    (browser, app)
}

/// Allows the web app by the button of the page.
async fn connect(service: &Service, browser: &mut Browser, scope: &str) -> Connected {
    let ask = ask(service, &web_app(service).await, scope);
    let here = format!("{}{}", service.issuer, path(&ask));
    let page = browser.get(&here).await;
    let answer = browser.press(&here, &page, ("continue", "1")).await;
    Connected::by(service, &ask, &answer).await
}

/// Allows the usual client, a program on this computer.
async fn connect_program(service: &Service, browser: &mut Browser) -> Connected {
    let ask = service.ask(&service.client().await);
    let here = format!("{}{}", service.issuer, path(&ask));
    let page = browser.get(&here).await;
    let answer = browser.press(&here, &page, ("continue", "1")).await;
    Connected::by(service, &ask, &answer).await
}

#[tokio::test]
async fn where_nobody_is_signed_in_there_are_ways_to_and_nothing_else() {
    let setup = Setup::new().variable("COUNTERSIGN_PROVIDERS", "dev,oidc");
    let setup = setup.variable("OIDC_ISSUER", "http://127.0.0.1:9");
    let setup = setup.variable("OIDC_CLIENT_ID", "a").variable("OIDC_CLIENT_SECRET", "b");
    let service = setup.start().await;
    with_app(&service, "alice").await;
    let page = service.browser().get("/account").await;
    assert_eq!(page.page(), "200 Your account");
    assert!(page.body.contains("name=\"sign_in\" value=\"dev\""));
    assert!(page.body.contains("name=\"sign_in\" value=\"oidc\""));
    for of_somebody in ["Alice", "alice@", "A web app", "name=\"form\"", "name=\"end\""] {
        assert!(!page.body.contains(of_somebody), "{of_somebody}");
    }
}

#[tokio::test]
async fn a_sign_in_that_was_begun_there_leads_back_there() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let answer = sign_in(&mut browser, "alice").await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, Some("/account")));
    assert_eq!(browser.get("/account").await.page(), "200 Alice Admin");
    assert_eq!(service.rows(), "identities 1, users 1", "no code, no consent");
    let names: Vec<_> = browser.cookies.keys().map(String::as_str).collect();
    assert_eq!(names, ["countersign-session"], "the sign-in's own cookie is gone");
}

#[tokio::test]
async fn somebody_not_admitted_is_told_on_a_page() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let left = browser.post("/account", &Form::of(&[("sign_in", "dev")])).await;
    let leaving = left.location().unwrap().to_owned();
    let there = browser.get(&leaving).await;
    let chosen = browser.press(&leaving, &there, ("user", "mallory")).await;
    let answer = browser.get(chosen.location().unwrap()).await;
    assert_eq!(answer.page(), "403 You cannot sign in here");
    assert_eq!(session(&browser), "");
    assert_eq!(service.rows(), "");
}

#[tokio::test]
async fn a_provider_that_is_not_there_or_cannot_be_reached_is_said() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let answer = browser.post("/account", &Form::of(&[("sign_in", "gone")])).await;
    assert_eq!(answer.page(), "400 Nothing was changed");
    let setup = Setup::new().variable("COUNTERSIGN_PROVIDERS", "dev,oidc");
    let setup = setup.variable("OIDC_ISSUER", "http://127.0.0.1:9");
    let setup = setup.variable("OIDC_CLIENT_ID", "a").variable("OIDC_CLIENT_SECRET", "b");
    let service = setup.start().await;
    let answer = service.browser().post("/account", &Form::of(&[("sign_in", "oidc")])).await;
    assert_eq!(answer.page(), "503 Not available right now");
    assert!(answer.body.contains("Continue with single sign-on cannot be reached"));
}

#[tokio::test]
async fn a_person_sees_their_apps_identities_and_browsers() {
    let service = Service::start().await;
    let (mut browser, _) = with_app(&service, "alice").await;
    connect_program(&service, &mut browser).await;
    let page = browser.get("/account").await;
    for shown in [
        "A web app",
        "A test",
        "Demo tools",
        "See your profile and read data",
        "Continue as a development user",
        "<code>alice</code>",
        "this browser",
    ] {
        assert!(page.body.contains(shown), "{shown} {}", page.body);
    }
    assert_eq!(buttons(&page, "disconnect").len(), 2);
    assert_eq!(buttons(&page, "end").len(), 1);
    assert_eq!(buttons(&page, "add"), ["dev"]);
    assert!(buttons(&page, "remove").is_empty(), "the last identity stays");
    assert!(!page.body.contains(&session(&browser)), "the cookie is told to nobody");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
}

#[tokio::test]
async fn an_app_connected_twice_is_shown_once_and_ended_whole() {
    let service = Service::start().await;
    let (mut browser, mut first) = with_app(&service, "alice").await;
    let mut second = connect(&service, &mut browser, "read write").await;
    let page = browser.get("/account").await;
    assert_eq!(buttons(&page, "disconnect"), [first.app.clone()]);
    press(&service, &mut browser, ("disconnect", &first.app)).await;
    assert!(!first.lives(&service).await && !second.lives(&service).await);
}

#[tokio::test]
async fn a_browser_is_shown_as_it_describes_itself_and_as_text() {
    let service = Service::start().await;
    let agents = [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        ("<script>alert(1)</script>", "A browser"),
    ];
    for (agent, label) in agents {
        let mut browser = service.browser();
        let left = browser.post("/account", &Form::of(&[("sign_in", "dev")])).await;
        let leaving = left.location().unwrap().to_owned();
        let there = browser.get(&leaving).await;
        let back = browser.press(&leaving, &there, ("user", "alice")).await;
        let back = back.location().unwrap().strip_prefix(&service.issuer).unwrap().to_owned();
        browser.get_with(&back, &[(header::USER_AGENT.as_str(), agent)]).await;
        let page = browser.get("/account").await;
        assert!(page.body.contains(label), "{label}");
        assert!(!page.body.contains("<script>alert"));
    }
}

#[tokio::test]
async fn a_disconnected_app_is_refused_at_once_and_its_consent_is_forgotten() {
    let service = Service::start().await;
    let (mut browser, mut app) = with_app(&service, "alice").await;
    let ask = ask(&service, &app.app, "read");
    let waiting = browser.get_with(&path(&ask), TYPED).await.landing();
    let answer = press(&service, &mut browser, ("disconnect", &app.app)).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, Some("/account")));
    assert_eq!(service.mcp(&app.access).await, 401);
    assert!(!app.lives(&service).await);
    let form = service.exchange(&app.app, &waiting["code"]).with("redirect_uri", WEB);
    assert_eq!(
        service.token(&form).await.json()["error"],
        "invalid_grant",
        "nor by a waiting code"
    );
    assert_eq!(browser.get_with(&path(&ask), TYPED).await.status, 200, "they are asked again");
    assert!(buttons(&browser.get("/account").await, "disconnect").is_empty());
}

#[tokio::test]
async fn other_apps_and_other_peoples_same_app_stay_connected() {
    let service = Service::start().await;
    let (mut browser, mut app) = with_app(&service, "alice").await;
    let mut program = connect_program(&service, &mut browser).await;
    let (mut bobs, mut his) = with_app(&service, "bob").await;
    assert_eq!(app.app, his.app);
    press(&service, &mut browser, ("disconnect", &app.app)).await;
    assert!(!app.lives(&service).await);
    assert!(program.lives(&service).await && his.lives(&service).await);
    let ask = ask(&service, &his.app, "read");
    assert_eq!(bobs.get_with(&path(&ask), TYPED).await.status, 303, "his consent too");
}

#[tokio::test]
async fn another_browser_is_signed_out_and_this_one_is_not() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let mut lost = signed_in(&service, "alice").await;
    let page = browser.get("/account").await;
    let own = page.body.split("<small>this browser</small>").nth(1).unwrap();
    let own = own.split("name=\"end\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let all = buttons(&page, "end");
    assert_eq!(all.len(), 2);
    let other = all.iter().find(|name| *name != own).unwrap();
    let answer = press(&service, &mut browser, ("end", other)).await;
    assert_eq!(answer.location(), Some("/account"));
    assert_eq!(person(&mut lost).await, None);
    assert_eq!(person(&mut browser).await.as_deref(), Some("Alice Admin"));
}

#[tokio::test]
async fn signing_out_here_clears_the_cookie_ends_the_session_and_keeps_apps() {
    let service = Service::start().await;
    for button in ["sign_out", "end"] {
        let (mut browser, mut app) = with_app(&service, "alice").await;
        let kept = browser.clone();
        let page = browser.get("/account").await;
        let value = if button == "end" { buttons(&page, button).remove(0) } else { "1".to_owned() };
        let answer = press(&service, &mut browser, (button, &value)).await;
        assert_eq!(answer.location(), Some("/sign-out"), "and the provider's session next");
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.header("set-cookie"), @"countersign-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
        }
        assert_eq!(session(&browser), "");
        assert_eq!(person(&mut kept.clone()).await, None, "whoever kept the cookie has nothing");
        assert!(app.lives(&service).await);
    }
}

#[tokio::test]
async fn a_get_changes_nothing_whatever_it_says() {
    let service = Service::start().await;
    let (mut browser, mut app) = with_app(&service, "alice").await;
    let page = browser.get("/account").await;
    let form = Form::on(&page.body).1.and("disconnect", &app.app).encoded();
    browser.get(&format!("/account?{form}")).await;
    let put = Request::put("/account").body(axum::body::Body::from(form)).unwrap();
    assert_eq!(browser.send(put).await.status, 405);
    assert!(app.lives(&service).await);
}

#[tokio::test]
async fn trouble_with_the_store_is_said_and_nothing_is_half_done() {
    let service = Service::start().await;
    let (mut browser, mut app) = with_app(&service, "alice").await;
    let fields = Form::on(&browser.get("/account").await.body).1;
    for verb in ["session", "person", "disconnect"] {
        service.store.breaks(verb);
        let form = fields.clone().and("disconnect", &app.app);
        let answer = browser.post("/account", &form).await;
        assert_eq!(answer.page(), "503 Not available right now", "{verb}");
        service.store.heals();
        assert!(app.lives(&service).await);
    }
}
