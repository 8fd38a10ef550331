//! Group H: the token endpoint, with a refresh token.

use super::{
    before::Before,
    shared::{ENDED, REUSED, exchange, thief},
};
use crate::{
    harness::{Answer, Form, REDIRECT, Service, Setup},
    nodes::Nodes,
};

fn opaque() -> Setup {
    Setup::new().edit("servers/demo.toml", |text| format!("tokens = \"opaque\"\n{text}"))
}

impl Nodes {
    /// The token that follows this one.
    async fn next(&self, token: &str) -> String {
        self.turn(&self.here, token).await.unwrap()
    }

    /// The token is told to be reused at this node: its family ends by the change of one row, whole and
    /// everywhere, and the log says so without a token.
    async fn reuse_is_seen(&self, node: &Service, old: &str, newest: &str) {
        let before = Before::of(&self.there);
        assert_eq!(self.turn(node, old).await, Err(REUSED.to_owned()));
        before.stands_but_for_one_of("grants", &self.there, &[old, newest, &self.access]);
        assert!(self.there.log.text().contains("refresh token reused grant="));
        self.there.look().await;
        self.here.look().await;
        for node in [&self.here, &self.there] {
            assert_eq!(self.turn(node, newest).await, Err(ENDED.to_owned()));
            assert_eq!(self.turn(node, old).await, Err(ENDED.to_owned()));
            assert_eq!(node.mcp(&self.access).await, 401);
        }
    }
}

#[tokio::test]
async fn h01_reuse_after_the_grace_ends_the_family_with_its_access_tokens_and_is_logged() {
    for setup in [Setup::new, opaque] {
        let nodes = Nodes::on(setup().start().await, "alice").await;
        let (other, unharmed) = nodes.here.lineage("alice").await;
        let next = nodes.next(&nodes.refresh).await;
        nodes.here.wait(30);
        nodes.reuse_is_seen(&nodes.here, &nodes.refresh, &next).await;
        let form = nodes.there.refresh(&other, &unharmed);
        assert_eq!(nodes.there.token(&form).await.status, 200, "another family of the person");
        // Within the grace as well, once the successor was used.
        let nodes = Nodes::on(setup().start().await, "alice").await;
        let next = nodes.next(&nodes.refresh).await;
        let last = nodes.next(&next).await;
        nodes.reuse_is_seen(&nodes.there, &nodes.refresh, &last).await;
    }
}

#[tokio::test]
async fn h03_a_replay_in_the_very_second_of_the_rotation_is_seen() {
    let nodes = Nodes::of("alice").await;
    let at = nodes.here.now();
    let second = nodes.next(&nodes.refresh).await;
    let third = nodes.next(&second).await;
    let fourth = nodes.next(&third).await;
    nodes.reuse_is_seen(&nodes.here, &second, &fourth).await;
    assert_eq!(nodes.there.now(), at, "no time passed at all");
}

#[tokio::test]
async fn h04_a_replay_is_seen_after_a_restart_and_at_another_node() {
    let nodes = Nodes::of("alice").await;
    let next = nodes.next(&nodes.refresh).await;
    let last = nodes.next(&next).await;
    nodes.reuse_is_seen(&nodes.there, &nodes.refresh, &last).await;

    let service = Service::start().await;
    let (client, first) = service.lineage("alice").await;
    let turn = async |service: &Service, token: &str| {
        service.token(&service.refresh(&client, token)).await
    };
    let next = turn(&service, &first).await.json()["refresh_token"].clone();
    let last = turn(&service, next.as_str().unwrap()).await.json()["refresh_token"].clone();
    let service = service.restart().await;
    let before = Before::of(&service);
    assert_eq!(turn(&service, &first).await.refusal(), REUSED);
    before.stands_but_for_one_of("grants", &service, &[&first]);
    let service = service.restart().await;
    assert_eq!(turn(&service, last.as_str().unwrap()).await.refusal(), ENDED);
}

#[tokio::test]
async fn h06_the_grace_is_given_three_times_in_all_and_each_time_is_logged() {
    let nodes = Nodes::of("alice").await;
    let next = nodes.next(&nodes.refresh).await;
    for (given, node) in [&nodes.here, &nodes.there, &nodes.here].into_iter().enumerate() {
        nodes.here.wait(9);
        assert_eq!(nodes.turn(node, &nodes.refresh).await.as_ref(), Ok(&next));
        let log = nodes.there.log.text();
        let lines: Vec<_> = log.lines().filter(|line| line.contains("given again")).collect();
        assert_eq!(lines.len(), given + 1);
        assert!(lines[given].contains(&format!("graces={}", given + 1)), "{}", lines[given]);
    }
    nodes.reuse_is_seen(&nodes.there, &nodes.refresh, &next).await;
}

