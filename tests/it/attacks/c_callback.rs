//! C: the way back from a provider. State, browser and provider must agree, once; what the provider says
//! decides nothing before that, and is repeated to nobody.

use axum::body::Body;
use countersign::{
    protocol::{issuer::Issuer, secret::SessionToken},
    web::cookies::CookieJar,
};
use http::{HeaderMap, Request, header};
use serde_json::json;

use super::{before::Before, wire};
use crate::{
    federation::{
        callback::{EXPIRED, MALFORMED},
        fake::Manner,
        kind::{Kind, with_keys},
        refusals::{UNTRUSTED, answers::REPLIES, binding::NONCES, refused_by_every_kind},
        token::Defect,
        world::{World, query, way_back, with_param},
    },
    firebase,
    harness::{Browser, Service, Setup},
    people::steps::{enter, person, session, sign_in},
};

/// Asserts that this browser gets nowhere by this URL, and that nothing comes of it.
async fn leads_nowhere(world: &World, browser: &mut Browser, url: &str) {
    let before = Before::of(&world.service);
    let answer = browser.get(url).await;
    world.was_shown(&answer, EXPIRED);
    before.stands(&world.service, &[]);
}

#[tokio::test]
async fn c01_a_callback_of_the_attackers_sign_in_is_refused_in_the_victims_browser() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut attacker = world.service.browser();
        let back = world.callback(&mut attacker).await;
        let mut victim = world.service.browser();
        leads_nowhere(&world, &mut victim, &back).await;
        // A victim with a sign-in of their own under way has another cookie, of another name.
        world.leave(&mut victim, kind.id()).await;
        leads_nowhere(&world, &mut victim, &back).await;
        let (_, own) = cookie_of_sign_in(&victim);
        let (name, _) = cookie_of_sign_in(&attacker);
        victim.cookies.insert(name, own);
        leads_nowhere(&world, &mut victim, &back).await;
        assert_eq!(world.provider.asked(kind.token_path()).await, 0);
        assert!(attacker.get(&back).await.landing().contains_key("code"), "the honest way is open");
    }
}

fn cookie_of_sign_in(browser: &Browser) -> (String, String) {
    let found = browser.cookies.iter().find(|(name, _)| name.contains("sign-in"));
    let (name, value) = found.expect("a sign-in is under way");
    (name.clone(), value.clone())
}

#[tokio::test]
async fn c03_a_mix_up_of_providers_is_refused_by_path_issuer_and_code() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        at_the_other_path(&world).await;
        by_the_code_of_the_other(&world).await;
        in_the_name_of_the_other(&world).await;
    }
    for kind in [Kind::Oidc, Kind::Auth0] {
        without_the_issuer_that_was_promised(kind).await;
    }
}

async fn at_the_other_path(world: &World) {
    let mut browser = world.service.browser();
    let back = world.callback(&mut browser).await;
    let own = format!("/callback/{}", world.kind.id());
    for other in ["/callback/spare", "/callback/nobody", "/callback/OIDC"] {
        let mut same = browser.clone();
        leads_nowhere(world, &mut same, &back.replace(&own, other)).await;
    }
    assert_eq!(world.spare.asked(Kind::Spare.token_path()).await, 0);
    assert_eq!(world.provider.asked(world.kind.token_path()).await, 0);
    assert!(browser.get(&back).await.landing().contains_key("code"), "the honest way is open");
}

async fn by_the_code_of_the_other(world: &World) {
    let mut browser = world.service.browser();
    let leaving = world.leave(&mut browser, "spare").await;
    let theirs = way_back(&world.spare, &leaving);
    let before = Before::of(&world.service);
    let own = world.callback(&mut browser).await;
    let answer = browser.get(&with_param(&own, "code", query(&theirs, "code").as_deref())).await;
    world.was_told(&answer, UNTRUSTED, "refuses the code: invalid_grant");
    before.stands(&world.service, &[]);
}

async fn in_the_name_of_the_other(world: &World) {
    for other in [world.spare.uri.as_str(), "https://issuer.example", " "] {
        let before = Before::of(&world.service);
        let asked = world.provider.asked(world.kind.token_path()).await;
        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        let answer = browser.get(&with_param(&back, "iss", Some(other))).await;
        world.was_told(&answer, UNTRUSTED, "the answer came from another issuer");
        before.stands(&world.service, &[]);
        let now = world.provider.asked(world.kind.token_path()).await;
        assert_eq!(now, asked, "no code leaves us");
    }
}

