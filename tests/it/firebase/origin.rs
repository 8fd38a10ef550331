//! Who may post a token: our own page's script, in the browser where the sign-in began.

use axum::body::Body;
use http::{HeaderName, Request};

use super::world::World;

/// A header of the page's post and another value for it; none takes it away.
type Row = (&'static str, &'static str, Option<&'static str>);

#[tokio::test]
async fn a_token_posted_by_anything_but_our_own_script_is_refused() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let (rows, token) = (world.service.rows(), world.google.token());
    let mut failed = Vec::new();
    for (name, header, value) in FOREIGN {
        let answer =
            browser.send(changed(world.post_of(&page.state, &token), header, *value)).await;
        world.keeps_secrets(&answer);
        let told = (answer.status.as_u16(), answer.json()["error"].as_str() == Some("foreign"));
        if told != (403, true) || world.service.rows() != rows {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "these rows fail: {failed:#?}");
    let answer = world.post(&mut browser, &page.state, &token).await;
    assert_eq!(answer.status, 200, "none of them spent the token or the sign-in");
}

#[tokio::test]
async fn a_browser_that_sends_no_fetch_metadata_still_says_its_origin() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let request = world.post_of(&page.state, &world.google.token());
    let answer = browser.send(changed(request, "sec-fetch-site", None)).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn another_site_that_asks_first_is_told_nothing() {
    let world = World::sdk().await;
    let preflight = Request::options("/callback/firebase")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-countersign")
        .body(Body::empty())
        .unwrap();
    let answer = world.service.send(preflight).await;
    assert_eq!(answer.status, 405);
    let allowed = answer.headers.keys().find(|name| name.as_str().starts_with("access-control"));
    assert_eq!(allowed, None);
}

#[tokio::test]
async fn a_token_posted_by_another_browser_is_refused() {
    let world = World::sdk().await;
    let (mut victim, mut attacker) = (world.service.browser(), world.service.browser());
    let (theirs, own) = (world.open(&mut victim).await, world.open(&mut attacker).await);
    let rows = world.service.rows();
    let token = world.google.token();
    let answer = world.post(&mut attacker, &theirs.state, &token).await;
    world.was_told(&answer, "400 expired", "");
    let answer = world.post(&mut victim, &own.state, &token).await;
    world.was_told(&answer, "400 expired", "");
    let mut nobody = world.service.browser();
    let answer = world.post(&mut nobody, &theirs.state, &token).await;
    world.was_told(&answer, "400 expired", "");
    assert_eq!(world.service.rows(), rows);
}

#[tokio::test]
async fn the_cookie_of_another_sign_in_does_not_do() {
    let world = World::sdk().await;
    let (mut victim, mut attacker) = (world.service.browser(), world.service.browser());
    let (theirs, own) = (world.open(&mut victim).await, world.open(&mut attacker).await);
    let name = |browser: &crate::harness::Browser| {
        browser.cookies.keys().find(|name| !name.contains("browser")).unwrap().clone()
    };
    let (place, value) = (name(&victim), attacker.cookies.values().next().unwrap().clone());
    attacker.cookies.insert(place, value);
    let rows = world.service.rows();
    let answer = world.post(&mut attacker, &theirs.state, &world.google.token()).await;
    world.was_told(&answer, "400 expired", "");
    assert_eq!(world.service.rows(), rows);
    assert_ne!(theirs.state, own.state);
}

const FOREIGN: &[Row] = &[
    ("another origin", "origin", Some("https://evil.example")),
    ("an origin that begins as ours", "origin", Some("http://localhost:8000.evil.example")),
    ("our host by another scheme", "origin", Some("https://localhost:8000")),
    ("our host on another port", "origin", Some("http://localhost:8001")),
    ("our origin with a slash", "origin", Some("http://localhost:8000/")),
    ("our origin in upper case", "origin", Some("HTTP://LOCALHOST:8000")),
    ("an opaque origin", "origin", Some("null")),
    ("an empty origin", "origin", Some("")),
    ("no origin", "origin", None),
    ("another site", "sec-fetch-site", Some("cross-site")),
    ("a neighbour of ours", "sec-fetch-site", Some("same-site")),
    ("nobody's site", "sec-fetch-site", Some("none")),
    ("a form", "content-type", Some("application/x-www-form-urlencoded")),
    ("a form of files", "content-type", Some("multipart/form-data; boundary=x")),
    ("text that needs no preflight", "content-type", Some("text/plain")),
    ("text that ends as JSON", "content-type", Some("text/plain; application/json")),
    ("JSON in a list of types", "content-type", Some("application/json, text/plain")),
    ("no type", "content-type", None),
    ("no header of ours", "x-countersign", None),
    ("another value in it", "x-countersign", Some("1")),
];

fn changed(mut request: Request<Body>, name: &str, value: Option<&str>) -> Request<Body> {
    let name: HeaderName = name.parse().unwrap();
    request.headers_mut().remove(&name);
    if let Some(value) = value {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}
