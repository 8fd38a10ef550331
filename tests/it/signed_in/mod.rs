//! People who are signed in: sessions, single sign-on, the account, and what is left of a grant.

mod known;
mod present;
mod session;
mod unasked;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Form, Service};

/// Where a web client wants to be answered.
const WEB: &str = "https://app.example/cb";

/// The name of the session's cookie on loopback.
const SESSION: &str = "countersign-session";

/// What a browser says of an address that a person opened by hand.
const BY_HAND: [(&str, &str); 3] =
    [("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

/// Registers a web client of this name; always the same one.
async fn web_client(service: &Service, name: &str) -> String {
    let metadata = json!({
        "client_name": name, "redirect_uris": [WEB, "https://other.example/cb"],
        "token_endpoint_auth_method": "none",
    });
    let answer = service.register(&metadata).await;
    answer.json()["client_id"].as_str().unwrap().to_owned()
}

/// A good request of a web client.
async fn web_ask(service: &Service, name: &str) -> Form {
    service.ask(&web_client(service, name).await).with("redirect_uri", WEB)
}

/// Presses a provider's button on the account page and is somebody there: the callback's answer.
async fn enter(service: &Service, browser: &mut Browser, user: &str) -> Answer {
    let back = leave(service, browser, user).await;
    browser.get(&back).await
}

/// As far as the callback's URL.
async fn leave(service: &Service, browser: &mut Browser, user: &str) -> String {
    let here = format!("{}/account", service.issuer);
    let page = browser.get(&here).await;
    let signed_in = page.body.contains("name=\"add\"");
    let button = if signed_in { "add" } else { "sign_in" };
    let left = browser.press(&here, &page, (button, "dev")).await;
    let leaving = left.location().unwrap_or_else(|| panic!("{}", left.body)).to_owned();
    let there = browser.get(&leaving).await;
    let chosen = browser.press(&leaving, &there, ("user", user)).await;
    chosen.location().unwrap().to_owned()
}

/// A browser in which this person is signed in.
async fn signed_in(service: &Service, user: &str) -> Browser {
    let mut browser = service.browser();
    let answer = enter(service, &mut browser, user).await;
    assert_eq!(answer.location(), Some("/account"), "{}", answer.body);
    browser
}

/// The authorize page, or what comes instead, opened with these headers.
async fn open(browser: &mut Browser, ask: &Form, headers: &[(&str, &str)]) -> Answer {
    let request = Request::get(format!("/authorize?{}", ask.encoded())).body(Body::empty());
    let mut request = request.unwrap();
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    browser.send(request).await
}

/// Presses a button of the account page.
async fn press(service: &Service, browser: &mut Browser, button: (&str, &str)) -> Answer {
    let here = format!("{}/account", service.issuer);
    let page = browser.get(&here).await;
    browser.press(&here, &page, button).await
}

/// The values of the buttons of this name on a page.
fn handles(page: &Answer, name: &str) -> Vec<String> {
    let start = format!("<button name=\"{name}\" value=\"");
    let buttons = page.body.split(&start).skip(1);
    buttons.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// The token response for the code that this answer sends to the web client.
async fn redeem(service: &Service, client: &str, answer: &Answer) -> Value {
    let landing = answer.landing();
    let code = landing.get("code").unwrap_or_else(|| panic!("{landing:?}"));
    let form = service.exchange(client, code).with("redirect_uri", WEB);
    let answer = service.token(&form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap()
}
