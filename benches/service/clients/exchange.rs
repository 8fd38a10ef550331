//! A code for tokens (RFC 6749 §4.1.3), by a public client with PKCE.

use async_trait::async_trait;

use super::Stock;
use crate::{
    client::Registered,
    load::{Line, Outcome, Reply, Work},
};

pub(crate) struct Exchange {
    pub(crate) line: Line,
    pub(crate) client: Registered,
    pub(crate) codes: Stock,
}

impl Exchange {
    /// The answer's refresh token; none when there are no codes left.
    pub(crate) async fn tokens(&mut self) -> anyhow::Result<Option<Tokens>> {
        let Some(number) = self.codes.take() else { return Ok(None) };
        let request = self.client.redeems(&self.client.code(number));
        let reply = self.line.ask(&request).await?;
        reply.expect(200)?;
        Tokens::read(&reply).map(Some)
    }
}

/// What a code was redeemed for.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(super) fn read(reply: &Reply<'_>) -> anyhow::Result<Self> {
        let (access, refresh) = (reply.member("access_token")?, reply.member("refresh_token")?);
        Ok(Self { access, refresh })
    }
}

#[async_trait(?Send)]
impl Work for Exchange {
    async fn once(&mut self) -> anyhow::Result<Outcome> {
        let Some(number) = self.codes.take() else { return Ok(Outcome::Dry) };
        let request = self.client.redeems(&self.client.code(number));
        self.line.ask(&request).await?.expect(200)?;
        Ok(Outcome::Done)
    }
}
