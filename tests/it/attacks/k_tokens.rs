//! K: introspection, revocation, and tokens at the servers that they are, or are not, for.

use std::time::Duration;

use axum::body::Body;
use countersign::ambient::Timestamp;
use http::{Request, header};
use serde_json::{Value, json};

use super::before::Before;
use crate::{
    demo::Demonstration,
    guard::shown,
    harness::{Answer, Form, REDIRECT, Service, claims},
    keys::{hand as key_hand, kid, published, tick},
    tokens::{
        DEMO_SECRET, SECRET, basic, hand, introspect, introspect_as, is_inactive,
        opaque::elsewhere, person, two_servers, wish,
    },
};

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// A call of the demo server with these headers.
async fn call(service: &Service, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    service.send(request.body(Body::from(INITIALIZE)).unwrap()).await
}

/// These claims, signed by the key that signs access tokens now.
async fn signed(service: &Service, typ: Option<&str>, claims: &Value) -> String {
    key_hand(service).open().await.unwrap().now().signer.sign(typ, claims).unwrap()
}

fn text(document: &Value, name: &str) -> String {
    document[name].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn k01_whoever_is_no_server_of_ours_learns_nothing_by_introspection() {
    let service = two_servers("", "").start().await;
    let access = elsewhere(&service).await;
    let metadata = json!({"client_name": "guarded", "redirect_uris": ["https://app.example/cb"]});
    let client = service.register(&metadata).await.json();
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let before = Before::of(&service);
    for authorization in [
        basic("guarded", "wrong"),
        basic("guarded", ""),
        basic("guarded", DEMO_SECRET),
        basic("guarded", &SECRET.to_uppercase()),
        basic("guarded", &format!("{SECRET}\0")),
        basic("nobody", SECRET),
        basic("", SECRET),
        basic(&id, &secret),
        basic("guarded", &secret),
        format!("Bearer {access}"),
        "Basic %%%".to_owned(),
    ] {
        let answer = introspect_as(&service, &authorization, &access).await;
        assert_eq!(answer.status, 401, "{authorization}");
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"countersign\"");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.body.contains("active"), "{}", answer.body);
    }
    let form = Form::of(&[("token", &access)]);
    assert_eq!(service.post("/introspect", &form, &[]).await.status, 401);
    let form = form.and("client_id", "guarded").and("client_secret", SECRET);
    assert_eq!(service.post("/introspect", &form, &[]).await.status, 401, "in the body");
    // One of ours that the token is not for.
    is_inactive(&introspect_as(&service, &basic("demo", DEMO_SECRET), &access).await);
    assert_eq!(introspect(&service, &access).await.json()["active"], true);
    before.stands(&service, &[&access, SECRET, DEMO_SECRET, &secret]);
}

#[tokio::test]
async fn k03_no_other_token_passes_for_an_access_token() {
    let service = two_servers("", "").start().await;
    let tokens = service.tokens("alice").await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let code = service.code("alice").await;
    let said = claims(&access).1;
    let id_token = json!({
        "iss": said["iss"], "sub": said["sub"], "aud": said["client_id"], "nonce": "n",
        "iat": said["iat"], "exp": said["exp"],
    });
    let mut others = vec![refresh, code, format!("cs_at_{}", &access[3..46])];
    for typ in [None, Some("JWT"), Some("id_token+jwt"), Some("logout+jwt"), Some("dpop+jwt")] {
        others.push(signed(&service, typ, &said).await);
        others.push(signed(&service, typ, &id_token).await);
    }
    others.push(signed(&service, Some("at+jwt"), &id_token).await);
    assert_eq!(service.mcp(&signed(&service, Some("at+jwt"), &said).await).await, 200);
    let before = Before::of(&service);
    for token in &others {
        let bearer = format!("Bearer {token}");
        let answer = call(&service, "/mcp", &[("authorization", &bearer)]).await;
        assert_eq!(answer.status, 401, "{token}");
        assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""), "{token}");
        let demo = introspect_as(&service, &basic("demo", DEMO_SECRET), token).await;
        is_inactive(&demo);
    }
    let client = service.client().await;
    for form in [service.refresh(&client, &access), service.exchange(&client, &access)] {
        let told = service.token(&form).await.refusal();
        assert!(told.starts_with("400 invalid_grant: "), "nor the other way round: {told}");
    }
    let others: Vec<_> = others.iter().map(String::as_str).collect();
    before.stands(&service, &others);
}

