//! A refresh token and a code are worth what their person may do today.

use countersign::store::People as _;

use super::*;
use crate::harness::Setup;

struct Held {
    service: Service,
    client: String,
    tokens: Value,
}

impl Held {
    async fn by(user: &str) -> Self {
        let service = Service::start().await;
        let client = service.client().await;
        let tokens = service.tokens(user).await;
        Self { service, client, tokens }
    }

    async fn restarted(mut self, edit: impl FnOnce(Setup) -> Setup) -> Self {
        self.service = self.service.restart_with(edit).await;
        self
    }

    async fn refreshed(&mut self) -> Result<String, String> {
        let form = self.service.refresh(&self.client, text(&self.tokens, "refresh_token"));
        let answer = self.service.token(&form.without("resource")).await;
        if answer.status != 200 {
            return Err(answer.refusal());
        }
        self.tokens = answer.json();
        Ok(text(&self.tokens, "scope").to_owned())
    }

    /// Asserts that the refresh is refused and that nothing of the grant works afterwards.
    async fn has_ended(&mut self, told: &str) {
        assert_eq!(self.refreshed().await, Err(format!("400 invalid_grant: {told}")));
        assert_eq!(self.service.mcp(text(&self.tokens, "access_token")).await, 401);
        let again = self.refreshed().await.unwrap_err();
        assert_eq!(again, "400 invalid_grant: The grant has ended; sign in again.");
    }
}

const AGAIN: &str = "Sign in again.";
const NOT_ADMITTED: &str = "This account is no longer admitted here.";

/// The file without its examples, which the edit would break.
fn rules(text: &str) -> String {
    text.split("[[example]]").next().unwrap().to_owned()
}

fn dev(setup: Setup, from: &str, to: &str) -> Setup {
    setup.edit("providers/dev.toml", |text| rules(&text).replacen(from, to, 1))
}

/// D13
#[tokio::test]
async fn a_group_taken_away_takes_its_scopes_at_the_refresh_after_the_next_sign_in() {
    let held = Held::by("alice").await;
    let mut held = held.restarted(|setup| dev(setup, "roles = [\"admin\"]", "roles = []")).await;
    assert_eq!(held.refreshed().await.as_deref(), Ok("admin read write"), "as far as is known");
    signed_in(&held.service, "alice").await;
    assert_eq!(held.refreshed().await.as_deref(), Ok("read"));
    let held = held.restarted(|setup| dev(setup, "roles = []", "roles = [\"admin\"]")).await;
    let mut held = held;
    signed_in(&held.service, "alice").await;
    assert_eq!(held.refreshed().await.as_deref(), Ok("read"), "the grant itself shrank");
}

/// D19
#[tokio::test]
async fn a_rule_changed_in_the_file_holds_at_the_next_refresh() {
    let held = Held::by("alice").await;
    let mut held =
        held.restarted(|setup| dev(setup, "has = \"admin\" }", "has = \"boss\" }")).await;
    assert_eq!(held.refreshed().await.as_deref(), Ok("read"));
    let claims = crate::harness::claims(text(&held.tokens, "access_token")).1;
    assert_eq!(claims["scope"], "read");
}

#[tokio::test]
async fn somebody_no_longer_admitted_loses_the_grant() {
    let held = Held::by("alice").await;
    let mut held = held
        .restarted(|setup| {
            setup.edit("providers/dev.toml", |text| {
                rules(&text) + "[[allow]]\nclaim = \"roles\"\nhas = \"reader\"\n"
            })
        })
        .await;
    held.has_ended(NOT_ADMITTED).await;
    assert!(held.service.log.text().contains("person no longer admitted"));
}

#[tokio::test]
async fn claims_that_keep_a_person_out_end_what_they_granted_before() {
    let held = Held::by("alice").await;
    let unverified = "email  = \"alice@example.com\"\nemail_verified = false";
    let mut held =
        held.restarted(|setup| dev(setup, "email  = \"alice@example.com\"", unverified)).await;
    let refused = enter(&held.service, &mut held.service.browser(), "alice").await;
    assert!(refused.page().starts_with("403 "));
    held.has_ended(NOT_ADMITTED).await;
}

/// D7
#[tokio::test]
async fn a_provider_taken_out_of_the_configuration_ends_its_grants() {
    let held = Held::by("alice").await;
    let mut held = held
        .restarted(|setup| {
            let text = std::fs::read_to_string(setup.root().join("providers/dev.toml")).unwrap();
            setup.file("providers/other.toml", &text).variable("COUNTERSIGN_PROVIDERS", "other")
        })
        .await;
    held.has_ended("That identity provider is no longer used here.").await;
}

#[tokio::test]
async fn a_server_taken_out_of_the_configuration_ends_its_grants() {
    let held = Held::by("alice").await;
    let mut held = held
        .restarted(|setup| {
            let text = std::fs::read_to_string(setup.root().join("servers/demo.toml")).unwrap();
            let text = text.replace("\"/mcp\"", "\"/other\"");
            setup.file("servers/other.toml", &text).variable("COUNTERSIGN_SERVERS", "other")
        })
        .await;
    let told = held.refreshed().await.unwrap_err();
    insta::assert_snapshot!(told, @"400 invalid_grant: That MCP server is no longer guarded here.");
    assert!(held.refreshed().await.unwrap_err().contains("has ended"));
}

