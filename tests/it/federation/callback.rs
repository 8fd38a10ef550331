//! The way back from a provider: state, browser and provider must agree, once.

use super::{
    kind::Kind,
    world::{World, with_param},
};

pub(crate) const EXPIRED: &str = "400 This sign-in has expired";
pub(crate) const MALFORMED: &str = "400 This sign-in request cannot be used";

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
async fn an_unknown_provider_has_no_callback() {
    let world = World::of(Kind::Oidc).await;
    let mut browser = world.service.browser();
    let back = world.callback(&mut browser).await;
    let other = back.replace("/callback/oidc", "/callback/nobody");
    world.was_shown(&browser.get(&other).await, EXPIRED);
    assert_eq!(world.service.rows(), "clients 1, sign_ins 1");
}