#[tokio::test]
async fn k04_a_token_for_one_server_is_refused_at_another() {
    let service = two_servers("", "").start().await;
    let tokens = service.tokens("alice").await;
    let (access, there) = (text(&tokens, "access_token"), elsewhere(&service).await);
    let personal = person(&service, "Alice Admin").await;
    let personal = hand(&service).create_for(&personal, &wish("guarded", "read")).await;
    let personal = personal.unwrap_or_else(|_| panic!("no token")).0.reveal().to_owned();
    let mut said = claims(&access).1;
    let mut wrong = vec![there, personal];
    let ours = service.resource.as_str();
    for aud in [
        json!(format!("{ours}/")),
        json!(ours.to_uppercase()),
        json!(ours.replace("localhost", "LOCALHOST")),
        json!(ours.replace("localhost", "127.0.0.1")),
        json!(format!("{ours}?x=1")),
        json!(format!("{ours}#")),
        json!(ours.trim_end_matches("/mcp")),
        json!(&ours[..ours.len() - 1]),
        json!([ours]),
        json!([ours, "http://127.0.0.1:9000/mcp"]),
        json!({"0": ours}),
        json!(""),
        Value::Null,
    ] {
        said["aud"] = aud;
        wrong.push(signed(&service, Some("at+jwt"), &said).await);
    }
    said.as_object_mut().unwrap().remove("aud");
    wrong.push(signed(&service, Some("at+jwt"), &said).await);
    let before = Before::of(&service);
    for token in &wrong {
        let bearer = format!("Bearer {token}");
        let answer = call(&service, "/mcp", &[("authorization", &bearer)]).await;
        assert_eq!(answer.status, 401, "{}", claims_or(token));
        assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""));
        is_inactive(&introspect_as(&service, &basic("demo", DEMO_SECRET), token).await);
    }
    assert_eq!(service.mcp(&access).await, 200);
    let wrong: Vec<_> = wrong.iter().map(String::as_str).collect();
    before.stands(&service, &wrong);
}

fn claims_or(token: &str) -> String {
    if token.starts_with("eyJ") { claims(token).1["aud"].to_string() } else { token.to_owned() }
}

#[tokio::test]
async fn k06_a_token_in_the_query_or_beside_another_is_refused() {
    let service = two_servers("", "").start().await;
    let access = text(&service.tokens("alice").await, "access_token");
    let bearer = format!("Bearer {access}");
    let before = Before::of(&service);
    let mut paths: Vec<_> = ["access_token", "access%5Ftoken", "a=1&access_token"]
        .map(|name| format!("/mcp?{name}={access}"))
        .into();
    paths.push("/mcp?access_token".to_owned());
    for path in &paths {
        for headers in [&[][..], &[("authorization", bearer.as_str())]] {
            let answer = call(&service, path, headers).await;
            assert!(answer.refusal().starts_with("400 invalid_request: "), "{path}");
            assert!(answer.header("www-authenticate").contains("error=\"invalid_request\""));
        }
    }
    let twice = [("authorization", bearer.as_str()); 2];
    assert!(call(&service, "/mcp", &twice).await.refusal().starts_with("400 invalid_request: "));
    let basic = basic("demo", DEMO_SECRET);
    for mixed in [[&bearer, &basic], [&basic, &bearer]] {
        let headers = mixed.map(|value| ("authorization", value.as_str()));
        assert!(call(&service, "/mcp", &headers).await.refusal().starts_with("400 "));
    }
    // RFC 6750 §2.2: in the body of a form.
    let form = Form::of(&[("access_token", &access)]);
    assert_eq!(service.post("/mcp", &form, &[]).await.status, 401);
    for (name, value) in
        [("x-access-token", &access), ("cookie", &format!("access_token={access}"))]
    {
        assert_eq!(call(&service, "/mcp", &[(name, value)]).await.status, 401, "{name}");
    }
    before.stands(&service, &[&access]);
    assert_eq!(service.mcp(&access).await, 200);
}

