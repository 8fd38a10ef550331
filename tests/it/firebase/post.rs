//! What is posted, and into which sign-in.

use axum::body::Body;
use http::Request;
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn a_body_that_is_not_exactly_state_and_token_is_refused() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let (state, token, rows) = (page.state, world.google.token(), world.service.rows());
    let whole = json!({ "state": state, "id_token": token }).to_string();
    let twice = whole.replacen('{', "{\"state\":\"x\",", 1);
    let bodies = [
        ("nothing", String::new()),
        ("no JSON", "state=x&id_token=y".to_owned()),
        ("the token alone", json!(token).to_string()),
        ("no state", json!({ "id_token": token }).to_string()),
        ("no token", json!({ "state": state }).to_string()),
        ("a token of null", json!({ "state": state, "id_token": null }).to_string()),
        ("two tokens", json!({ "state": state, "id_token": [token, token] }).to_string()),
        ("one more member", json!({ "state": state, "id_token": token, "uid": "x" }).to_string()),
        (
            "a refresh token beside",
            json!({ "state": state, "id_token": token, "refreshToken": "x" }).to_string(),
        ),
        ("the state twice", twice),
        ("a list around it", format!("[{whole}]")),
        ("something behind it", format!("{whole}{{}}")),
        ("no UTF-8 written as such", whole.replace("cs_st_", "\\ud800")),
    ];
    for (name, body) in bodies {
        let answer = browser.send(world.post_with(&body)).await;
        let code = answer.json()["error"].clone();
        assert_eq!((answer.status.as_u16(), code), (400, json!("malformed")), "{name}");
        world.keeps_secrets(&answer);
        assert_eq!(world.service.rows(), rows, "{name}");
    }
}

#[tokio::test]
async fn a_token_outside_the_body_is_not_looked_at() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let (token, rows) = (world.google.token(), world.service.rows());
    let state_alone = json!({ "state": page.state }).to_string();
    let by_query = format!("/callback/firebase?id_token={token}&state={}", page.state);
    let mut query = world.post_with(&state_alone);
    *query.uri_mut() = by_query.parse().unwrap();
    let mut header = world.post_with(&state_alone);
    header.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    for request in [query, header] {
        let answer = browser.send(request).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"].as_str()),
            (400, Some("malformed"))
        );
        world.keeps_secrets(&answer);
        assert_eq!(world.service.rows(), rows);
    }
}

#[tokio::test]
async fn a_body_beyond_64_kib_is_refused_unread() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let rows = world.service.rows();
    let long = "x".repeat(64 * 1024);
    let answer = world.post(&mut browser, &page.state, &long).await;
    assert_eq!(answer.status, 413);
    assert_eq!(world.service.rows(), rows);
    let fits = "x".repeat(63 * 1024);
    let answer = world.post(&mut browser, &page.state, &fits).await;
    world.was_told(&answer, super::world::UNTRUSTED, "the token is too long");
}

#[tokio::test]
async fn a_state_that_is_unknown_or_lapsed_is_refused() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let made_up = format!("cs_st_{}", "A".repeat(43));
    for state in ["", "x", "cs_st_", &made_up, &page.state.to_uppercase()] {
        let answer = world.post(&mut browser, state, &world.google.token()).await;
        world.was_told(&answer, "400 expired", "");
    }
    world.service.wait(600);
    let rows = world.service.rows();
    let answer = world.post(&mut browser, &page.state, &world.google.token()).await;
    world.was_told(&answer, "400 expired", "");
    assert_eq!(world.service.rows(), rows);
}

#[tokio::test]
async fn a_state_is_posted_to_its_own_provider_alone() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let rows = world.service.rows();
    for path in ["/callback/google", "/callback/dev", "/callback/nobody"] {
        let mut request = world.post_of(&page.state, &world.google.token());
        *request.uri_mut() = path.parse().unwrap();
        let answer = browser.send(request).await;
        world.was_told(&answer, "400 expired", "");
        assert_eq!(world.service.rows(), rows);
    }
}

#[tokio::test]
async fn a_state_of_a_redirect_provider_leads_nowhere_at_the_posted_intake() {
    let world = World::redirect(&[]).await;
    let mut browser = world.service.browser();
    let leaving = world.leave(&mut browser).await;
    let state = crate::federation::world::query(&leaving, "state").unwrap();
    let rows = world.service.rows();
    let answer = world.post(&mut browser, &state, &world.google.token()).await;
    world.was_told(&answer, "400 expired", "");
    for path in ["sign-in", "confirm"] {
        let page = browser.get(&format!("/{path}/firebase?state={state}")).await;
        assert_eq!(page.page(), super::world::EXPIRED, "{path}");
    }
    assert_eq!(world.service.rows(), rows);
    let back = world.google.now(|desk| desk.sign_in(&leaving));
    assert!(browser.get(&back).await.landing().contains_key("code"), "its own way still works");
}

#[tokio::test]
async fn a_posted_sign_in_s_state_leads_nowhere_at_the_redirect_callback() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let (token, rows) = (world.google.token(), world.service.rows());
    let state = &page.state;
    let queries = [
        format!("state={state}&code=x"),
        format!("state={state}&id_token={token}"),
        format!("state={state}&error=access_denied"),
        format!("state={state}&code=x&iss=https://securetoken.google.com/example-1a2b3"),
    ];
    for query in queries {
        let mut tab = browser.clone(); // the callback takes the cookie away
        let answer = tab.get(&format!("/callback/firebase?{query}")).await;
        assert_eq!(answer.page(), super::world::EXPIRED);
        world.keeps_secrets(&answer);
        assert_eq!(world.service.rows(), rows, "the sign-in is still under way");
    }
    let answer = world.post(&mut browser, state, &token).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn nothing_but_a_post_takes_a_token() {
    let world = World::sdk().await;
    for method in ["PUT", "PATCH", "DELETE"] {
        let request = Request::builder().method(method).uri("/callback/firebase");
        let answer = world.service.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 405, "{method}");
    }
}
