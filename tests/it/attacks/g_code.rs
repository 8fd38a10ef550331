//! Group G, its first half: what an authorization code is worth.

use countersign::protocol::pkce::Verifier;

use super::{
    before::Before,
    shared::{BURNT, ENDED, exchange, nearly},
};
use crate::{
    harness::{Form, Service, Setup, verifier},
    oauth::replay::at_once,
};

/// What only client and service may know of an exchange.
pub(super) fn secrets(exchange: &Form) -> [&str; 2] {
    ["code", "code_verifier"].map(|name| exchange.value(name).unwrap())
}

/// The exchange is refused so, opens nothing, and burns the code: the right one comes too late.
async fn refused_and_burnt(service: &Service, good: &Form, bad: &Form, told: &str) {
    let before = Before::of(service);
    let answer = service.token(bad).await;
    let shown = bad.encoded();
    assert!(answer.refusal().starts_with(told), "{shown}: {}", answer.refusal());
    assert_eq!(answer.header("set-cookie"), "");
    before.stands_but_for_one_of("codes", service, &secrets(good));
    assert_eq!(service.token(good).await.refusal(), BURNT, "{shown}");
    assert_eq!(service.count("grants"), 0);
}

#[tokio::test]
async fn g02_a_code_redeemed_64_times_at_once_gives_one_answer() {
    let service = Service::start().await;
    let form = exchange(&service).await;
    let replica = service.replica().await;
    let answers = at_once(&service, &replica, &form).await;
    let (good, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 200);
    assert_eq!((good.len(), refused.len()), (1, 63));
    assert!(refused.iter().all(|answer| answer.refusal() == BURNT));
    // 63 of them were replays: what the one got is worth nothing any more.
    let tokens = good[0].json();
    let [access, refresh] =
        ["access_token", "refresh_token"].map(|it| tokens[it].as_str().unwrap());
    assert_eq!(service.mcp(access).await, 401);
    let refresh_form = service.refresh(&service.client().await, refresh);
    assert_eq!(service.token(&refresh_form).await.refusal(), ENDED);
    assert_eq!(service.count("grants"), 1);
    for node in [&service, &replica] {
        node.log.keeps(&[&secrets(&form)[..], &[access, refresh]].concat());
    }
}

#[tokio::test]
async fn g03_a_crash_between_the_spent_code_and_the_token_leaves_nothing_half_done() {
    let service = Service::start().await;
    let form = exchange(&service).await;
    let before = Before::of(&service);
    // The code is marked, the grant cannot be written: neither is kept.
    let database = rusqlite::Connection::open(service.root().join("data/countersign.db")).unwrap();
    let fails = "CREATE TRIGGER crash BEFORE INSERT ON grants BEGIN SELECT RAISE(ABORT, ''); END";
    database.execute_batch(fails).unwrap();
    assert!(service.token(&form).await.refusal().starts_with("503 temporarily_unavailable: "));
    before.stands(&service, &secrets(&form));
    database.execute_batch("DROP TRIGGER crash").unwrap();
    // Both are written, and nobody hears the answer.
    let lost = service.token(&form).await.json();
    let service = service.restart().await;
    assert_eq!(service.token(&form).await.refusal(), BURNT);
    let refresh = lost["refresh_token"].as_str().unwrap();
    let refresh = service.refresh(&service.client().await, refresh);
    assert_eq!(service.token(&refresh).await.refusal(), ENDED);
    assert_eq!(service.mcp(lost["access_token"].as_str().unwrap()).await, 401);
    service.log.keeps(&secrets(&form));
}

#[tokio::test]
async fn g03_an_opaque_token_that_could_not_be_stored_leaves_a_dead_code_and_no_token() {
    let opaque = |text: String| format!("tokens = \"opaque\"\n{text}");
    let service = Setup::new().edit("servers/demo.toml", opaque).start().await;
    let form = exchange(&service).await;
    service.store.breaks("put_opaque_token");
    assert!(service.token(&form).await.refusal().starts_with("503 temporarily_unavailable: "));
    assert_eq!(service.count("opaque_tokens"), 0);
    let service = service.restart().await;
    assert_eq!(service.token(&form).await.refusal(), BURNT);
    assert_eq!(service.count("opaque_tokens"), 0);
    let anew = exchange(&service).await;
    assert_eq!(service.token(&anew).await.status, 200, "the client starts again");
    service.log.keeps(&secrets(&form));
}