#[tokio::test]
async fn k07_revoking_what_is_anothers_or_unknown_is_answered_alike_and_ends_nothing() {
    let service = two_servers("tokens = \"opaque\"\n", "").start().await;
    let tokens = service.tokens("alice").await;
    let (opaque, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let there = elsewhere(&service).await;
    let alice = person(&service, "Alice Admin").await;
    let personal = hand(&service).create_for(&alice, &wish("demo", "read")).await;
    let personal = personal.unwrap_or_else(|_| panic!("no token")).0.reveal().to_owned();
    let metadata = json!({
        "client_name": "Thief", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
    });
    let thief = text(&service.register(&metadata).await.json(), "client_id");
    let client = service.client().await;
    let before = Before::of(&service);
    let revoke = async |client: &str, token: &str| {
        let answer = service
            .post("/revoke", &Form::of(&[("client_id", client), ("token", token)]), &[])
            .await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""), "{token}");
    };
    for foreign in [&opaque, &refresh, &there, &personal] {
        revoke(&thief, foreign).await;
    }
    let mut flipped = refresh.clone();
    flipped.replace_range(30..31, if &refresh[30..31] == "A" { "B" } else { "A" });
    let unsigned = format!("{}.AAAA", there.rsplit_once('.').unwrap().0);
    let cut = &refresh[..refresh.len() - 1];
    for unknown in ["x", "cs_rt_x", "a.b.c", &flipped, &unsigned, cut, &personal] {
        revoke(&client, unknown).await;
    }
    before.stands(&service, &[&opaque, &refresh, &there, &personal]);
    for token in [&opaque, &personal] {
        assert_eq!(service.mcp(token).await, 200);
    }
    assert_eq!(service.token(&service.refresh(&client, &refresh)).await.status, 200);
}

/// Whoever fetched the key set just before a key was announced has fetched it anew before it signs.
#[tokio::test]
async fn k09_a_key_is_published_for_twice_the_life_of_the_set_before_it_signs() {
    let service = Service::start().await;
    let cached = service.get("/jwks").await.header("cache-control").to_owned();
    let max_age: u64 = cached.strip_prefix("public, max-age=").unwrap().parse().unwrap();
    let next = key_hand(&service).rotate(false).await.unwrap();
    tick(&[&service]).await;
    assert!(published(&service).await.contains(&next.id.to_string()), "at once");
    let notice = next.signs_from.since(service.now());
    assert!(notice >= Duration::from_secs(2 * max_age), "{notice:?}");
    let signs = async |at: Timestamp| {
        service.wait(at.since(service.now()).as_secs());
        tick(&[&service]).await;
        kid(&text(&service.tokens("alice").await, "access_token")) == next.id.as_str()
    };
    assert!(!signs(Timestamp::from_unix(next.signs_from.unix() - 1)).await, "not a second before");
    assert!(signs(next.signs_from).await);
    service.log.keeps(&["eyJ"]);
}

#[tokio::test]
async fn k10_every_refusal_says_where_to_sign_in_and_what_for() {
    let service = Service::start().await;
    let before = Before::of(&service);
    let metadata =
        "resource_metadata=\"http://localhost:8000/.well-known/oauth-protected-resource/mcp\"";
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        for (path, bearer) in
            [("/mcp", None), ("/mcp", Some("Bearer abc")), ("/mcp", Some("Basic YTpi"))]
        {
            let mut request = Request::builder().method(method).uri(path);
            if let Some(bearer) = bearer {
                request = request.header(header::AUTHORIZATION, bearer);
            }
            let answer = service.send(request.body(Body::empty()).unwrap()).await;
            let challenge = answer.header("www-authenticate");
            assert_eq!(answer.status, 401, "{method} {bearer:?}");
            assert!(challenge.starts_with("Bearer "), "{method} {bearer:?}: {challenge}");
            assert!(challenge.contains(metadata), "{method} {bearer:?}: {challenge}");
            assert!(challenge.contains("scope=\""), "{method} {bearer:?}: {challenge}");
            let told = challenge.contains("error=\"invalid_token\"");
            assert_eq!(told, bearer.is_some_and(|it| it.starts_with("Bearer")), "RFC 6750 §3.1");
        }
    }
    before.stands(&service, &["YTpi"]);
    let demo = Demonstration::new();
    let refused = shown(demo.call("read", "secure_operation", &json!({})).await).await;
    assert!(refused.starts_with("403 "), "{refused}");
    for part in ["error=\"insufficient_scope\"", "scope=\"admin\"", metadata] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
}
