//! Opaque access tokens: the same life as signed ones, and nothing to read in them.

use super::*;
use countersign::guard::RECHECK_AFTER;
use serde_json::Value;

const OPAQUE: &str = "tokens = \"opaque\"\n";

async fn service() -> Service {
    two_servers(OPAQUE, "").start().await
}

fn text(tokens: &Value, name: &str) -> String {
    tokens[name].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_opaque_token_lets_in_and_only_its_digest_is_kept() {
    let service = service().await;
    let tokens = service.tokens("alice").await;
    let access = text(&tokens, "access_token");
    assert!(access.starts_with("cs_at_") && access.len() == 49);
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&"Bearer".into(), &3600.into()));
    assert_eq!(service.mcp(&access).await, 200);
    assert_eq!(service.count("opaque_tokens"), 1);
    assert!(!service.database_holds(&access) && !service.database_holds(&access[6..]));
    service.log.keeps(&["cs_at_"]);
}

#[tokio::test]
async fn each_refresh_gives_another_one() {
    let service = service().await;
    let tokens = service.tokens("alice").await;
    let client = service.client().await;
    let next = service.token(&service.refresh(&client, &text(&tokens, "refresh_token"))).await;
    let next = text(&next.json(), "access_token");
    assert_ne!(next, text(&tokens, "access_token"));
    assert!(next.starts_with("cs_at_"));
    assert_eq!(service.mcp(&next).await, 200);
}

#[tokio::test]
async fn a_server_with_signed_tokens_beside_it_gives_those() {
    let service = two_servers("", OPAQUE).start().await;
    let access = text(&service.tokens("alice").await, "access_token");
    assert!(access.starts_with("eyJ"), "{access}");
    assert_eq!(service.count("opaque_tokens"), 0);
}

#[tokio::test]
async fn an_opaque_token_is_refused_at_another_server() {
    let service = two_servers("", OPAQUE).start().await;
    let access = elsewhere(&service).await;
    assert!(access.starts_with("cs_at_"));
    assert_eq!(service.mcp(&access).await, 401);
    assert_eq!(introspect(&service, &access).await.json()["active"], true);
    is_inactive(&introspect_as(&service, &basic("demo", DEMO_SECRET), &access).await);
}

/// An access token for the server elsewhere.
pub(crate) async fn elsewhere(service: &Service) -> String {
    let client = service.client().await;
    let ask = service.ask(&client).with("resource", ELSEWHERE);
    let landing = service.walk(&mut service.browser(), &ask, "alice").await.landing();
    let form = service.exchange(&client, &landing["code"]).with("resource", ELSEWHERE);
    text(&service.token(&form).await.json(), "access_token")
}

#[tokio::test]
async fn an_opaque_token_expires() {
    let service = service().await;
    let access = text(&service.tokens("alice").await, "access_token");
    assert_eq!(service.mcp(&access).await, 200);
    service.wait(3600 + 59);
    assert_eq!(service.mcp(&access).await, 200, "within the leeway");
    service.wait(1);
    assert_eq!(service.mcp(&access).await, 401);
    let replica = service.replica().await;
    assert_eq!(replica.mcp(&access).await, 401, "also where it was never seen");
}

#[tokio::test]
async fn an_invented_or_damaged_one_is_refused() {
    let service = service().await;
    let access = text(&service.tokens("alice").await, "access_token");
    let mut other = access.clone();
    other.replace_range(20..21, if &access[20..21] == "A" { "B" } else { "A" });
    for token in [&other, &access[..48], &access[6..], &access.replace("_at_", "_pat_")] {
        assert_eq!(service.mcp(token).await, 401, "{token}");
    }
    assert_eq!(service.mcp(&access).await, 200);
}

#[tokio::test]
async fn revoking_it_ends_its_grant_at_once_here_and_at_the_first_look_elsewhere() {
    let service = service().await;
    let replica = service.replica().await;
    let tokens = service.tokens("alice").await;
    let access = text(&tokens, "access_token");
    assert_eq!(service.mcp(&access).await, 200);
    let form = |client: &str| Form::of(&[("client_id", client), ("token", &access)]);
    let metadata = serde_json::json!({
        "client_name": "Thief", "redirect_uris": [crate::harness::REDIRECT],
        "token_endpoint_auth_method": "none",
    });
    let thief = text(&service.register(&metadata).await.json(), "client_id");
    assert_eq!(service.post("/revoke", &form(&thief), &[]).await.status, 200);
    assert_eq!(service.mcp(&access).await, 200, "another client ends nothing");
    let client = service.client().await;
    let answer = service.post("/revoke", &form(&client), &[]).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    assert_eq!(service.mcp(&access).await, 401);
    assert_eq!(replica.mcp(&access).await, 401);
    let refresh = service.refresh(&client, &text(&tokens, "refresh_token"));
    assert_eq!(service.token(&refresh).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn an_opaque_token_is_no_refresh_token_and_no_code() {
    let service = service().await;
    let access = text(&service.tokens("alice").await, "access_token");
    let client = service.client().await;
    let refresh = service.token(&service.refresh(&client, &access)).await;
    let code = service.token(&service.exchange(&client, &access)).await;
    assert_eq!(refresh.json()["error"], "invalid_grant");
    assert_eq!(code.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn somebody_disabled_is_refused_at_the_next_look() {
    let service = service().await;
    let access = text(&service.tokens("alice").await, "access_token");
    assert_eq!(service.mcp(&access).await, 200);
    let alice = person(&service, "Alice Admin").await;
    // As no verb does it: the person alone is locked out.
    service.execute("UPDATE users SET disabled = 1 WHERE id = ?", alice.id.as_str());
    service.wait(RECHECK_AFTER.as_secs());
    assert_eq!(service.mcp(&access).await, 401);
}

#[tokio::test]
async fn trouble_with_the_store_is_503_and_passes() {
    let service = service().await;
    let access = text(&service.tokens("alice").await, "access_token");
    service.store.breaks("opaque_token");
    assert_eq!(service.mcp(&access).await, 503);
    let revoked = service
        .post(
            "/revoke",
            &Form::of(&[("client_id", &service.client().await), ("token", &access)]),
            &[],
        )
        .await;
    assert_eq!(revoked.status, 503, "and not reported as done");
    service.store.heals();
    assert_eq!(service.mcp(&access).await, 200);
    let (client, refresh) = service.lineage("alice").await;
    service.store.breaks("put_opaque_token");
    assert_eq!(service.token(&service.refresh(&client, &refresh)).await.status, 503);
    service.store.heals();
    let again = service.token(&service.refresh(&client, &refresh)).await;
    assert_eq!(again.status, 200, "a lost response is given again: {}", again.body);
}
