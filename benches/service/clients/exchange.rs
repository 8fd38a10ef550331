//! A code for tokens (RFC 6749 §4.1.3), by a public client with PKCE.

use async_trait::async_trait;

use super::Stock;
use crate::{
    load::{Line, Outcome, Request, Work},
    world::{Client, Registered},
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
        Ok(Some(Tokens { refresh: reply.member("refresh_token")? }))
    }
}

/// What a code was redeemed for.
pub(crate) struct Tokens {
    pub(crate) refresh: String,
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

impl Client {
    /// The redemption of a code.
    pub(crate) fn redeems(&self, code: &str) -> Vec<u8> {
        Request::post(&self.host, &self.token_path).form(&[
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("code", code),
            ("redirect_uri", Self::REDIRECT),
            ("code_verifier", &self.verifier),
            ("resource", &self.resource),
        ])
    }

    /// The use of a refresh token.
    pub(crate) fn refreshes(&self, token: &str) -> Vec<u8> {
        Request::post(&self.host, &self.token_path).form(&[
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("refresh_token", token),
            ("resource", &self.resource),
        ])
    }
}
