//! `POST /revoke` (RFC 7009): a token of the client's ends its grant; everything else has no effect.

use crate::harness::{Answer, Form, Service};

/// A client with a grant.
struct Granted {
    service: Service,
    client: String,
    access: String,
    refresh: String,
}

impl Granted {
    async fn new() -> Self {
        let service = Service::start().await;
        let tokens = service.tokens("alice").await;
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        let client = service.client().await;
        Self { service, client, access, refresh }
    }

    async fn revoke(&self, token: &str) -> Answer {
        self.post(&Form::of(&[("client_id", &self.client), ("token", token)])).await
    }

    async fn post(&self, form: &Form) -> Answer {
        self.service.post("/revoke", form, &[]).await
    }

    async fn has_ended(&self) {
        assert_eq!(self.service.mcp(&self.access).await, 401);
        let form = self.service.refresh(&self.client, &self.refresh);
        let told = self.service.token(&form).await.refusal();
        assert_eq!(told, "400 invalid_grant: The grant has ended; sign in again.");
    }

    async fn lives(&self) {
        assert_eq!(self.service.mcp(&self.access).await, 200);
        let form = self.service.refresh(&self.client, &self.refresh);
        assert_eq!(self.service.token(&form).await.status, 200);
    }
}

#[tokio::test]
async fn a_refresh_token_ends_its_whole_grant() {
    let granted = Granted::new().await;
    let answer = granted.revoke(&granted.refresh).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("cache-control"), "no-store");
    granted.has_ended().await;
    granted.service.log.keeps(&[&granted.refresh, &granted.access]);
}

#[tokio::test]
async fn an_access_token_ends_its_whole_grant() {
    let granted = Granted::new().await;
    assert_eq!(granted.revoke(&granted.access).await.status, 200);
    granted.has_ended().await;
}

#[tokio::test]
async fn revoking_twice_is_answered_alike() {
    let granted = Granted::new().await;
    for token in [&granted.refresh, &granted.refresh, &granted.access] {
        assert_eq!(granted.revoke(token).await.status, 200);
    }
}

#[tokio::test]
async fn a_rotated_refresh_token_ends_the_grant_it_belonged_to() {
    let mut granted = Granted::new().await;
    let form = granted.service.refresh(&granted.client, &granted.refresh);
    let next = granted.service.token(&form).await.json();
    let old =
        std::mem::replace(&mut granted.refresh, next["refresh_token"].as_str().unwrap().to_owned());
    assert_eq!(granted.revoke(&old).await.status, 200);
    granted.has_ended().await;
}

#[tokio::test]
async fn the_hint_is_only_a_hint() {
    let granted = Granted::new().await;
    let form = Form::of(&[("client_id", &granted.client), ("token", &granted.refresh)]);
    let form = form.and("token_type_hint", "access_token");
    assert_eq!(granted.post(&form).await.status, 200);
    granted.has_ended().await;
}

#[tokio::test]
async fn a_request_without_token_or_client_is_refused() {
    let granted = Granted::new().await;
    let form = Form::of(&[("client_id", &granted.client)]);
    insta::assert_snapshot!(granted.post(&form).await.refusal(), @"400 invalid_request: token is missing.");
    let form = Form::of(&[("token", &granted.refresh)]);
    insta::assert_snapshot!(granted.post(&form).await.refusal(), @"401 invalid_client: client_id is missing.");
    let form = form.and("client_id", "dyn_unknown");
    assert_eq!(granted.post(&form).await.status, 401);
    granted.lives().await;
}

#[tokio::test]
async fn a_revocation_outlives_a_restart() {
    let mut granted = Granted::new().await;
    granted.revoke(&granted.refresh).await;
    granted.service = granted.service.restart().await;
    granted.has_ended().await;
}