#[tokio::test]
async fn a_grant_whose_claims_are_not_held_ends() {
    let mut held = Held::by("alice").await;
    held.service.execute("UPDATE identities SET claims = NULL WHERE subject = ?", "alice");
    held.has_ended(AGAIN).await;
}

#[tokio::test]
async fn claims_moved_to_another_row_open_for_nobody() {
    let mut held = Held::by("bob").await;
    held.service.tokens("alice").await;
    let steal = "UPDATE identities SET claims = (SELECT claims FROM identities WHERE subject = 'alice') \
                 WHERE subject = ?";
    held.service.execute(steal, "bob");
    held.has_ended(AGAIN).await;
    assert!(!held.service.database_holds("\"roles\""), "claims rest sealed");
}

/// D18
#[tokio::test]
async fn a_disabled_person_loses_every_grant_by_one_refresh() {
    let mut held = Held::by("alice").await;
    let other = held.service.tokens("alice").await;
    held.service.execute("UPDATE users SET disabled = 1 WHERE name = ?", "Alice Admin");
    held.has_ended("The account is disabled here.").await;
    assert_eq!(held.service.mcp(text(&other, "access_token")).await, 401, "the other one too");
    held.service.execute("UPDATE users SET disabled = 0 WHERE name = ?", "Alice Admin");
    held.tokens = other;
    assert!(held.refreshed().await.unwrap_err().contains("has ended"), "and it stays so");
}

#[tokio::test]
async fn a_client_that_names_a_lost_scope_gets_the_rest_and_for_nothing_else_an_error() {
    let held = Held::by("alice").await;
    let mut held =
        held.restarted(|setup| dev(setup, "has = \"admin\" }", "has = \"boss\" }")).await;
    let ask = held.service.refresh(&held.client, text(&held.tokens, "refresh_token"));
    let only = held.service.token(&ask.clone().with("scope", "admin")).await;
    insta::assert_snapshot!(only.refusal(), @"400 invalid_scope: Nothing of what was asked for is left.");
    let both = held.service.token(&ask.with("scope", "read admin")).await.json();
    assert_eq!(both["scope"], "read");
    held.tokens = both;
    assert_eq!(held.refreshed().await.as_deref(), Ok("read"));
}

/// The lost-response grace is not lost to the rules.
#[tokio::test]
async fn a_lost_response_is_given_again_with_what_is_left() {
    let mut held = Held::by("alice").await;
    let first = held.tokens.clone();
    held.refreshed().await.unwrap();
    let successor = held.tokens["refresh_token"].clone();
    held.tokens = first;
    let mut held =
        held.restarted(|setup| dev(setup, "has = \"admin\" }", "has = \"boss\" }")).await;
    assert_eq!(held.refreshed().await.as_deref(), Ok("read"));
    assert_eq!(held.tokens["refresh_token"], successor);
    assert!(held.service.log.text().contains("refresh response given again"));
}

#[tokio::test]
async fn a_response_is_said_to_be_given_again_only_when_it_was() {
    let mut held = Held::by("alice").await;
    let first = held.tokens.clone();
    held.refreshed().await.unwrap();
    let form = held.service.refresh(&held.client, text(&first, "refresh_token"));
    let wider = held.service.token(&form.with("scope", "read nothing")).await;
    assert_eq!(wider.json()["error"], "invalid_scope");
    assert!(!held.service.log.text().contains("given again"));
}

#[tokio::test]
async fn a_code_is_redeemed_for_what_is_left_and_for_nothing_when_nothing_is() {
    for (rule, outcome) in [("has = \"boss\" }", "read"), ("", "invalid_grant")] {
        let service = Service::start().await;
        let (client, code) = (service.client().await, service.code("alice").await);
        let service = service
            .restart_with(|setup| {
                if rule.is_empty() {
                    return setup.edit("providers/dev.toml", |text| {
                        rules(&text) + "[[allow]]\nclaim = \"roles\"\nhas = \"no\"\n"
                    });
                }
                dev(setup, "has = \"admin\" }", rule)
            })
            .await;
        let answer = service.token(&service.exchange(&client, &code)).await.json();
        let told = answer.get("scope").or(answer.get("error")).unwrap();
        assert_eq!(told, outcome);
    }
}

#[tokio::test]
async fn trouble_with_the_store_refuses_for_now_and_ends_nothing() {
    let mut held = Held::by("alice").await;
    for verb in ["present_grant", "swap_grant"] {
        held.service.store.breaks(verb);
        assert!(held.refreshed().await.unwrap_err().starts_with("503 "), "{verb}");
        held.service.store.heals();
    }
    assert_eq!(held.refreshed().await.as_deref(), Ok("admin read write"));
    let user = held.service.store.users().await.unwrap().remove(0);
    assert_eq!(held.service.store.grants_of(&user.id, held.service.now()).await.unwrap().len(), 1);
}
