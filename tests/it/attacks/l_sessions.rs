//! L: signing out, the browser's session, and what it is worth to whom.

use axum::body::Body;
use countersign::store::People as _;
use http::{Method, Request};
use serde_json::json;
use wiremock::MockServer;

use super::before::Before;
use crate::{
    federation::{
        kind::{Kind, with_keys},
        world::World,
    },
    harness::{Browser, Form, REDIRECT, Service},
    keys::hand as key_hand,
    people::{
        agreed::Agreed,
        steps::{
            Connected, TYPED, WEB, ask, buttons, enter, path, person, press, session, sessions_of,
            signed_in, user, web_app,
        },
    },
};

/// What providers that offer back-channel logout post, with every fault there is and with none.
async fn logout_tokens(service: &Service) -> Vec<String> {
    let now = service.now().unix();
    let good = json!({
        "iss": service.config.providers[0].discovery_issuer(), "aud": "countersign", "sub": "alice",
        "iat": now, "exp": now + 120, "jti": "one",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    let key = key_hand(service).open().await.unwrap().now().signer.clone();
    let mut tokens = vec![key.sign(Some("logout+jwt"), &good).unwrap()];
    for (typ, name, value) in [
        (Some("JWT"), "jti", json!("two")),
        (Some("logout+jwt"), "events", json!(null)),
        (Some("logout+jwt"), "nonce", json!("n")),
        (Some("logout+jwt"), "iat", json!(now - 86_400)),
        (Some("logout+jwt"), "aud", json!("other")),
    ] {
        let mut claims = good.clone();
        claims[name] = value;
        tokens.push(key.sign(typ, &claims).unwrap());
    }
    tokens
}

/// Back-channel logout is not offered: no logout token, good or bad, is read anywhere.
#[tokio::test]
async fn l01_no_logout_token_of_any_kind_ends_a_session() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    for document in ["oauth-authorization-server", "openid-configuration"] {
        let told = service.get(&format!("/.well-known/{document}")).await.body;
        assert!(!told.contains("logout"), "{told}");
    }
    let tokens = logout_tokens(&service).await;
    let before = Before::of(&service);
    for token in &tokens {
        let form = Form::of(&[("logout_token", token)]);
        for path in [
            "/backchannel-logout",
            "/backchannel_logout",
            "/logout",
            "/callback/dev/logout",
            "/sign-out/dev",
            "/frontchannel-logout",
        ] {
            let answer = service.post(path, &form, &[]).await;
            assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (404, ""), "{path}");
        }
        for path in ["/sign-out", "/account", "/callback/dev", "/revoke", "/token"] {
            let answer = service.post(path, &form, &[]).await;
            // The account's page of nobody, for a form that asks for nothing.
            let home = path == "/account" && answer.location() == Some("/account");
            assert!(home || answer.status.is_client_error(), "{path}: {}", answer.status);
        }
    }
    let secrets: Vec<_> = tokens.iter().map(String::as_str).collect();
    before.stands(&service, &secrets);
    assert_eq!(person(&mut browser).await.as_deref(), Some("Alice Admin"));
}

