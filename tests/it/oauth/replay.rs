//! Codes and refresh tokens used twice, one after the other or all at once.

use std::collections::BTreeSet;

use crate::harness::{Answer, Form, Service};

/// Sends the same form from 64 tasks at once, half of them to another replica.
pub(crate) async fn at_once(service: &Service, replica: &Service, form: &Form) -> Vec<Answer> {
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(64));
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let app = if n % 2 == 0 { service.router() } else { replica.router() };
            let (body, barrier) = (form.encoded(), barrier.clone());
            tokio::spawn(async move {
                let request = http::Request::post("/token")
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(axum::body::Body::from(body));
                barrier.wait().await;
                crate::harness::send(&app, request.unwrap()).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn successes(answers: &[Answer]) -> Vec<serde_json::Value> {
    answers.iter().filter(|a| a.status == 200).map(Answer::json).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_parallel_refreshes_of_one_token_comes_one_lineage() {
    let service = Service::start().await;
    let (client, token) = service.lineage("alice").await;
    let replica = service.replica().await;
    let answers = at_once(&service, &replica, &service.refresh(&client, &token)).await;
    let good = successes(&answers);
    let successors: BTreeSet<_> = good.iter().map(|t| t["refresh_token"].to_string()).collect();
    assert_eq!(successors.len(), 1, "every answer carries the same refresh token");
    assert!((1..=4).contains(&good.len()), "the first and three times grace: {}", good.len());
    assert!(service.rows().contains("grants 1"), "{}", service.rows());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_parallel_refreshes_of_one_client_all_succeed_with_one_successor() {
    let service = Service::start().await;
    let (client, token) = service.lineage("alice").await;
    let form = service.refresh(&client, &token);
    let app = service.router();
    let all = (0..4).map(|_| {
        let (app, body) = (app.clone(), form.encoded());
        tokio::spawn(async move {
            let request = http::Request::post("/token")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(axum::body::Body::from(body));
            crate::harness::send(&app, request.unwrap()).await.json()
        })
    });
    let mut successors = BTreeSet::new();
    for task in all.collect::<Vec<_>>() {
        successors.insert(task.await.unwrap()["refresh_token"].as_str().unwrap().to_owned());
    }
    assert_eq!(successors.len(), 1);
    let next = successors.pop_first().unwrap();
    assert_eq!(service.token(&service.refresh(&client, &next)).await.status, 200);
}

#[tokio::test]
async fn a_code_replayed_revokes_the_grant_it_opened_and_its_access_token() {
    let service = Service::start().await;
    let code = service.code("alice").await;
    let exchange = service.exchange(&service.client().await, &code);
    let tokens = service.token(&exchange).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(service.mcp(access).await, 200);
    insta::assert_snapshot!(service.token(&exchange).await.refusal(), @"400 invalid_grant: The code was used before; its tokens are revoked.");
    assert_eq!(service.mcp(access).await, 401);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let refresh = service.refresh(&service.client().await, refresh);
    insta::assert_snapshot!(service.token(&refresh).await.refusal(), @"400 invalid_grant: The grant has ended; sign in again.");
    let service = service.restart().await;
    assert_eq!(service.mcp(access).await, 401, "revoked after a restart as well");
}

#[tokio::test]
async fn a_code_replayed_an_hour_later_still_revokes() {
    let service = Service::start().await;
    let code = service.code("alice").await;
    let exchange = service.exchange(&service.client().await, &code);
    let tokens = service.token(&exchange).await.json();
    service.wait(3600);
    assert!(service.token(&exchange).await.refusal().starts_with("400 invalid_grant"));
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let refresh = service.refresh(&service.client().await, refresh);
    assert!(service.token(&refresh).await.refusal().starts_with("400 invalid_grant"));
}

#[tokio::test]
async fn a_replay_without_the_right_verifier_revokes_as_well() {
    let service = Service::start().await;
    let code = service.code("alice").await;
    let exchange = service.exchange(&service.client().await, &code);
    let tokens = service.token(&exchange).await.json();
    let replay = exchange.with("code_verifier", &"x".repeat(43));
    insta::assert_snapshot!(service.token(&replay).await.refusal(), @"400 invalid_grant: The code was used before; its tokens are revoked.");
    let status = service.mcp(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(status, 401, "a code seen twice is a code that leaked");
}
