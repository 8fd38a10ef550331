//! Group E: what each answer says and does not, and how many there are.

use axum::body::Body;
use countersign::store::Store as _;
use url::Url;

use super::{before::Before, e_authorize::open};
use crate::{
    harness::{Answer, Form, Service, Setup},
    limits::{STRANGER, from},
};

#[tokio::test]
async fn e15_every_answer_to_a_client_names_its_issuer_once() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let mut browser = service.browser();
    let here = format!("{}/authorize?{}", service.issuer, ask.encoded());
    let page = browser.get(&here).await;
    let cancelled = browser.press(&here, &page, ("cancel", "1")).await;
    let back = service.to_callback(&mut browser, &ask, "alice").await;
    let state = Url::parse(&back).unwrap();
    let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let declined =
        Form::of(&[("state", &state), ("error", "access_denied"), ("iss", "https://evil.example")]);
    let answers = [
        ("good", service.walk(&mut service.browser(), &ask, "alice").await),
        ("refused", open(&service, &ask.clone().with("response_type", "token")).await),
        ("silent", open(&service, &ask.clone().with("prompt", "none")).await),
        ("cancelled", cancelled),
        ("not admitted", service.walk(&mut service.browser(), &ask, "mallory").await),
        ("provider's error", browser.get(&format!("/callback/dev?{}", declined.encoded())).await),
    ];
    for (which, answer) in &answers {
        // `landing` fails on a parameter given twice.
        assert_eq!(answer.landing().get("iss"), Some(&service.issuer), "{which}");
    }
    let landings = answers.iter().filter(|(_, answer)| answer.landing().contains_key("code"));
    assert_eq!(landings.count(), 1);
    let metadata = service.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert_eq!(metadata["issuer"], service.issuer);
}

#[tokio::test]
async fn e17_pending_sign_ins_are_stored_by_consent_only_lapse_and_are_counted_by_address() {
    let setup = Setup::new().variable("COUNTERSIGN_ADDRESS_LIMIT", "30/1h");
    let service = setup.start().await;
    let ask = service.ask(&service.client().await);
    let mut browser = service.browser();
    let path = format!("/authorize?{}", ask.encoded());
    let before = Before::of(&service);
    let mut page = browser.get(&path).await;
    for _ in 0..15 {
        page = browser.send(from(STRANGER, "GET", &path)).await;
        assert_eq!(page.status, 200);
    }
    before.stands(&service, &[]);
    let form = Form::on(&page.body).1.and("provider", "dev").encoded();
    let mut answers: Vec<Answer> = Vec::new();
    for _ in 0..200 {
        let request = from(STRANGER, "POST", "/authorize").map(|_| Body::from(form.clone()));
        answers.push(browser.send(request).await);
    }
    let let_through = answers.iter().filter(|answer| answer.status == 303).count();
    assert_eq!(let_through, 15, "what was left of this address's thirty");
    assert!(answers[15..].iter().all(|answer| answer.status == 429));
    assert_eq!(service.count("sign_ins"), 15);
    let state = answers[0].landing()["state"].clone();
    service.wait(601);
    service.store.sweep(service.now(), 1000).await.unwrap();
    assert_eq!(service.count("sign_ins"), 0);
    let late = browser.get(&format!("/callback/dev?state={state}&code=x")).await;
    assert_eq!(late.page(), "400 This sign-in has expired");
    service.log.keeps(&[&state]);
}

#[tokio::test]
async fn e20_no_page_or_redirect_sends_a_referrer_or_loads_anything_from_elsewhere() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let mut browser = service.browser();
    let path = format!("/authorize?{}", ask.encoded());
    let page = browser.get(&path).await;
    let leaving =
        browser.press(&format!("{}{path}", service.issuer), &page, ("provider", "dev")).await;
    let back = service.to_callback(&mut browser, &ask, "alice").await;
    let code = browser.get(&back).await;
    assert!(code.landing().contains_key("code"));
    let again = browser.get(&back).await;
    let mut answers = vec![page, leaving, code, again];
    for path in
        ["/", "/account", "/sign-out", "/signed-out", "/authorize", &format!("{path}&prompt=none")]
    {
        answers.push(service.get(path).await);
    }
    for answer in answers {
        let which = format!("{} {:?}", answer.status, answer.location());
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{which}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; img-src 'self';"),
            "{which}: {policy}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{which}");
        for foreign in [
            "src=\"http",
            "src=\"//",
            "<script",
            "<iframe",
            "@import",
            "<link rel=\"stylesheet\" href=\"http",
        ] {
            assert!(!answer.body.contains(foreign), "{which}: {foreign}");
        }
    }
}