/// Apps are connected by their own grants: they end by the button beside them, whole.
#[tokio::test]
async fn l02_signing_out_ends_the_session_in_the_store_and_disconnecting_the_whole_family() {
    let service = Service::start().await;
    for button in ["sign_out", "end", "provider"] {
        let mut browser = signed_in(&service, "alice").await;
        let alice = user(&service, "Alice Admin").await;
        let kept = browser.clone();
        let cookie = session(&browser);
        match button {
            "provider" => {
                let page = browser.get("/sign-out").await;
                let here = format!("{}/sign-out", service.issuer);
                browser.press(&here, &page, ("provider", "dev")).await;
            }
            "end" => {
                let value = buttons(&browser.get("/account").await, "end").remove(0);
                press(&service, &mut browser, ("end", &value)).await;
            }
            _ => drop(press(&service, &mut browser, ("sign_out", "1")).await),
        }
        assert_eq!(session(&browser), "", "{button}");
        assert!(sessions_of(&service, &alice).await.is_empty(), "{button}");
        let before = Before::of(&service);
        assert_eq!(person(&mut kept.clone()).await, None, "whoever kept the cookie: {button}");
        assert_eq!(person(&mut revived(&service, &cookie)).await, None, "{button}");
        before.stands(&service, &[&cookie]);
    }
    let mut browser = signed_in(&service, "alice").await;
    let ask = ask(&service, &web_app(&service).await, "read");
    let here = format!("{}{}", service.issuer, path(&ask));
    let page = browser.get(&here).await;
    let answer = browser.press(&here, &page, ("continue", "1")).await;
    let mut app = Connected::by(&service, &ask, &answer).await;
    assert!(app.lives(&service).await);
    press(&service, &mut browser, ("disconnect", &app.app)).await;
    let before = Before::of(&service);
    assert_eq!(service.mcp(&app.access).await, 401);
    assert_eq!(app.turn(&service).await.json()["error"], "invalid_grant");
    before.stands(&service, &[&app.access, &app.refresh]);
}

/// A fresh browser with this session cookie.
fn revived(service: &Service, cookie: &str) -> Browser {
    let mut browser = service.browser();
    browser.cookies.insert("countersign-session".to_owned(), cookie.to_owned());
    browser
}

#[tokio::test]
async fn l04_no_other_site_and_no_link_signs_anybody_out() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let cookie = session(&browser);
    let page = browser.get("/account").await;
    let sealed = Form::on(&page.body).1;
    let before = Before::of(&service);
    let here = Form::of(&[("provider", "dev")]);
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "http://localhost.evil.example:8000")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
    ] {
        for (path, form) in
            [("/sign-out", &here), ("/account", &sealed.clone().and("sign_out", "1"))]
        {
            let answer = browser.post_with(path, form, headers).await;
            assert!(
                matches!(answer.status.as_u16(), 400 | 403),
                "{path} {headers:?}: {}",
                answer.status
            );
            assert_eq!(answer.header("set-cookie"), "", "{path} {headers:?}");
        }
    }
    for forged in [Form::of(&[("sign_out", "1")]), Form::of(&[("form", "x"), ("sign_out", "1")])] {
        let answer = browser.post("/account", &forged).await;
        assert!(answer.status.is_client_error(), "a form that nobody was shown");
    }
    for link in ["/sign-out", "/sign-out?provider=dev", "/account?sign_out=1", "/signed-out"] {
        for method in [Method::GET, Method::HEAD] {
            let request = Request::builder().method(method).uri(link).body(Body::empty()).unwrap();
            let answer = browser.send(request).await;
            assert_eq!(answer.header("set-cookie"), "", "{link}");
        }
    }
    before.stands(&service, &[&cookie]);
    assert_eq!(person(&mut browser).await.as_deref(), Some("Alice Admin"));
}

/// Nothing is sent to clients when a person signs out, so nothing can hang or reach inside.
#[tokio::test]
async fn l05_no_client_s_logout_address_is_ever_asked() {
    let service = Service::start().await;
    let victim = MockServer::start().await;
    let metadata = json!({
        "client_name": "A test", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
        "backchannel_logout_uri": victim.uri(), "frontchannel_logout_uri": victim.uri(),
        "post_logout_redirect_uris": [victim.uri()], "backchannel_logout_session_required": true,
    });
    let client = service.register(&metadata).await.json();
    let client = client["client_id"].as_str().unwrap();
    let mut browser = service.browser();
    let landing = service.walk(&mut browser, &service.ask(client), "alice").await.landing();
    let tokens = service.token(&service.exchange(client, &landing["code"])).await.json();
    let page = browser.get("/sign-out").await;
    let here = format!("{}/sign-out", service.issuer);
    let left = browser.press(&here, &page, ("provider", "dev")).await;
    assert!(!left.location().unwrap().contains(&victim.uri()));
    let csp = page.header("content-security-policy");
    assert!(!csp.contains(&victim.uri()), "{csp}");
    let form =
        Form::of(&[("client_id", client), ("token", tokens["refresh_token"].as_str().unwrap())]);
    assert_eq!(service.post("/revoke", &form, &[]).await.status, 200);
    let evil = format!("/signed-out?post_logout_redirect_uri={}", victim.uri());
    assert_eq!(service.browser().get(&evil).await.location(), None);
    assert!(victim.received_requests().await.unwrap().is_empty());
    service.log.keeps(&[&victim.uri()]);
}

