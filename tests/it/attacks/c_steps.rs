//! C, the steps themselves: none can be taken before the one ahead of it, and each hop forgets the form.

use serde_json::json;

use super::before::Before;
use crate::{
    federation::{
        callback::EXPIRED,
        kind::{Kind, SECRET},
        world::{World, query, way_back},
    },
    firebase,
    harness::{Answer, Form},
    people::steps::press,
};

/// Asserts that nothing was given by this answer: an error, or the person's own page of nobody.
fn gives_nothing(answer: &Answer) {
    answer.opens_no_session();
    let own_page = answer.location() == Some("/account");
    assert!(answer.status.is_client_error() || own_page, "{} {}", answer.status, answer.body);
    assert!(own_page || answer.location().is_none());
}

#[tokio::test]
async fn c16_no_step_is_taken_without_the_one_before_it() {
    let world = World::of(Kind::Oidc).await;
    let mut browser = world.service.browser();
    let before = Before::of(&world.service);
    let upstream = Form::of(&[("state", "cs_st_x"), ("code", "upstream-code")]);
    for form in [Form::of(&[]), Form::of(&[("provider", "oidc")]), upstream.clone()] {
        for path in ["/authorize", "/confirm/oidc", "/callback/oidc", "/account", "/token"] {
            gives_nothing(&browser.post(path, &form).await);
        }
        gives_nothing(&browser.get(&format!("/callback/oidc?{}", form.encoded())).await);
    }
    before.stands(&world.service, &["upstream-code"]);

    // With a sign-in under way, and nobody who signed in at the provider.
    let leaving = world.leave(&mut browser, "oidc").await;
    let before = Before::of(&world.service);
    let state = query(&leaving, "state").unwrap();
    for path in ["/confirm/oidc", "/authorize", "/callback/oidc", "/account"] {
        for form in
            [Form::of(&[]), Form::of(&[("state", &state), ("confirm", "1"), ("continue", "1")])]
        {
            gives_nothing(&browser.post(path, &form).await);
        }
    }
    for code in [state.as_str(), "", "null"] {
        let form = world.service.exchange(&world.client, code);
        gives_nothing(&world.service.token(&form).await);
    }
    before.stands(&world.service, &[&state]);
    let landing = browser.get(&way_back(&world.provider, &leaving)).await.landing();
    assert!(landing.contains_key("code"), "the honest way is open");
}

#[tokio::test]
async fn c16_at_firebase_nothing_is_confirmed_before_a_token_nor_given_before_the_yes() {
    let world = firebase::world::World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let before = Before::of(&world.service);
    for body in ["", "{}", "null", r#"{"state":"","id_token":""}"#] {
        gives_nothing(&browser.send(world.post_with(body)).await);
    }
    let empty = json!({ "state": page.state, "id_token": "" }).to_string();
    gives_nothing(&browser.send(world.post_with(&empty)).await);
    let confirm = format!("/confirm/firebase?state={}", page.state);
    assert_eq!(browser.get(&confirm).await.page(), EXPIRED);
    assert_eq!(browser.post("/confirm/firebase", &Form::of(&[])).await.page(), EXPIRED);
    before.stands(&world.service, &[&page.state]);
    // Whoever confirms too early has ended their own sign-in.
    let yes = firebase::world::form(&page.state);
    assert_eq!(browser.post("/confirm/firebase", &yes).await.page(), EXPIRED);
    assert_eq!(world.service.rows(), "clients 1");
    let late = world.post(&mut browser, &page.state, &world.google.token()).await;
    world.was_told(&late, "400 expired", "");

    let page = world.open(&mut browser).await;
    let answer = world.post(&mut browser, &page.state, &world.google.token()).await;
    let here = world.next_of(&answer);
    let before = Before::of(&world.service);
    for path in ["callback", "sign-in"] {
        for state in [&page.state, &query(&here, "state").unwrap()] {
            let mut tab = browser.clone(); // the callback takes the cookie away
            let answer = tab.get(&format!("/{path}/firebase?state={state}&code=x")).await;
            assert_eq!(answer.page(), EXPIRED, "{path}");
            answer.opens_no_session();
        }
    }
    before.stands(&world.service, &[]);
    assert!(world.says_yes(&mut browser, &here).await.landing().contains_key("code"));
}

#[tokio::test]
async fn c18_every_hop_after_a_form_is_a_303_and_no_307_is_obeyed() {
    let world = World::of(Kind::Oidc).await;
    let mut browser = world.service.browser();
    let here = format!("{}/authorize?{}", world.service.issuer, world.ask().encoded());
    let page = browser.get(&here).await;
    let left = browser.press(&here, &page, ("provider", "oidc")).await;
    let back = way_back(&world.provider, left.location().unwrap());
    let finished = browser.get(&back).await;
    let page = browser.get(&here).await;
    let continued = browser.press(&here, &page, ("continue", "1")).await;
    let added = press(&world.service, &mut browser, ("add", "spare")).await;
    let signed_out = press(&world.service, &mut browser, ("sign_out", "1")).await;
    let page = browser.get(&here).await;
    let cancelled = browser.press(&here, &page, ("cancel", "1")).await;
    for (hop, answer) in [
        ("to the provider", left),
        ("from the provider", finished),
        ("continued", continued),
        ("to add another", added),
        ("signed out", signed_out),
        ("cancelled", cancelled),
    ] {
        assert_eq!(answer.status, 303, "{hop}");
        let to = answer.location().unwrap();
        assert!(!to.contains(SECRET) && !to.contains("form="), "{hop}: {to}");
    }

    // The hop in the other direction: our secret and code are not sent where a 307 points.
    let elsewhere = format!("{}/elsewhere", world.provider.uri);
    let manner = crate::federation::fake::Manner::Redirect(307, elsewhere);
    world.provider.now(|desk| desk.token = manner);
    let before = Before::of(&world.service);
    let answer = world.walk().await;
    world.was_told(&answer, "server_error", "it is a redirect");
    before.stands(&world.service, &[SECRET]);
    assert_eq!(world.provider.asked("/elsewhere").await, 0);
}
