//! Personal tokens on the account page: made, shown once, listed, ended.

use super::*;
use crate::harness::Browser;

/// A browser signed in at the account page.
async fn signed_in(service: &Service, user: &str) -> Browser {
    let mut browser = service.browser();
    let left = browser.post("/account", &Form::of(&[("sign_in", "dev")])).await;
    let leaving = left.location().unwrap().to_owned();
    let there = browser.get(&leaving).await;
    let chosen = browser.press(&leaving, &there, ("user", user)).await;
    browser.get(chosen.location().unwrap()).await;
    browser
}

/// Posts the page's form with these fields.
async fn post(browser: &mut Browser, fields: &[(&str, &str)]) -> Answer {
    let form = Form::on(&browser.get("/account").await.body).1;
    let form = fields.iter().fold(form, |form, (name, value)| form.and(name, value));
    browser.post("/account", &form).await
}

async fn make(browser: &mut Browser) -> Answer {
    let fields = [("name", "Night <job>"), ("scope:read", "1"), ("days", "30"), ("create", "demo")];
    post(browser, &fields).await
}

fn shown(page: &Answer) -> String {
    let rest = page.body.split("<code>cs_pat_").nth(1).unwrap_or_else(|| panic!("{}", page.body));
    format!("cs_pat_{}", rest.split('<').next().unwrap())
}

fn revocable(page: &Answer) -> Vec<String> {
    let found = page.body.split("<button name=\"revoke\" value=\"").skip(1);
    found.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_person_makes_a_token_sees_it_once_and_ends_it() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let page = make(&mut browser).await;
    assert_eq!(page.page(), "200 Your new token");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.body.contains("Night &lt;job&gt;") && page.body.contains("Demo tools"));
    let token = shown(&page);
    assert_eq!(service.mcp(&token).await, 200);
    let page = browser.get("/account").await;
    assert!(!page.body.contains("cs_pat_"), "it is shown once");
    assert!(page.body.contains("Revoke: Night &lt;job&gt;"), "{}", page.body);
    assert!(!page.body.contains("urn:countersign"), "it is no connected app");
    let [id] = revocable(&page).try_into().unwrap();
    let answer = post(&mut browser, &[("revoke", &id)]).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, Some("/account")));
    assert_eq!(service.mcp(&token).await, 401);
    assert!(revocable(&browser.get("/account").await).is_empty());
    service.log.keeps(&[&token, "cs_pat_"]);
}

#[tokio::test]
async fn the_form_offers_what_the_person_may_do_at_each_server_and_gives_no_more() {
    let service = two_servers("", "").start().await;
    let mut browser = signed_in(&service, "bob").await;
    let page = browser.get("/account").await;
    assert!(page.body.contains("name=\"scope:read\"") && !page.body.contains("scope:admin"));
    assert_eq!(page.body.matches("name=\"create\"").count(), 2);
    let fields = [("name", "x"), ("scope:admin", "1"), ("days", "30"), ("create", "demo")];
    let answer = post(&mut browser, &fields).await;
    assert_eq!(answer.page(), "400 No token was made");
    assert!(answer.body.contains("not this person&#x27;s"), "{}", answer.body);
    for (days, name, server) in
        [("0", "x", "demo"), ("366", "x", "demo"), ("30", "", "demo"), ("30", "x", "nowhere")]
    {
        let answer =
            post(&mut browser, &[("name", name), ("days", days), ("create", server)]).await;
        assert_eq!(answer.page(), "400 No token was made", "{days} {name} {server}");
    }
    assert!(revocable(&browser.get("/account").await).is_empty());
}

#[tokio::test]
async fn whoever_finds_a_browser_open_makes_no_token_but_may_end_one() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let token = shown(&make(&mut browser).await);
    service.wait(10 * 60);
    assert_eq!(make(&mut browser).await.page(), "403 Nothing was changed");
    let [id] = revocable(&browser.get("/account").await).try_into().unwrap();
    post(&mut browser, &[("revoke", &id)]).await;
    assert_eq!(service.mcp(&token).await, 401);
}

#[tokio::test]
async fn nobody_ends_the_token_of_somebody_else() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let token = shown(&make(&mut browser).await);
    let [id] = revocable(&browser.get("/account").await).try_into().unwrap();
    let mut bobs = signed_in(&service, "bob").await;
    assert!(revocable(&bobs.get("/account").await).is_empty());
    for id in [id.as_str(), "x", ""] {
        post(&mut bobs, &[("revoke", id)]).await;
    }
    assert_eq!(service.mcp(&token).await, 200);
}

#[tokio::test]
async fn a_form_of_another_site_session_or_nobody_makes_nothing() {
    let service = Service::start().await;
    let mut browser = signed_in(&service, "alice").await;
    let form = Form::on(&browser.get("/account").await.body).1;
    let form = form.and("name", "x").and("days", "30").and("create", "demo");
    let foreign = browser.post_with("/account", &form, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(foreign.status, 403);
    let mut bobs = signed_in(&service, "bob").await;
    assert_eq!(bobs.post("/account", &form).await.page(), "400 Nothing was changed");
    let answer = service.browser().post("/account", &form).await;
    assert_eq!(answer.page(), "400 Nothing was changed");
    assert_eq!(service.count("personal_tokens"), 0);
}