#[tokio::test]
async fn l07_a_session_begun_for_one_client_gives_another_one_nothing_unasked() {
    let mut agreed = Agreed::start().await;
    let service = &agreed.service;
    let metadata = json!({
        "client_name": "Another app", "redirect_uris": ["https://other.example/cb", WEB],
        "token_endpoint_auth_method": "none",
    });
    let other = service.register(&metadata).await.json();
    let other = other["client_id"].as_str().unwrap().to_owned();
    let cookie = session(&agreed.browser);
    let before = Before::of(service);
    for redirect in ["https://other.example/cb", WEB] {
        let ask = service.ask(&other).with("redirect_uri", redirect).and("scope", "read");
        let page = agreed.browser.get_with(&path(&ask), TYPED).await;
        assert_eq!(page.status, 200, "asked");
        assert!(page.body.contains("Another app") && page.body.contains("name=\"cancel\""));
        let silent = agreed.browser.get_with(&path(&ask.and("prompt", "none")), TYPED).await;
        let landing = silent.landing();
        assert_eq!((landing["error"].as_str(), landing.get("code")), ("consent_required", None));
    }
    before.stands(service, &[&cookie]);
    assert!(agreed.typed().await.landing().contains_key("code"), "the first one goes on");
}

#[tokio::test]
async fn l08_a_session_is_worth_what_its_person_may_do_now() {
    let mut agreed = Agreed::start().await;
    let answer = agreed.typed().await;
    let app = Connected::by(&agreed.service, &agreed.ask, &answer).await;
    let service = &agreed.service;
    let alice = user(service, "Alice Admin").await.id;
    assert!(service.store.disable(&alice, true, service.now()).await.unwrap());
    service.look().await;
    let cookie = session(&agreed.browser);
    let before = Before::of(service);
    assert_eq!(person(&mut revived(service, &cookie)).await, None);
    let silent = agreed.ask.clone().and("prompt", "none");
    let landing = revived(service, &cookie).get_with(&path(&silent), TYPED).await.landing();
    assert_eq!(landing["error"], "login_required");
    assert_eq!(service.mcp(&app.access).await, 401);
    assert_eq!(app.turn(service).await.json()["error"], "invalid_grant");
    before.stands(service, &[&cookie, &app.access, &app.refresh]);
    assert!(service.store.disable(&alice, false, service.now()).await.unwrap());
    assert_eq!(person(&mut revived(service, &cookie)).await, None, "it is not revived");
}

#[tokio::test]
async fn l08_a_session_ends_when_the_rules_change() {
    let world = World::of(Kind::Oidc).await;
    let mut browser = world.service.browser();
    enter(&world, &mut browser, "oidc").await;
    let cookie = session(&browser);
    let shipped = std::fs::read_to_string(world.setup.root().join("providers/oidc.toml")).unwrap();
    let rule = "[[allow]]\nemail_domain = \"elsewhere.example\"\n";
    let closed = format!("{}{rule}", with_keys(&shipped, ""));
    let world = world.changed(|setup| setup.file("providers/oidc.toml", &closed)).await;
    let before = Before::of(&world.service);
    assert_eq!(person(&mut revived(&world.service, &cookie)).await, None);
    before.stands(&world.service, &[&cookie]);
}
