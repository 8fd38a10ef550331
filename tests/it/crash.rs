//! The program is killed in the middle of its work. What it answered must still be true afterwards.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use url::Url;

use crate::{
    harness::{postgres::Database, verifier},
    running::{Person, Running, http},
};

const REDIRECT: &str = "http://127.0.0.1:7777/callback";

/// A grant as its client knows it: the refresh token of the last answer.
#[derive(Clone)]
struct Lineage {
    http: reqwest::Client,
    client: String,
    token: String,
    turns: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answered_rotation_is_lost_when_the_program_is_killed() {
    nothing_answered_is_lost(Running::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answered_rotation_is_lost_when_a_node_on_postgresql_is_killed() {
    let database = Database::fresh().await;
    nothing_answered_is_lost(Running::start_on(Some(database.url)).await).await;
}

async fn nothing_answered_is_lost(mut service: Running) {
    let mut lineages = Vec::new();
    for n in 0..6 {
        lineages.push(Lineage::begin(&service, n).await);
    }
    for round in 0..5 {
        let before: usize = lineages.iter().map(|line| line.turns).sum();
        let load: Vec<_> = lineages.drain(..).map(|line| line.keep_turning(&service)).collect();
        tokio::time::sleep(Duration::from_millis(150 + 70 * round)).await;
        service = service.killed().await;
        for line in load {
            lineages.push(line.await.unwrap());
        }
        let turned: usize = lineages.iter().map(|line| line.turns).sum();
        assert!(turned > before, "nothing was rotated before the kill");
        for line in &mut lineages {
            let answer = line.turn(&service.issuer).await.unwrap();
            assert_eq!(answer, Ok(()), "round {round}, after {} turns", line.turns);
        }
    }
    let ends: BTreeSet<_> = lineages.iter().map(|line| &line.token).collect();
    assert_eq!(ends.len(), 6);
}

impl Lineage {
    async fn begin(service: &Running, n: usize) -> Self {
        let http = http();
        let metadata = json!({
            "client_name": format!("Client {n}"), "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "none",
        });
        let registered = http.post(format!("{}/register", service.issuer)).json(&metadata);
        let registered: Value = registered.send().await.unwrap().json().await.unwrap();
        let client = registered["client_id"].as_str().unwrap().to_owned();
        let (verifier, challenge) = (verifier(), verifier().challenge());
        let ask = [
            ("response_type", "code"),
            ("client_id", client.as_str()),
            ("redirect_uri", REDIRECT),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let page = Url::parse_with_params(&format!("{}/authorize", service.issuer), ask).unwrap();
        let called = Person::new().sign_in(page.as_str(), "alice").await;
        let called = Url::parse(&called).unwrap();
        let code = called.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let mut line = Self { http, client, token: String::new(), turns: 0 };
        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier.reveal()),
        ];
        assert_eq!(line.ask(&service.issuer, &exchange).await.unwrap(), Ok(()));
        line
    }

    /// Refreshes without a pause, until the program answers no more.
    fn keep_turning(mut self, service: &Running) -> JoinHandle<Self> {
        let issuer = service.issuer.clone();
        tokio::spawn(async move {
            while let Ok(answer) = self.turn(&issuer).await {
                assert_eq!(answer, Ok(()));
            }
            self
        })
    }

    async fn turn(&mut self, issuer: &str) -> reqwest::Result<Result<(), String>> {
        let token = self.token.clone();
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        self.ask(issuer, &refresh).await
    }

    /// Keeps the refresh token of a good answer; a broken connection is an error of the outer kind.
    async fn ask(
        &mut self,
        issuer: &str,
        form: &[(&str, &str)],
    ) -> reqwest::Result<Result<(), String>> {
        let form = [form, &[("client_id", self.client.as_str())]].concat();
        let answer = self.http.post(format!("{issuer}/token")).form(&form).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if status != 200 {
            return Ok(Err(text));
        }
        let tokens: Value = serde_json::from_str(&text).unwrap();
        self.token = tokens["refresh_token"].as_str().unwrap().to_owned();
        self.turns += 1;
        Ok(Ok(()))
    }
}
