//! What clients do all day, in fixed shares: of ten requests six refresh, three present an access token,
//! one redeems a code.

use async_trait::async_trait;

use super::{Exchange, exchange::Tokens};
use crate::load::{Outcome, Request, Work};

pub(crate) struct Mixed {
    pub(crate) start: Exchange,
    pub(crate) number: usize,
    pub(crate) tokens: Option<Tokens>,
}

#[async_trait(?Send)]
impl Work for Mixed {
    async fn once(&mut self) -> anyhow::Result<Outcome> {
        self.number += 1;
        let Some(tokens) = &self.tokens else {
            self.tokens = self.start.tokens().await?;
            return Ok(if self.tokens.is_some() { Outcome::Done } else { Outcome::Dry });
        };
        match self.number % 10 {
            0 => self.start.once().await,
            1..=3 => {
                // It names no session: what answers so stands right behind the guard.
                let call = Request::delete(&self.start.client.host, "/mcp");
                let bearer = format!("Bearer {}", tokens.access);
                let call = call.header("authorization", &bearer).bytes();
                self.start.line.ask(&call).await?.expect(400)?;
                Ok(Outcome::Done)
            }
            _ => {
                let request = self.start.client.refreshes(&tokens.refresh);
                let reply = self.start.line.ask(&request).await?;
                reply.expect(200)?;
                self.tokens = Some(Tokens::read(&reply)?);
                Ok(Outcome::Done)
            }
        }
    }
}
