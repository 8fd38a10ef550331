//! Tokens that say nothing by themselves: what they stand for, and whether that still holds.

use super::{Desk, findings::Findings};
use crate::{
    app,
    cli::{client::when, faults::Failure},
    engine::record::{Grant, PersonalToken},
    flow::standing::Fallen,
    protocol::secret::{Digest, OpaqueAccessToken, PersonalAccessToken},
    store::Store,
};

impl Desk {
    pub(super) async fn personal(&self, text: &str) -> Result<Findings, Failure> {
        let mut found = Findings::new("personal_token", "A personal access token");
        let Some(token) = PersonalAccessToken::parse(text) else {
            found.refused("structure", "damaged, or cut short");
            return Ok(found);
        };
        found.ok("structure", "whole");
        let record = match &self.store {
            Some(store) => store.personal_token(&token.digest()).await?,
            None => None,
        };
        let Some(record) = record else {
            found.refused("known", "not in the database: never made here, or ended long ago");
            return Ok(found);
        };
        found.ok("known", "made here");
        self.ended(&record.grant, &mut found);
        self.holds(&record, &mut found).await?;
        found.fact("Name", record.name.clone());
        granted(&record.grant, &mut found);
        Ok(found)
    }

    pub(super) async fn opaque(&self, text: &str) -> Result<Findings, Failure> {
        let mut found = Findings::new("opaque_token", "An opaque access token");
        let Some(token) = OpaqueAccessToken::parse(text) else {
            found.refused("structure", "damaged, or cut short");
            return Ok(found);
        };
        found.ok("structure", "whole");
        let claims = match &self.store {
            Some(store) => store.opaque_token(&token.digest()).await?,
            None => None,
        };
        let Some(claims) = claims else {
            let why = "not in the database: never issued here, revoked, or ended long ago";
            found.refused("known", why);
            return Ok(found);
        };
        found.ok("known", "issued here, and its grant stands");
        self.judge_claims(&claims, None, &mut found).await?;
        Ok(found)
    }

    /// A token that a server's file names.
    pub(super) fn fixed(&self, text: &str) -> Option<Findings> {
        let digest = Digest::of(text);
        let mut all = self
            .config
            .servers
            .iter()
            .flat_map(|server| server.tokens.fixed.iter().map(move |token| (server, token)));
        let (server, token) = all.find(|(_, token)| token.digest.matches(&digest))?;
        let mut found = Findings::new("static_token", "A static token");
        found.ok("known", format!("named by servers/{}.toml; it never expires", server.id));
        found.fact("User", token.user.to_string());
        found.fact("Server", server.id.to_string());
        found.fact("Scopes", token.scopes.to_string());
        Some(found)
    }

    fn ended(&self, grant: &Grant, found: &mut Findings) {
        match grant.revoked_at {
            Some(at) => found.refused("revocation", format!("revoked {}", when(at))),
            None => found.ok("revocation", "not revoked"),
        }
        let end = when(grant.expires_at);
        let (until, ended) = (format!("until {end}"), format!("ended {end}"));
        found.judge("expiry", self.now < grant.expires_at, [&until, &ended]);
    }

    /// By the present rules, and the claims of the latest sign-in.
    async fn holds(&self, record: &PersonalToken, found: &mut Findings) -> Result<(), Failure> {
        let (Some(store), Some(_)) = (self.store.clone(), self.vault()?) else {
            found.skipped("standing", "without the master key");
            return Ok(());
        };
        match self.standing_now(store, record).await? {
            Ok(scopes) => {
                found.ok("standing", "the person may still be here");
                found.ok("scopes", format!("come to {scopes}"));
            }
            Err(Fallen::Store(error)) => return Err(error.into()),
            Err(fallen) => found.refused("standing", fallen.to_string()),
        }
        Ok(())
    }

    async fn standing_now(
        &self,
        store: std::sync::Arc<dyn Store>,
        record: &PersonalToken,
    ) -> Result<Result<String, Fallen>, Failure> {
        let tokens = app::personal_tokens(&self.config, store, app::clock(), app::entropy())?;
        let held = tokens.standing.scopes(&record.grant.authorization).await;
        Ok(held.map(|(_, scopes)| scopes.to_string()))
    }
}

fn granted(grant: &Grant, found: &mut Findings) {
    let what = &grant.authorization;
    found.fact("User", what.user.to_string());
    found.fact("Server", what.server.to_string());
    found.fact("Scopes", what.scopes.to_string());
    found.fact("Provider", what.identity.provider.to_string());
    found.fact("Id", grant.id.to_string());
}
