//! The question whether this is the person's account. No code exists before it is answered.

use http::{Request, header};
use serde_json::json;

use super::world::{EXPIRED, World, form};
use crate::{federation::world::query, harness::Browser};

#[tokio::test]
async fn without_the_confirmation_there_is_no_code() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let answer = world.post(&mut browser, &page.state, &world.google.token()).await;
    let here = world.next_of(&answer);
    let state = query(&here, "state").unwrap();
    for path in ["callback", "sign-in"] {
        for state in [&page.state, &state] {
            let url = format!("/{path}/firebase?state={state}&code=x");
            let mut tab = browser.clone(); // the callback takes the cookie away
            assert_eq!(tab.get(&url).await.page(), EXPIRED, "{path}");
        }
    }
    let answer = world.post(&mut browser, &state, &world.google.token()).await;
    world.was_told(&answer, "400 expired", "");
    assert_eq!(world.service.rows(), "clients 1, sign_ins 1, spent_digests 1");
    assert!(world.says_yes(&mut browser, &here).await.landing().contains_key("code"));
}

#[tokio::test]
async fn another_browser_can_neither_see_nor_give_the_confirmation() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let here = world.to_confirm(&mut browser).await;
    let (state, rows) = (query(&here, "state").unwrap(), world.service.rows());
    let mut attacker = world.service.browser();
    world.open(&mut attacker).await;
    for other in [&mut attacker, &mut world.service.browser()] {
        assert_eq!(other.get(&here).await.page(), EXPIRED);
        assert_eq!(other.post("/confirm/firebase", &form(&state)).await.page(), EXPIRED);
    }
    assert_eq!(world.service.rows(), rows.replace("sign_ins 1", "sign_ins 2"));
    assert!(world.says_yes(&mut browser, &here).await.landing().contains_key("code"));
}

#[tokio::test]
async fn another_site_cannot_give_the_confirmation() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let here = world.to_confirm(&mut browser).await;
    let rows = world.service.rows();
    let foreign = [
        ("origin", "https://evil.example"),
        ("origin", "http://localhost:8000.evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
    ];
    for (name, value) in foreign {
        let answer = posted_by(&mut browser, &here, name, value).await;
        assert_eq!(answer.page(), "403 This sign-in request cannot be used", "{value}");
        assert_eq!(world.service.rows(), rows);
    }
    assert!(world.says_yes(&mut browser, &here).await.landing().contains_key("code"));
}

#[tokio::test]
async fn whoever_cancels_goes_back_to_the_client_without_a_code() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let here = world.to_confirm(&mut browser).await;
    let page = browser.get(&here).await;
    let answer = browser.press(&here, &page, ("cancel", "1")).await;
    world.client_was_told(&answer, "access_denied", "");
    assert_eq!(world.service.rows(), "clients 1, spent_digests 1");
    assert_eq!(browser.get(&here).await.page(), EXPIRED);
}

#[tokio::test]
async fn a_form_without_a_yes_is_a_no() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let here = world.to_confirm(&mut browser).await;
    let form = form(&query(&here, "state").unwrap()).without("confirm");
    let answer = browser.post("/confirm/firebase", &form).await;
    world.client_was_told(&answer, "access_denied", "");
}

#[tokio::test]
async fn a_confirmation_lapses() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let here = world.to_confirm(&mut browser).await;
    let state = query(&here, "state").unwrap();
    world.service.wait(600);
    assert_eq!(browser.get(&here).await.page(), EXPIRED);
    assert_eq!(browser.post("/confirm/firebase", &form(&state)).await.page(), EXPIRED);
    assert!(!world.service.rows().contains("codes"));
}

#[tokio::test]
async fn the_page_names_the_account_the_client_and_where_it_returns_to_and_runs_no_script() {
    let world = World::sdk().await;
    world.google.now(|desk| desk.person["name"] = json!("Alice <b>\u{202E}Liddell</b>"));
    let mut browser = world.service.browser();
    let here = world.to_confirm(&mut browser).await;
    let page = browser.get(&here).await;
    assert!(page.body.contains("Is this your account?"));
    assert!(
        !page.body.contains("<b>")
            && !page.body.contains('\u{202E}')
            && !page.body.contains("<script")
    );
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none';") && !policy.contains("script-src"),
        "{policy}"
    );
    assert!(policy.ends_with("form-action 'self' http:"), "{policy}");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("cross-origin-opener-policy"), "");
}

#[tokio::test]
async fn the_victims_browser_made_to_post_the_attackers_token_shows_whose_account_it_is() {
    let world = World::sdk().await;
    let mut victim = world.service.browser();
    let page = world.open(&mut victim).await;
    world.google.now(|desk| {
        desk.person["name"] = json!("Mallory");
        desk.person["email"] = json!("mallory@evil.example");
    });
    let answer = world.post(&mut victim, &page.state, &world.google.token()).await;
    let here = world.next_of(&answer);
    let shown = victim.get(&here).await;
    assert!(shown.body.contains("Mallory") && shown.body.contains("mallory@evil.example"));
    let answer = victim.press(&here, &shown, ("cancel", "1")).await;
    assert!(!answer.landing().contains_key("code"));
}

/// The yes as a form of another site would send it, cookies included.
async fn posted_by(
    browser: &mut Browser,
    here: &str,
    name: &str,
    value: &str,
) -> crate::harness::Answer {
    let state = query(here, "state").unwrap();
    let mut request = Request::post("/confirm/firebase")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header(header::ORIGIN, "null")
        .body(form(&state).encoded().into())
        .unwrap();
    let name: header::HeaderName = name.parse().unwrap();
    request.headers_mut().insert(name, value.parse().unwrap());
    browser.send(request).await
}
