//! `POST /token` with a refresh token: rotation, grace, reuse, and the end of a grant.

use serde_json::Value;

use crate::harness::{Service, claims};

/// One grant and the refresh token that works now.
struct Lineage {
    service: Service,
    client: String,
    token: String,
}

impl Lineage {
    async fn of(user: &str) -> Self {
        let service = Service::start().await;
        let (client, token) = service.lineage(user).await;
        Self { service, client, token }
    }

    /// The answer to this refresh token: the successor, or the refusal.
    async fn turn(&self, token: &str) -> Result<String, String> {
        let answer = self.service.token(&self.service.refresh(&self.client, token)).await;
        match answer.status.as_u16() {
            200 => Ok(answer.json()["refresh_token"].as_str().unwrap().to_owned()),
            _ => Err(answer.refusal()),
        }
    }

    async fn rotated(&mut self) -> String {
        let before = self.token.clone();
        self.token = self.turn(&before).await.unwrap();
        before
    }
}

#[tokio::test]
async fn every_use_rotates_and_the_new_access_token_is_for_the_same_person_and_server() {
    let line = Lineage::of("alice").await;
    let answer = line.service.token(&line.service.refresh(&line.client, &line.token)).await;
    assert_eq!((answer.header("cache-control"), answer.status.as_u16()), ("no-store", 200));
    let tokens: Value = answer.json();
    assert_ne!(tokens["refresh_token"], line.token.as_str());
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(line.service.mcp(access).await, 200);
    let again = line.turn(tokens["refresh_token"].as_str().unwrap()).await.unwrap();
    line.service.log.keeps(&[access, &line.token, &again]);
    for token in [&line.token, &again] {
        assert!(!line.service.database_holds(token));
    }
    let (_, first) = claims(access);
    assert_eq!(first["aud"], line.service.resource.as_str());
}

#[tokio::test]
async fn a_lost_response_is_given_again_three_times_within_thirty_seconds() {
    let mut line = Lineage::of("alice").await;
    let lost = line.rotated().await;
    for _ in 0..3 {
        line.service.wait(9);
        assert_eq!(line.turn(&lost).await.as_ref(), Ok(&line.token), "the same successor");
    }
    insta::assert_snapshot!(line.turn(&lost).await.unwrap_err(), @"400 invalid_grant: The token was used before; the grant is revoked.");
    insta::assert_snapshot!(line.turn(&line.token).await.unwrap_err(), @"400 invalid_grant: The grant has ended; sign in again.");
}

#[tokio::test]
async fn the_successor_given_again_works() {
    let mut line = Lineage::of("alice").await;
    let lost = line.rotated().await;
    let again = line.turn(&lost).await.unwrap();
    assert!(line.turn(&again).await.is_ok());
}

#[tokio::test]
async fn a_narrower_scope_narrows_the_access_token_and_not_the_grant() {
    let line = Lineage::of("alice").await;
    let form = line.service.refresh(&line.client, &line.token).with("scope", "read offline_access");
    let narrow = line.service.token(&form).await.json();
    assert_eq!(narrow["scope"], "read");
    assert_eq!(claims(narrow["access_token"].as_str().unwrap()).1["scope"], "read");
    let next = line.service.refresh(&line.client, narrow["refresh_token"].as_str().unwrap());
    assert_eq!(line.service.token(&next).await.json()["scope"], "admin read write");
}

#[tokio::test]
async fn a_person_disabled_meanwhile_gets_no_more_tokens() {
    let line = Lineage::of("bob").await;
    line.service.execute("UPDATE users SET disabled = 1 WHERE name = ?", "Bob Reader");
    insta::assert_snapshot!(line.turn(&line.token).await.unwrap_err(), @"400 invalid_grant: The account is disabled here.");
}

#[tokio::test]
async fn rotation_grace_and_reuse_survive_a_restart() {
    let mut line = Lineage::of("alice").await;
    let lost = line.rotated().await;
    line.service = line.service.restart().await;
    assert_eq!(line.turn(&lost).await.as_ref(), Ok(&line.token), "grace");
    line.rotated().await;
    line.service = line.service.restart().await;
    assert!(line.turn(&lost).await.unwrap_err().contains("revoked"), "reuse");
    line.service = line.service.restart().await;
    assert!(line.turn(&line.token).await.is_err(), "and it stays revoked");
}
