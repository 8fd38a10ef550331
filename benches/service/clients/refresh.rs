//! Refreshing with rotation: each client keeps a chain of its own.

use async_trait::async_trait;

use super::Exchange;
use crate::load::{Outcome, Work};

pub(crate) struct Refresh {
    /// How the chain begins, unless there is a token already.
    pub(crate) start: Exchange,
    pub(crate) token: Option<String>,
}

#[async_trait(?Send)]
impl Work for Refresh {
    async fn once(&mut self) -> anyhow::Result<Outcome> {
        let Some(token) = &self.token else {
            self.token = self.start.tokens().await?.map(|tokens| tokens.refresh);
            return Ok(if self.token.is_some() { Outcome::Done } else { Outcome::Dry });
        };
        let request = self.start.client.refreshes(token);
        let reply = self.start.line.ask(&request).await?;
        reply.expect(200)?;
        self.token = Some(reply.member("refresh_token")?);
        Ok(Outcome::Done)
    }
}