async fn without_the_issuer_that_was_promised(kind: Kind) {
    let world = World::of(kind).await;
    world.provider.now(|desk| {
        desk.metadata["authorization_response_iss_parameter_supported"] = json!(true);
    });
    let before = Before::of(&world.service);
    let answer = world.walk().await;
    world.was_told(&answer, UNTRUSTED, "the answer came from another issuer");
    before.stands(&world.service, &[]);
    assert_eq!(world.provider.asked(kind.token_path()).await, 0, "no code leaves us");
    let mut browser = world.service.browser();
    let back = world.callback(&mut browser).await;
    let issuer = kind.issuer(&world.provider.uri);
    let answer = browser.get(&with_param(&back, "iss", Some(&issuer))).await;
    assert!(answer.landing().contains_key("code"), "{kind:?}");
}

#[tokio::test]
async fn c04_a_flow_that_the_attacker_began_is_not_completed_by_the_victim() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut victim = world.service.browser();
        enter(&world, &mut victim, kind.id()).await;
        let mut attacker = world.service.browser();
        let sent = world.leave(&mut attacker, kind.id()).await;
        // The victim signs in at the provider by the attacker's link, and comes back in their browser.
        let back = way_back(&world.provider, &sent);
        leads_nowhere(&world, &mut victim, &back).await;
        // In their own flow they see for whom, to where, and as whom.
        let path = format!("/authorize?{}", world.ask().encoded());
        let page = victim.get(&path).await;
        for shown in ["A test", "127.0.0.1", "Alice Liddell"] {
            assert!(page.body.contains(shown), "{shown} is not shown: {}", page.body);
        }
    }
    let world = firebase::world::World::sdk().await;
    let mut attacker = world.service.browser();
    let page = world.open(&mut attacker).await;
    let before = Before::of(&world.service);
    let mut victim = world.service.browser();
    assert_eq!(victim.get(&page.here).await.page(), EXPIRED);
    let answer = world.post(&mut victim, &page.state, &world.google.token()).await;
    world.was_told(&answer, "400 expired", "");
    before.stands(&world.service, &[]);
}

const SAID: [(&str, &str); 8] = [
    ("access_denied", "access_denied"),
    ("login_required", "access_denied"),
    ("consent_required", "access_denied"),
    ("interaction_required", "access_denied"),
    ("temporarily_unavailable", "temporarily_unavailable"),
    ("invalid_request", "server_error"),
    ("unauthorized_client", "server_error"),
    ("<script>alert(1)</script>\r\nlocation: x", "server_error"),
];

#[tokio::test]
async fn c06_what_a_provider_says_of_an_error_is_repeated_to_nobody() {
    let long = "wörds".repeat(2000);
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        for (said, told) in SAID {
            for words in ["<script>alert(2)</script>", "wörds\r\nset-cookie: x=y", &long] {
                let before = Before::of(&world.service);
                let mut browser = world.service.browser();
                let back = with_param(&world.callback(&mut browser).await, "code", None);
                let back = with_param(&back, "error", Some(said));
                let back = with_param(&back, "error_uri", Some("https://evil.example/wörds"));
                let answer =
                    browser.get(&with_param(&back, "error_description", Some(words))).await;
                world.was_refused(&answer, told, "the provider declined");
                let landing = answer.landing();
                assert_eq!(landing.len(), 4, "error, error_description, state, iss: {landing:?}");
                let ours = &landing["error_description"];
                let plain = |b: u8| b.is_ascii_alphabetic() || b" .;'-".contains(&b);
                assert!(ours.len() < 80 && ours.bytes().all(plain), "{ours}");
                before.stands(
                    &world.service,
                    &["alert(2)", "set-cookie: x", "wörds", "evil.example"],
                );
                assert!(world.service.log.text().lines().all(|line| !line.starts_with("location")));
            }
        }
        to_nobody_without_a_sign_in(&world).await;
    }
}

async fn to_nobody_without_a_sign_in(world: &World) {
    let script = "%3Cscript%3Ealert(2)%3C/script%3E";
    let path = format!("/callback/{}?error={script}&error_description={script}", world.kind.id());
    let mut browser = world.service.browser();
    leads_nowhere(world, &mut browser, &path).await;
    assert!(!browser.get(&path).await.body.contains("alert"), "nor on our own page");
    let before = Before::of(&world.service);
    let endless = format!("{path}{}", "x".repeat(100 * 1024));
    let status = wire::status_of(&world.service, &browser, &endless).await;
    assert!(matches!(status, None | Some(414 | 431)), "{status:?}");
    before.stands(&world.service, &["alert(2)"]);
}