#[tokio::test]
async fn g05_a_wrong_missing_or_unasked_for_verifier_is_refused() {
    let service = Service::start().await;
    let told = "400 invalid_grant: code_verifier does not match the code_challenge.";
    let good = verifier();
    let (text, challenge) = (good.reveal(), good.challenge());
    let other = Verifier::from_entropy([8; 32]);
    let (cut, upper, padded) = (&text[1..], text.to_uppercase(), format!("{text}="));
    let (long, spaced, foreign) = ("v".repeat(129), format!("{text}\n"), "ü".repeat(43));
    // The challenge itself is what `plain` would have asked for.
    for wrong in
        [other.reveal(), challenge.as_str(), cut, &upper, &padded, &long, &spaced, &foreign, ""]
    {
        let form = exchange(&service).await;
        let bad = form.clone().with("code_verifier", wrong);
        refused_and_burnt(&service, &form, &bad, told).await;
    }
    let form = exchange(&service).await;
    refused_and_burnt(&service, &form, &form.clone().without("code_verifier"), told).await;
    // A code without a challenge, whose verifier nobody could check, does not come to be.
    let ask = service.ask(&service.client().await);
    let before = Before::of(&service);
    for ask in [
        ask.clone().without("code_challenge").without("code_challenge_method"),
        ask.clone().with("code_challenge", ""),
        ask.clone().with("code_challenge_method", "plain"),
        ask.without("code_challenge_method"),
    ] {
        let landing = service.get(&format!("/authorize?{}", ask.encoded())).await.landing();
        assert_eq!((landing["error"].as_str(), landing.get("code")), ("invalid_request", None));
    }
    before.stands(&service, &[text]);
}

#[tokio::test]
async fn g06_another_or_no_redirect_uri_at_the_token_endpoint_is_refused() {
    let service = Service::start().await;
    for uri in [
        "http://127.0.0.1:7778/callback", // where the authorize endpoint would have let it return
        "http://127.0.0.1/callback",
        "http://127.0.0.1:7777/callback/",
        "http://127.0.0.1:7777/CALLBACK",
        "http://127.0.0.1:7777/callback?x=1",
        "http://127.0.0.1:7777/callback#x",
        "http://127.0.0.1:7777/%63allback",
        "HTTP://127.0.0.1:7777/callback",
        "https://127.0.0.1:7777/callback",
        "http://localhost:7777/callback",
        " http://127.0.0.1:7777/callback",
        "",
    ] {
        let form = exchange(&service).await;
        let bad = form.clone().with("redirect_uri", uri);
        refused_and_burnt(&service, &form, &bad, "400 invalid_grant: redirect_uri").await;
    }
    let (form, told) = (exchange(&service).await, "400 invalid_grant: redirect_uri");
    refused_and_burnt(&service, &form, &form.clone().without("redirect_uri"), told).await;
}

#[tokio::test]
async fn g08_another_or_a_further_resource_than_that_of_the_code_is_refused() {
    let service = Setup::new().variable("COUNTERSIGN_SERVERS", "demo,guarded").start().await;
    let guarded = "http://127.0.0.1:9000/mcp"; // guarded here too, and not asked for
    let told = "400 invalid_target: The grant is for another resource.";
    for other in [guarded, "https://evil.example/mcp", "http://localhost:8000/", "/mcp", "mcp"] {
        let form = exchange(&service).await;
        let instead = form.clone().with("resource", other);
        refused_and_burnt(&service, &form, &instead, told).await;
        let form = exchange(&service).await;
        let beside = form.clone().and("resource", other);
        refused_and_burnt(&service, &form, &beside, told).await;
    }
    let form = exchange(&service).await;
    let fragment = format!("{}#x", service.resource);
    let bad = form.clone().with("resource", &fragment);
    refused_and_burnt(&service, &form, &bad, told).await;
}

#[tokio::test]
async fn g09_a_code_or_token_that_is_nearly_right_is_unknown_and_digests_alone_are_kept() {
    for opaque in ["", "tokens = \"opaque\"\n"] {
        let setup = Setup::new().edit("servers/demo.toml", |text| format!("{opaque}{text}\n"));
        let service = setup.start().await;
        let client = service.client().await;
        let tokens = service.tokens("alice").await;
        let [access, refresh] =
            ["access_token", "refresh_token"].map(|it| tokens[it].as_str().unwrap());
        let form = exchange(&service).await;
        let [code, verifier] = secrets(&form);
        let before = Before::of(&service);
        for code in nearly(code) {
            let told = service.token(&form.clone().with("code", &code)).await.refusal();
            assert_eq!(told, "400 invalid_grant: The code is unknown; start again.", "{code}");
        }
        for token in nearly(refresh) {
            let told = service.token(&service.refresh(&client, &token)).await.refusal();
            assert_eq!(told, "400 invalid_grant: The refresh token is unknown; sign in again.");
        }
        for token in nearly(access) {
            assert_eq!(service.mcp(&token).await, 401, "{token}");
        }
        before.stands(&service, &[code, verifier, access, refresh]);
        for secret in [code, access, refresh] {
            assert!(!service.database_holds(&secret[6..]), "{secret} is stored");
        }
        assert_eq!(service.mcp(access).await, 200);
        assert_eq!(service.token(&service.refresh(&client, refresh)).await.status, 200);
        assert_eq!(service.token(&form).await.status, 200);
    }
}