#[tokio::test]
async fn h07_another_clients_token_another_resource_or_a_wider_scope_is_refused() {
    let setup = Setup::new().variable("COUNTERSIGN_SERVERS", "demo,guarded");
    let service = setup.variable("OAUTH_CLIENT_ID", "app").variable("OAUTH_CLIENT_SECRET", "s");
    let service = service.variable("OAUTH_REDIRECT_URI", REDIRECT).start().await;
    let (client, old) = service.lineage("bob").await;
    let good = service.token(&service.refresh(&client, &old)).await.json();
    let token = good["refresh_token"].as_str().unwrap();
    service.wait(60);
    let thief = thief(&service).await;
    let form = service.refresh(&client, token);
    let before = Before::of(&service);
    let theirs = "400 invalid_grant: The token belongs to another client.";
    let target = "400 invalid_target: The grant is for another resource.";
    let scope = "400 invalid_scope: Wider than what was granted.";
    for (bad, told) in [
        (form.clone().with("client_id", &thief), theirs),
        (form.clone().with("client_id", "app").and("client_secret", "s"), theirs),
        // A stranger who found an old token ends nobody's grant with it.
        (service.refresh(&thief, &old), theirs),
        (form.clone().with("resource", "http://127.0.0.1:9000/mcp"), target),
        (form.clone().with("resource", "https://evil.example/mcp"), target),
        (form.clone().and("resource", "http://127.0.0.1:9000/mcp"), target),
        (form.clone().with("resource", "/mcp"), target),
        (form.clone().with("scope", "read admin"), scope),
        (form.clone().with("scope", "write"), scope),
        (form.clone().with("scope", "read openid"), scope),
        (form.clone().with("scope", "read\nadmin"), scope),
        (form.clone().with("scope", "*"), scope),
    ] {
        assert_eq!(service.token(&bad).await.refusal(), told, "{}", bad.encoded());
    }
    before.stands(&service, &[token, &old]);
    let still = service.token(&form).await.json();
    assert_eq!(still["scope"], "read");
}

#[tokio::test]
async fn h09_a_grant_ends_after_ninety_days_however_often_it_is_refreshed() {
    const DAY: u64 = 86_400;
    let setup = Setup::new().variable("OAUTH_CLIENT_ID", "app"); // one that never lapses itself
    let service = setup.variable("OAUTH_REDIRECT_URI", REDIRECT).start().await;
    let landing = service.walk(&mut service.browser(), &service.ask("app"), "alice").await;
    let exchange = service.exchange("app", &landing.landing()["code"]);
    let mut tokens = service.token(&exchange).await.json();
    let refresh = async |tokens: &serde_json::Value| -> Answer {
        service.token(&service.refresh("app", tokens["refresh_token"].as_str().unwrap())).await
    };
    for _ in 0..9 {
        service.wait(10 * DAY - 1);
        tokens = refresh(&tokens).await.json();
    }
    assert_eq!(tokens["expires_in"], 9, "an access token never outlives its grant");
    service.wait(9);
    let before = Before::of(&service);
    assert_eq!(refresh(&tokens).await.refusal(), ENDED);
    before.stands(&service, &[tokens["refresh_token"].as_str().unwrap()]);
    // And after fourteen days without use.
    let (client, token) = service.lineage("bob").await;
    service.wait(14 * DAY);
    assert_eq!(service.token(&service.refresh(&client, &token)).await.refusal(), ENDED);
}

#[tokio::test]
async fn h10_a_family_of_any_length_is_one_row_and_ends_by_one_change() {
    for (setup, tokens) in [(Setup::new(), 0), (opaque(), 1)] {
        let nodes = Nodes::on(setup.start().await, "alice").await;
        let rows = Before::of(&nodes.here);
        let stored = nodes.here.count("opaque_tokens");
        let mut newest = nodes.next(&nodes.refresh).await;
        for _ in 1..100 {
            newest = nodes.next(&newest).await;
        }
        assert_eq!(nodes.here.count("opaque_tokens"), stored + 100 * tokens);
        if tokens == 0 {
            rows.stands_but_for_one_of("grants", &nodes.there, &[&newest]);
        }
        // One row of all of these changes, which `reuse_is_seen` counts.
        nodes.reuse_is_seen(&nodes.there, &nodes.refresh, &newest).await;
    }
}

/// A 503 that says when to ask again, after which every row is as it was.
async fn is_put_off(service: &Service, path: &str, form: &Form, verb: &'static str) {
    let before = Before::of(service);
    service.store.breaks(verb);
    let answer = service.post(path, form, &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "5"), "{verb}");
    assert_eq!(answer.json()["error"], "temporarily_unavailable");
    service.store.heals();
    before.stands(service, &[]);
}

#[tokio::test]
async fn h12_a_revocation_that_could_not_be_stored_is_not_reported_as_done() {
    let service = Service::start().await;
    let client = service.client().await;
    // By its client.
    let tokens = service.tokens("alice").await;
    let text = |name: &str| tokens[name].as_str().unwrap();
    for token in [text("refresh_token"), text("access_token")] {
        let form = Form::of(&[("client_id", &client), ("token", token)]);
        for verb in ["client", "grant", "revoke_grant"] {
            is_put_off(&service, "/revoke", &form, verb).await;
        }
    }
    assert_eq!(service.mcp(text("access_token")).await, 200, "nor half of it");
    // By a code that came twice: what could not be done then is done at the next time.
    let exchange = exchange(&service).await;
    let access = service.token(&exchange).await.json()["access_token"].clone();
    is_put_off(&service, "/token", &exchange, "revoke_grant").await;
    assert!(service.token(&exchange).await.refusal().starts_with("400 invalid_grant: "));
    assert_eq!(service.mcp(access.as_str().unwrap()).await, 401);
    // By a refresh token that came twice.
    let first = service.refresh(&client, text("refresh_token"));
    let next = service.token(&first).await.json();
    service.wait(30);
    is_put_off(&service, "/token", &first, "revoke_grant").await;
    assert_eq!(service.token(&first).await.refusal(), REUSED);
    assert_eq!(service.mcp(next["access_token"].as_str().unwrap()).await, 401);
    service.log.keeps(&["refresh_token", "access_token"].map(text));
}
