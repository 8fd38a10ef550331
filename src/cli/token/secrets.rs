//! Secrets that are no tokens, recognised by their prefix.

use super::{Desk, findings::Findings};
use crate::{
    cli::{
        client::{every, when},
        faults::Failure,
    },
    engine::record::Code,
    protocol::secret::{AuthorizationCode, ClientSecret},
};

impl Desk {
    pub(super) async fn code(&self, text: &str) -> Result<Findings, Failure> {
        let mut found = Findings::new("authorization_code", "An authorization code");
        let Some(code) = AuthorizationCode::parse(text) else {
            found.refused("structure", "damaged, or cut short");
            return Ok(found);
        };
        found.ok("structure", "whole");
        let Some(store) = &self.store else {
            found.refused("known", format!("there is no database {}", self.database()));
            return Ok(found);
        };
        let Some(code) = store.code(&code.digest()).await? else {
            found.refused("known", "not in the database: never issued here, or gone");
            return Ok(found);
        };
        let opened = store.grant(&code.grant).await?.is_some();
        self.redeemable(&code, opened, &mut found);
        Ok(found)
    }

    fn redeemable(&self, code: &Code, opened: bool, found: &mut Findings) {
        found.ok("known", "issued here");
        let says = ["not redeemed", "redeemed: presenting it again would revoke the grant"];
        found.judge("use", !opened, says);
        let end = when(code.expires_at);
        let (until, ended) = (format!("until {end}"), format!("ended {end}"));
        found.judge("expiry", self.now < code.expires_at, [&until, &ended]);
        found.fact("Client", code.authorization.client.to_string());
        found.fact("Server", code.authorization.server.to_string());
        found.fact("Returned to", code.redirect_uri.clone());
    }

    pub(super) async fn client_secret(&self, text: &str) -> Result<Findings, Failure> {
        let mut found = Findings::new("client_secret", "A client secret");
        let Some(secret) = ClientSecret::parse(text) else {
            found.refused("structure", "damaged, or cut short");
            return Ok(found);
        };
        found.ok("structure", "whole");
        let digest = secret.digest();
        let clients = every(&self.config, self.store.clone()).await?;
        let mut owners =
            clients.iter().filter(|client| client.secret.is_some_and(|kept| kept.matches(&digest)));
        match owners.next() {
            None => found.refused("client", "no client of ours has it"),
            Some(client) => {
                found.ok("client", "one of ours");
                found.fact("Client", client.id.to_string());
                found.fact("Name", client.name.clone());
            }
        }
        Ok(found)
    }

    pub(super) fn database(&self) -> String {
        crate::cli::banner::database(&self.config)
    }
}

/// A `state` of ours.
pub(super) fn state() -> Findings {
    let mut found = Findings::new("upstream_state", "The state of a sign-in at a provider");
    found.refused("use", "it belongs into one browser's way back from the provider, nowhere else");
    found
}

/// A cookie of ours.
pub(super) fn cookie() -> Findings {
    let mut found = Findings::new("browser_token", "A cookie value of ours");
    found.refused("use", "it belongs into one browser's cookie, nowhere else");
    found
}
