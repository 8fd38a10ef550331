//! `POST /introspect` (RFC 7662): everything about the asker's own good tokens, nothing about others.

use super::{opaque::elsewhere, *};
use http::Request;
use serde_json::json;

async fn service() -> Service {
    two_servers("", "").start().await
}

#[tokio::test]
async fn a_signed_token_of_the_askers_is_told_whole() {
    let service = service().await;
    let access = elsewhere(&service).await;
    let answer = introspect(&service, &access).await;
    let mut told = answer.json();
    let claims = crate::harness::claims(&access).1;
    let members = told.as_object_mut().unwrap();
    assert_eq!(members.remove("active"), Some(json!(true)));
    assert_eq!(members.remove("token_type"), Some(json!("Bearer")));
    assert_eq!(told, claims);
    assert_eq!(
        (answer.header("cache-control"), answer.header("content-type")),
        ("no-store", "application/json")
    );
    service.log.keeps(&[&access, SECRET]);
}

#[tokio::test]
async fn the_demo_server_may_ask_too_and_learns_of_its_own_alone() {
    let service = service().await;
    let own = service.tokens("alice").await["access_token"].as_str().unwrap().to_owned();
    let demo = basic("demo", DEMO_SECRET);
    assert_eq!(introspect_as(&service, &demo, &own).await.json()["active"], true);
    is_inactive(&introspect(&service, &own).await);
    is_inactive(&introspect_as(&service, &demo, &elsewhere(&service).await).await);
}

#[tokio::test]
async fn a_server_without_a_secret_may_not_ask_with_any() {
    let service = Service::start().await;
    for secret in ["", "\0", SECRET] {
        assert_eq!(introspect_as(&service, &basic("demo", secret), "x").await.status, 401);
    }
}

#[tokio::test]
async fn only_a_posted_form_is_read() {
    let service = service().await;
    let access = elsewhere(&service).await;
    let known = basic("guarded", SECRET);
    let query = format!("/introspect?token={access}");
    let get = Request::get(&query).header("authorization", &known).body("".into()).unwrap();
    assert_eq!(service.send(get).await.status, 405);
    let asked = service.post(&query, &Form::of(&[]), &[("authorization", &known)]).await;
    assert_eq!(asked.refusal(), "400 invalid_request: token is missing.");
    let json = Request::post("/introspect")
        .header("authorization", &known)
        .header("content-type", "application/json")
        .body(json!({ "token": access }).to_string().into());
    assert_eq!(service.send(json.unwrap()).await.status, 400);
    let twice = Form::of(&[("token", &access), ("token", &access)]);
    assert_eq!(service.post("/introspect", &twice, &[("authorization", &known)]).await.status, 400);
}

#[tokio::test]
async fn what_is_no_access_token_is_inactive() {
    let service = service().await;
    let (_, refresh) = service.lineage("alice").await;
    let access = elsewhere(&service).await;
    let unsigned = format!("{}.AAAA", access.rsplit_once('.').unwrap().0);
    let code = service.code("alice").await;
    for token in [&refresh, &unsigned, &code, "x", "cs_at_x", SECRET, &access[1..]] {
        is_inactive(&introspect(&service, token).await);
    }
}

#[tokio::test]
async fn an_expired_token_is_inactive() {
    let service = service().await;
    let access = elsewhere(&service).await;
    service.wait(3600 + 59);
    assert_eq!(introspect(&service, &access).await.json()["active"], true);
    service.wait(1);
    is_inactive(&introspect(&service, &access).await);
}

#[tokio::test]
async fn a_signed_token_of_a_revoked_grant_is_inactive_at_once() {
    let service = service().await;
    let access = elsewhere(&service).await;
    let form = Form::of(&[("client_id", &service.client().await), ("token", &access)]);
    service.post("/revoke", &form, &[]).await;
    is_inactive(&introspect(&service, &access).await);
    is_inactive(&introspect(&service.replica().await, &access).await);
}

#[tokio::test]
async fn a_signed_token_of_somebody_disabled_is_inactive_at_once() {
    let service = service().await;
    let access = elsewhere(&service).await;
    let alice = person(&service, "Alice Admin").await;
    service.execute("UPDATE users SET disabled = 1 WHERE id = ?", alice.id.as_str());
    is_inactive(&introspect(&service, &access).await);
}

#[tokio::test]
async fn trouble_with_the_store_says_nothing_about_a_token() {
    let service = service().await;
    let access = elsewhere(&service).await;
    for verb in ["grant", "user"] {
        service.store.breaks(verb);
        let answer = introspect(&service, &access).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "5"), "{verb}");
        service.store.heals();
    }
}

#[tokio::test]
async fn the_metadata_says_where_and_how_to_ask() {
    let service = service().await;
    let told = service.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(told["introspection_endpoint"], "http://localhost:8000/introspect");
    assert_eq!(
        told["introspection_endpoint_auth_methods_supported"],
        json!(["client_secret_basic"])
    );
}
