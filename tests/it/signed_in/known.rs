//! "Continue as …": a person who is signed in here signs in nowhere again.

use super::*;

async fn page_for(service: &Service, browser: &mut Browser, ask: &Form) -> (String, Answer) {
    let here = format!("{}/authorize?{}", service.issuer, ask.encoded());
    let page = browser.get(&here).await;
    (here, page)
}

#[tokio::test]
async fn whoever_is_signed_in_is_named_first_and_continues_with_one_press() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let ask = web_ask(&service, "Web").await;
    let (here, page) = page_for(&service, &mut browser, &ask).await;
    let (first, then) = page.body.split_once("use another account").unwrap();
    assert!(first.contains("Continue as Alice Admin"), "{first}");
    assert!(first.contains("alice@example.com"), "{first}");
    assert!(first.contains("Continue as a development user"), "{first}");
    assert!(then.contains("name=\"provider\" value=\"dev\""));
    service.wait(60);
    let answer = browser.press(&here, &page, ("continue", "1")).await;
    let client = web_client(&service, "Web").await;
    let tokens = redeem(&service, &client, &answer).await;
    assert_eq!(text(&tokens, "scope"), "admin read write");
    let claims = crate::harness::claims(text(&tokens, "access_token")).1;
    let signed_in = claims["iat"].as_i64().unwrap() - claims["auth_time"].as_i64().unwrap();
    assert!(signed_in >= 60, "auth_time is when the person really signed in: {signed_in}");
}

#[tokio::test]
async fn using_another_account_takes_the_place_of_the_session() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let ask = web_ask(&service, "Web").await;
    service.walk(&mut browser, &ask, "bob").await.landing();
    assert!(browser.get("/account").await.body.contains("Bob Reader"));
    assert_eq!(service.count("sessions"), 1);
}

#[tokio::test]
async fn nobody_continues_without_a_session_or_with_that_of_another_browser() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let ask = web_ask(&service, "Web").await;
    let (_, page) = page_for(&service, &mut browser, &ask).await;
    let (_, fields) = Form::on(&page.body);
    let fields = fields.and("continue", "1");
    let rows = service.rows();

    let mut without = browser.clone();
    without.cookies.remove(SESSION);
    let told = without.post("/authorize", &fields).await;
    insta::assert_snapshot!(told.page(), @"400 This sign-in has expired");

    let mut other = signed_in(&service, "bob").await;
    assert!(other.post("/authorize", &fields).await.page().starts_with("400 "), "F9");
    assert!(service.rows().starts_with("clients 1, identities 2"), "{rows}: {}", service.rows());

    // The page named Alice; meanwhile somebody else signed in in that browser.
    let mut switched = browser.clone();
    switched.cookies.insert(SESSION.to_owned(), other.cookies[SESSION].clone());
    assert!(switched.post("/authorize", &fields).await.page().starts_with("400 "));
    assert_eq!(browser.post("/authorize", &fields).await.status, 303);
}

#[tokio::test]
async fn a_form_without_a_person_is_not_continued_by_one_who_came_later() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let ask = web_ask(&service, "Web").await;
    let (_, page) = page_for(&service, &mut browser, &ask).await;
    assert!(!page.body.contains("Continue as Alice"));
    let (_, fields) = Form::on(&page.body);
    let session = signed_in(&service, "alice").await.cookies[SESSION].clone();
    browser.cookies.insert(SESSION.to_owned(), session);
    let told = browser.post("/authorize", &fields.and("continue", "1")).await;
    assert!(told.page().starts_with("400 "));
    assert!(!service.rows().contains("codes"));
}

/// D19: the rules of now decide, not those of the sign-in.
#[tokio::test]
async fn somebody_whom_the_rules_no_longer_admit_is_not_offered_to_continue() {
    let service = Service::start().await;
    let cookies = signed_in(&service, "alice").await.cookies;
    let service = service
        .restart_with(|setup| {
            setup.edit("providers/dev.toml", |text| {
                let text = text.split("[[example]]").next().unwrap().to_owned();
                text + "[[allow]]\nclaim = \"roles\"\nhas = \"reader\"\n"
            })
        })
        .await;
    let mut browser = service.browser();
    browser.cookies = cookies;
    let ask = web_ask(&service, "Web").await;
    let (_, page) = page_for(&service, &mut browser, &ask).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("Continue as Alice"));
}

#[tokio::test]
async fn a_client_that_wants_a_sign_in_gets_one() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let ask = web_ask(&service, "Web").await.with("prompt", "login");
    let (_, page) = page_for(&service, &mut browser, &ask).await;
    assert!(!page.body.contains("Continue as Alice"));
    let (_, fields) = Form::on(&page.body);
    let told = browser.post("/authorize", &fields.and("continue", "1")).await;
    assert!(told.page().starts_with("400 "), "the button is not on the page");
    let choice = ask.with("prompt", "select_account");
    let (_, page) = page_for(&service, &mut browser, &choice).await;
    assert!(page.body.contains("Continue as Alice"));
}
