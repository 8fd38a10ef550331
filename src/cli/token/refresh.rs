//! A refresh token: what would come of presenting it. Nothing is presented, so nothing changes.

use super::{Desk, findings::Findings};
use crate::{
    cli::{client::when, faults::Failure},
    engine::{record::Grant, refresh::stands},
    protocol::secret::{Digest, RefreshToken},
};

impl Desk {
    pub(super) async fn refresh_token(&self, token: &str) -> Result<Findings, Failure> {
        let mut found = Findings::new("refresh_token", "A refresh token");
        let Some(token) = RefreshToken::parse_unverified(token) else {
            found.refused("structure", "damaged, or cut short");
            return Ok(found);
        };
        found.ok("structure", "whole");
        let (body, tag) = token.split();
        let tagged = self.vault()?.is_some_and(|vault| vault.tag_is_good(body, tag));
        let grant = match &self.store {
            Some(store) => store.grant(&token.grant()).await?,
            None => None,
        };
        let ours = tagged || grant.as_ref().is_some_and(|grant| stands(grant, &token));
        found.judge("tag", ours, ["made by us", "not made with any of our master keys"]);
        if !ours || self.store.is_none() {
            found.skipped("grant", "the token is not ours, or there is no database");
            return Ok(found);
        }
        match grant {
            Some(grant) => self.refreshes(&grant, &token, &mut found),
            None => found.refused("grant", "not in the database: it ended long ago"),
        }
        Ok(found)
    }

    fn refreshes(&self, grant: &Grant, token: &RefreshToken, found: &mut Findings) {
        match grant.revoked_at {
            Some(at) => found.refused("grant", format!("revoked {}", when(at))),
            None => found.ok("grant", "stands"),
        }
        let end = grant.idle_at.min(grant.expires_at);
        let (until, ended) = (format!("until {}", when(end)), format!("ended {}", when(end)));
        found.judge("expiry", self.now < end, [&until, &ended]);
        self.generation(grant, token, found);
        let said = &grant.authorization;
        found.fact("User", said.user.to_string());
        found.fact("Client", said.client.to_string());
        found.fact("Server", said.server.to_string());
        found.fact("Scopes", said.scopes.to_string());
        found.fact("Grant", grant.id.to_string());
    }

    fn generation(&self, grant: &Grant, token: &RefreshToken, found: &mut Findings) {
        let digest = token.digest();
        let is = |kept: Option<Digest>| kept.is_some_and(|kept| kept.matches(&digest));
        let limits = &self.config.limits;
        let in_grace =
            grant.rotated_at.plus(limits.grace) > self.now && grant.graces < limits.graces;
        if is(grant.current) {
            found.ok("rotation", "the current one");
        } else if is(grant.previous) && in_grace {
            found.ok(
                "rotation",
                "the one before, rotated moments ago: it still yields its successor",
            );
        } else {
            found.refused("rotation", "used before: presenting it would revoke the grant");
        }
    }
}
