//! The way back from a provider: state, browser and provider must agree, once.

use super::{
    kind::Kind,
    world::{World, query, way_back, with_param},
};

const EXPIRED: &str = "400 This sign-in has expired";
const MALFORMED: &str = "400 This sign-in request cannot be used";

#[tokio::test]
async fn a_callback_in_another_browser_is_refused_and_changes_nothing() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut attacker = world.service.browser();
        let back = world.callback(&mut attacker).await;
        let mut victim = world.service.browser();
        world.was_shown(&victim.get(&back).await, EXPIRED);
        // A victim with a sign-in of their own under way has another cookie, of another name.
        world.leave(&mut victim, kind.id()).await;
        world.was_shown(&victim.get(&back).await, EXPIRED);
        assert_eq!(world.service.rows(), "clients 1, sign_ins 2");
        assert_eq!(world.provider.asked(kind.token_path()).await, 0);
    }
}

#[tokio::test]
async fn a_cookie_under_the_name_of_another_sign_in_is_refused() {
    let world = World::of(Kind::Oidc).await;
    let mut attacker = world.service.browser();
    let back = world.callback(&mut attacker).await;
    let name = attacker.cookies.keys().find(|name| name.contains("sign-in")).unwrap().clone();
    let mut victim = world.service.browser();
    world.leave(&mut victim, "oidc").await;
    let own = victim.cookies.iter().find(|(name, _)| name.contains("sign-in")).unwrap();
    let value = own.1.clone();
    victim.cookies.insert(name, value);
    world.was_shown(&victim.get(&back).await, EXPIRED);
    assert_eq!(world.service.rows(), "clients 1, sign_ins 2");
}

#[tokio::test]
async fn a_callback_at_another_providers_path_is_refused_and_changes_nothing() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        let mixed = back.replace(&format!("/callback/{}", kind.id()), "/callback/spare");
        let cookies = browser.cookies.clone();
        world.was_shown(&browser.get(&mixed).await, EXPIRED);
        assert_eq!(world.service.rows(), "clients 1, sign_ins 1");
        assert_eq!(world.spare.asked(Kind::Spare.token_path()).await, 0);
        assert_eq!(world.provider.asked(kind.token_path()).await, 0);
        browser.cookies = cookies;
        assert!(browser.get(&back).await.landing().contains_key("code"), "the honest way is open");
    }
}

#[tokio::test]
async fn a_code_of_another_provider_is_refused_by_the_one_that_is_asked() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut browser = world.service.browser();
        let leaving = world.leave(&mut browser, "spare").await;
        let (back, own) = (way_back(&world.spare, &leaving), world.callback(&mut browser).await);
        let code = query(&back, "code");
        let answer = browser.get(&with_param(&own, "code", code.as_deref())).await;
        world.was_told(&answer, "server_error", "refuses the code: invalid_grant");
        assert_eq!(world.service.rows(), "clients 1, sign_ins 1");
    }
}

#[tokio::test]
async fn a_state_is_good_once() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        let cookies = browser.cookies.clone();
        assert!(browser.get(&back).await.landing().contains_key("code"));
        let rows = world.service.rows();
        browser.cookies = cookies;
        world.was_shown(&browser.get(&back).await, EXPIRED);
        assert_eq!(world.service.rows(), rows);
        assert_eq!(world.provider.asked(kind.token_path()).await, 1);
    }
}

#[tokio::test]
async fn a_state_of_a_refused_sign_in_is_spent_as_well() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.defect = |draft| draft.without("nonce"));
        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        let cookies = browser.cookies.clone();
        let answer = browser.get(&back).await;
        world.was_refused(&answer, "server_error", "claim `nonce` is missing");
        world.provider.now(|desk| desk.defect = |_| {});
        browser.cookies = cookies;
        world.was_shown(&browser.get(&back).await, EXPIRED);
        world.nothing_is_stored();
    }
}

#[tokio::test]
async fn a_sign_in_lapses_after_ten_minutes() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        world.service.wait(600);
        world.was_shown(&browser.get(&back).await, EXPIRED);
        assert_eq!(world.provider.asked(kind.token_path()).await, 0);
    }
}

#[tokio::test]
async fn a_state_that_is_missing_invented_or_twice_is_refused() {
    let world = World::of(Kind::Oidc).await;
    let mut browser = world.service.browser();
    let back = world.callback(&mut browser).await;
    let invented = format!("cs_st_{}", "A".repeat(43));
    for state in [None, Some("x"), Some(invented.as_str())] {
        world.was_shown(&browser.get(&with_param(&back, "state", state)).await, EXPIRED);
    }
    let twice = format!("{back}&state={invented}");
    world.was_shown(&browser.get(&twice).await, MALFORMED);
    assert_eq!(world.service.rows(), "clients 1, sign_ins 1");
    assert!(browser.get(&back).await.landing().contains_key("code"));
}

#[tokio::test]
async fn an_answer_with_code_and_error_or_neither_or_an_endless_code_is_refused() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let endless = "c".repeat(50_000);
        for (name, value) in
            [("error", Some("access_denied")), ("code", None), ("code", Some(endless.as_str()))]
        {
            let mut browser = world.service.browser();
            let back = world.callback(&mut browser).await;
            let answer = browser.get(&with_param(&back, name, value)).await;
            world.was_refused(&answer, "server_error", "");
            assert_eq!(world.provider.asked(kind.token_path()).await, 0);
        }
    }
}

#[tokio::test]
async fn what_a_provider_says_of_a_refusal_is_not_passed_on() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        for (said, told) in [
            ("access_denied", "access_denied"),
            ("login_required", "access_denied"),
            ("consent_required", "access_denied"),
            ("interaction_required", "access_denied"),
            ("temporarily_unavailable", "temporarily_unavailable"),
            ("invalid_request", "server_error"),
            ("unauthorized_client", "server_error"),
            ("<script>alert(1)</script>", "server_error"),
        ] {
            let mut browser = world.service.browser();
            let back = with_param(&world.callback(&mut browser).await, "code", None);
            let back = with_param(&back, "error", Some(said));
            let words = "<script>alert(1)</script>\r\nset-cookie: x=y";
            let answer = browser.get(&with_param(&back, "error_description", Some(words))).await;
            world.was_refused(&answer, told, "the provider declined");
            assert!(!answer.location().unwrap().contains("script%3E"));
            assert!(!world.service.log.text().contains("set-cookie: x"), "log injection");
        }
    }
}

#[tokio::test]
async fn an_unknown_provider_has_no_callback() {
    let world = World::of(Kind::Oidc).await;
    let mut browser = world.service.browser();
    let back = world.callback(&mut browser).await;
    let other = back.replace("/callback/oidc", "/callback/nobody");
    world.was_shown(&browser.get(&other).await, EXPIRED);
    assert_eq!(world.service.rows(), "clients 1, sign_ins 1");
}
