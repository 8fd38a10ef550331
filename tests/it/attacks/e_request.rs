//! Group E: what is asked for, and where it may lead.

use std::collections::BTreeSet;

use url::Url;

use super::{
    before::Before,
    e_authorize::{open, told},
};
use crate::{
    federation::{kind::Kind, world::World},
    harness::{Form, Service, Setup, claims},
};

#[tokio::test]
async fn e09_a_resource_that_is_not_one_of_ours_by_its_whole_name_is_refused() {
    let service = Setup::new().variable("COUNTERSIGN_SERVERS", "demo,guarded").start().await;
    let ask = service.ask(&service.client().await);
    let before = Before::of(&service);
    for other in [
        "https://evil.example/mcp",
        "http://localhost:8000",
        "http://localhost:8000/",
        "http://localhost:8000/other",
        "http://localhost:8000/MCP",
        "http://localhost:8000/mcp//",
        "http://localhost:8000/x/../mcp",
        "http://localhost:8000/%6dcp",
        "http://localhost:8000/mcp?x",
        "http://localhost:8000/mcp#x",
        "http://localhost:8000/mcp#",
        "http://a@localhost:8000/mcp",
        "http://localhost:8001/mcp",
        "http://localhost/mcp",
        "https://localhost:8000/mcp",
        "http://localhost:8000.evil.example/mcp",
        "http:\\\\localhost:8000\\mcp",
        "http:localhost:8000/mcp",
        "http://localhost:8000/m\ncp",
        " http://localhost:8000/mcp",
        "//localhost:8000/mcp",
        "/mcp",
        "mcp",
        "*",
    ] {
        let instead = told(&service, &ask.clone().with("resource", other)).await;
        assert_eq!(instead, "invalid_target", "{other:?}");
        let beside = told(&service, &ask.clone().and("resource", other)).await;
        assert_eq!(beside, "invalid_target", "beside {other:?}");
    }
    let both = ask.clone().and("resource", "http://127.0.0.1:9000/mcp");
    assert_eq!(told(&service, &both).await, "invalid_target", "one grant is for one server");
    assert_eq!(told(&service, &ask.clone().without("resource")).await, "invalid_target");
    before.stands(&service, &[]);
    // Other spellings of the host, and one trailing slash, name ours: the token says it our way.
    for ours in ["HTTP://LOCALHOST:8000/mcp", "http://localhost:8000/mcp/"] {
        let ask = ask.clone().with("resource", ours);
        let landing = service.walk(&mut service.browser(), &ask, "alice").await.landing();
        let form = service.exchange(ask.value("client_id").unwrap(), &landing["code"]);
        let tokens = service.token(&form.without("resource")).await.json();
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(claims(access).1["aud"], "http://localhost:8000/mcp", "{ours}");
    }
}

#[tokio::test]
async fn e11_scopes_unknown_too_many_or_malformed_are_refused_and_the_rest_cut_to_the_person() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let before = Before::of(&service);
    let distinct: Vec<_> = (0..10_000).map(|n| format!("s{n}")).collect();
    for scope in [
        "delete_everything",
        "goauthentik.io/api",
        "READ",
        &distinct.join(" "),
        &"read ".repeat(10_000),
        "read\nadmin",
        "read\tadmin",
        "read\r\nadmin",
        "read\u{0}",
        "read\"",
        "re\\ad",
        "réad",
        "*",
    ] {
        let told = told(&service, &ask.clone().with("scope", scope)).await;
        assert_eq!(told, "invalid_scope", "{scope:.40}");
    }
    let page = open(&service, &ask.clone().with("scope", "read delete_everything read")).await;
    assert_eq!(page.body.matches("<code>read</code>").count(), 1, "once, and nothing unknown");
    assert!(!page.body.contains("delete_everything") && !page.body.contains("<code>admin</code>"));
    before.stands(&service, &[]);
    // Bob may read; what he and his client ask for beside that is not given.
    for scope in ["read admin", "admin write read delete_everything read", ""] {
        let ask = ask.clone().with("scope", scope);
        let landing = service.walk(&mut service.browser(), &ask, "bob").await.landing();
        let form = service.exchange(ask.value("client_id").unwrap(), &landing["code"]);
        assert_eq!(service.token(&form).await.json()["scope"], "read");
    }
    let admin = ask.with("scope", "admin write");
    let landing = service.walk(&mut service.browser(), &admin, "bob").await.landing();
    assert_eq!(landing["error"], "access_denied");
}