#[tokio::test]
async fn c07_code_beside_error_duplicates_and_an_endless_code_are_refused() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let long = "c".repeat(50_000);
        let unfit =
            [("error", Some("access_denied")), ("code", None), ("code", Some(long.as_str()))];
        for (name, value) in unfit {
            let before = Before::of(&world.service);
            let mut browser = world.service.browser();
            let back = world.callback(&mut browser).await;
            let answer = browser.get(&with_param(&back, name, value)).await;
            world.was_refused(&answer, UNTRUSTED, "");
            before.stands(&world.service, &[&long]);
        }
        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        let before = Before::of(&world.service);
        let state = query(&back, "state").unwrap();
        let twice = [("state", state.as_str()), ("state", "x"), ("code", "x"), ("nothing", "x")];
        for (name, value) in twice {
            let url = format!("{}&{name}={value}", with_param(&back, "nothing", Some("y")));
            world.was_shown(&browser.get(&url).await, MALFORMED);
        }
        let path = back.strip_prefix(&world.service.issuer).unwrap();
        let endless = format!("{path}{}", "c".repeat(1024 * 1024));
        let status = wire::status_of(&world.service, &browser, &endless).await;
        assert!(matches!(status, None | Some(414 | 431)), "{status:?}");
        before.stands(&world.service, &["ccccc"]);
        assert_eq!(world.provider.asked(kind.token_path()).await, 0);
        assert!(browser.get(&back).await.landing().contains_key("code"), "the honest way is open");
    }
}

#[tokio::test]
async fn c09_pkce_with_s256_is_used_whatever_the_provider_announces() {
    for kind in [Kind::Oidc, Kind::Auth0] {
        for announced in [json!(["plain"]), json!([]), json!(null), json!("plain")] {
            let world = World::of(kind).await;
            world.provider.now(|desk| {
                desk.metadata["code_challenge_methods_supported"] = announced.clone();
            });
            let mut browser = world.service.browser();
            let leaving = world.leave(&mut browser, kind.id()).await;
            assert_eq!(query(&leaving, "code_challenge_method").as_deref(), Some("S256"));
            assert_eq!(query(&leaving, "code_challenge").unwrap().len(), 43, "a digest");
            // The provider itself compares the verifier with the challenge by S256.
            let landing = browser.get(&way_back(&world.provider, &leaving)).await.landing();
            assert!(landing.contains_key("code"), "{announced}");
        }
    }
    for parameter in ["code_challenge_method = \"plain\"", "code_challenge = \"x\""] {
        is_no_setting(parameter);
    }
}

/// Asserts that no provider file can have this parameter sent.
fn is_no_setting(parameter: &str) {
    let setup = Kind::Oidc.configure(Setup::new(), "https://issuer.example", str::to_owned);
    let setup = setup.variable("COUNTERSIGN_PROVIDERS", "oidc");
    let keys = format!("authorize = {{ {parameter} }}");
    let setup = setup.edit("providers/oidc.toml", |file| with_keys(&file, &keys));
    let faults = format!("{:?}", setup.load().expect_err("the parameter belongs to the flow"));
    assert!(faults.contains("authorize"), "{faults}");
}

#[tokio::test]
async fn c10_a_token_response_of_another_sign_in_kind_or_place_is_refused() {
    refused_by_every_kind(REPLIES).await;
    refused_by_every_kind(NONCES).await;
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        for status in [301, 302, 303, 307, 308] {
            let elsewhere = format!("{}/elsewhere", world.provider.uri);
            world.provider.now(|desk| desk.token = Manner::Redirect(status, elsewhere));
            world.was_refused(&world.walk().await, UNTRUSTED, "it is a redirect");
            assert_eq!(world.provider.asked("/elsewhere").await, 0);
        }
        world.provider.now(|desk| desk.token = Manner::Well);
        let (mut mallory, mut alice) = (world.service.browser(), world.service.browser());
        let theirs = world.callback(&mut alice).await;
        assert!(alice.get(&theirs).await.landing().contains_key("code"));
        let replied = world.provider.now(|desk| desk.replied.to_string());
        let before = Before::of(&world.service);
        world.provider.now(|desk| desk.token = Manner::Body(200, replied));
        let back = world.callback(&mut mallory).await;
        let answer = mallory.get(&back).await;
        world.was_told(&answer, UNTRUSTED, "claim `nonce` is not the one we sent");
        before.stands(&world.service, &[]);
    }
}

#[tokio::test]
async fn c12_an_answer_by_form_post_is_neither_asked_for_nor_taken() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut browser = world.service.browser();
        let leaving = world.leave(&mut browser, kind.id()).await;
        assert_eq!(query(&leaving, "response_mode"), None, "the default of `code` is the query");
        let back = way_back(&world.provider, &leaving);
        let (path, sent) =
            back.strip_prefix(&world.service.issuer).unwrap().split_once('?').unwrap();
        let before = Before::of(&world.service);
        for site in ["cross-site", "same-origin"] {
            let request = Request::post(path)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header("sec-fetch-site", site)
                .body(Body::from(sent.to_owned()));
            let answer = browser.send(request.unwrap()).await;
            assert_eq!((answer.status.as_u16(), answer.location()), (403, None));
            answer.opens_no_session();
        }
        before.stands(&world.service, &[]);
        assert_eq!(world.provider.asked(kind.token_path()).await, 0);
        let answer = browser.get(&back).await;
        for line in answer.headers.get_all(header::SET_COOKIE) {
            assert!(line.to_str().unwrap().contains("; SameSite=Lax"), "{line:?}");
        }
        assert!(answer.landing().contains_key("code"));
    }
    for parameter in ["response_mode = \"form_post\"", "response_type = \"code id_token\""] {
        is_no_setting(parameter);
    }
}

#[tokio::test]
async fn c13_a_session_cookie_from_before_the_sign_in_is_worth_nothing_after_it() {
    let service = Service::start().await;
    let planted = SessionToken::from_entropy([7; 32]).reveal().to_owned();
    let mut victim = service.browser();
    victim.cookies.insert("countersign-session".to_owned(), planted.clone());
    let mut attacker = victim.clone();
    assert_eq!(person(&mut victim).await, None, "nobody before");
    for user in ["alice", "alice", "bob"] {
        let before = session(&victim);
        sign_in(&mut victim, user).await;
        assert_ne!(session(&victim), before, "every sign-in makes another");
        assert_eq!(person(&mut attacker).await, None, "who kept the old one has nothing");
        attacker.cookies.clone_from(&victim.cookies);
    }
    assert_eq!(service.count("sessions"), 1);
    assert!(!service.database_holds(&planted));
    service.log.keeps(&[&planted, &session(&victim)]);

    // On https a neighbouring host cannot plant one at all: the name binds it to ours.
    let jar = CookieJar::of(&Issuer::parse("https://a.example").unwrap());
    let token = SessionToken::from_entropy([7; 32]);
    let line = jar.set_session(&token).unwrap();
    assert!(line.to_str().unwrap().starts_with("__Host-countersign-session="));
    let mut headers = HeaderMap::new();
    headers.insert(header::COOKIE, format!("countersign-session={planted}").parse().unwrap());
    assert!(jar.session(&headers).is_none());
}

#[tokio::test]
async fn c15_what_stands_between_two_steps_is_good_once() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let refused_or_not: [Defect; 2] = [|draft| draft.without("nonce"), |_| {}];
        for defect in refused_or_not {
            world.provider.now(|desk| desk.defect = defect);
            let mut browser = world.service.browser();
            let back = world.callback(&mut browser).await;
            let cookies = browser.cookies.clone();
            let _finished = browser.get(&back).await.landing();
            let asked = world.provider.asked(kind.token_path()).await;
            world.provider.now(|desk| desk.defect = |_| {});
            browser.cookies = cookies;
            leads_nowhere(&world, &mut browser, &back).await;
            assert_eq!(world.provider.asked(kind.token_path()).await, asked);
        }
    }
    let world = firebase::world::World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let token = world.google.token();
    let here = world.next_of(&world.post(&mut browser, &page.state, &token).await);
    let before = Before::of(&world.service);
    world.was_told(&world.post(&mut browser, &page.state, &token).await, "400 expired", "");
    before.stands(&world.service, &[]);
    world.refuses_token(&token, "400 replayed", "").await;
    let cookies = browser.cookies.clone();
    assert!(world.says_yes(&mut browser, &here).await.landing().contains_key("code"));
    browser.cookies = cookies;
    let before = Before::of(&world.service);
    let again = firebase::world::form(&query(&here, "state").unwrap());
    assert_eq!(browser.post("/confirm/firebase", &again).await.page(), EXPIRED);
    assert_eq!(browser.get(&here).await.page(), EXPIRED);
    before.stands(&world.service, &[]);
    world.log_keeps_secrets();
}