#[tokio::test]
async fn e12_a_state_is_returned_to_the_letter_encoded_or_refused_beyond_two_kilobytes() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let before = Before::of(&service);
    for state in ["x".repeat(2049), "x".repeat(63 * 1024), "\"><script>".repeat(1000)] {
        let answer = open(&service, &ask.clone().with("state", &state)).await;
        let landing = answer.landing();
        assert_eq!((landing["error"].as_str(), landing.get("state")), ("invalid_request", None));
        assert!(answer.location().unwrap().len() < 300, "nothing of it goes along");
    }
    for mode in ["form_post", "fragment", "query.jwt", "web_message"] {
        let ask = ask.clone().with("response_mode", mode);
        assert_eq!(told(&service, &ask).await, "invalid_request", "{mode}");
    }
    before.stands(&service, &[]);
    for state in [
        "\"><script>alert(1)</script>",
        "a\r\nSet-Cookie: x=1\r\n\r\n<html>",
        "a=b&code=evil&iss=https://evil.example#x %0d%0a",
        "\u{0}\u{202e}ü",
        &"x".repeat(2048),
    ] {
        let ask = ask.clone().with("state", state);
        let page = open(&service, &ask).await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("<script") && !page.body.contains(state), "{state:.40}");
        let answer = service.walk(&mut service.browser(), &ask, "alice").await;
        assert_eq!(answer.landing()["state"], state, "to the letter");
        assert_eq!(answer.landing()["iss"], service.issuer);
        let location = answer.location().unwrap();
        let safe = |b: u8| b.is_ascii_graphic() && !b"<>\"'".contains(&b);
        assert!(location.bytes().all(safe), "{location}");
        assert!(!answer.header("set-cookie").contains("x=1") && !answer.body.contains("<script"));
    }
}

#[tokio::test]
async fn e14_a_request_object_is_refused_and_its_uri_never_fetched() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let victim = wiremock::MockServer::start().await;
    let before = Before::of(&service);
    for uri in [
        victim.uri().as_str(),
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c",
        "x",
    ] {
        let told = told(&service, &ask.clone().with("request_uri", uri)).await;
        assert_eq!(told, "request_uri_not_supported", "{uri}");
        let unknown = ask.clone().with("client_id", "dyn_unknown").with("request_uri", uri);
        assert!(open(&service, &unknown).await.page().starts_with("400 "));
    }
    let object = ask.with("request", "eyJhbGciOiJub25lIn0.e30.");
    assert_eq!(told(&service, &object).await, "request_not_supported");
    assert!(victim.received_requests().await.unwrap().is_empty());
    before.stands(&service, &[]);
    let metadata = service.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["request_uri_parameter_supported"], false, "silence would mean yes");
    for name in ["request_parameter_supported", "pushed_authorization_request_endpoint"] {
        assert!(metadata.get(name).is_none(), "{name}");
    }
}

/// Parameters by which clients of other servers choose a provider.
const OTHER_HINTS: [&str; 7] =
    ["idp_hint", "kc_idp_hint", "provider", "connection", "domain_hint", "acr_values", "nonce"];

#[tokio::test]
async fn e18_a_hint_adds_nothing_to_the_providers_url_and_names_no_provider() {
    let world = World::of(Kind::Oidc).await;
    let usual = world.leave(&mut world.service.browser(), "oidc").await;
    let names = |url: &str| -> BTreeSet<String> {
        Url::parse(url).unwrap().query_pairs().map(|(name, _)| name.into_owned()).collect()
    };
    for (hint, kept) in [
        ("a@b.example&prompt=none&redirect_uri=https://evil.example#x", true),
        ("%26client_id%3Devil", true),
        ("\" onload=alert(1) x=\"", true),
        ("a\r\nLocation: https://evil.example", false),
        ("a\u{0}b", false),
        (&"x".repeat(300), false),
    ] {
        let ask =
            OTHER_HINTS.iter().fold(world.ask(), |ask, name| ask.and(name, "https://evil.example"));
        let ask = ask.and("login_hint", hint);
        let leaving = world.service.to_provider(&mut world.service.browser(), &ask, "oidc").await;
        let mut expected = names(&usual);
        expected.extend(kept.then(|| "login_hint".to_owned()));
        assert_eq!(names(&leaving), expected, "{hint:?}");
        assert!(!leaving.contains("evil.example") || kept, "{leaving}");
        let url = Url::parse(&leaving).unwrap();
        assert_eq!(
            (url.fragment(), url.query_pairs().count()),
            (None, expected.len()),
            "each once"
        );
        let given = url.query_pairs().find(|(name, _)| name == "login_hint");
        assert_eq!(given.map(|(_, value)| value.into_owned()), kept.then(|| hint.to_owned()));
    }
    // A provider is one of those that the page offers, and nothing else.
    let mut browser = world.service.browser();
    let page = browser.get(&format!("/authorize?{}", world.ask().encoded())).await;
    let fields = Form::on(&page.body).1;
    let before = Before::of(&world.service);
    for provider in
        ["google", "OIDC", "oidc ", "../oidc", "https://evil.example", "//evil.example", ""]
    {
        let answer = browser.post("/authorize", &fields.clone().and("provider", provider)).await;
        assert!(answer.page().starts_with("400 "), "{provider}");
    }
    assert!(browser.post("/authorize", &fields).await.page().starts_with("400 "));
    before.stands(&world.service, &[fields.value("form").unwrap()]);
}
