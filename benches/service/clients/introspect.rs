//! A server elsewhere asks what a token stands for (RFC 7662), each time about another one.

use std::rc::Rc;

use async_trait::async_trait;

use super::Stock;
use crate::load::{Line, Outcome, Request, Work};

pub(crate) struct Introspect {
    pub(crate) line: Line,
    pub(crate) host: String,
    /// HTTP Basic, as the server signs on.
    pub(crate) authorization: String,
    pub(crate) tokens: Rc<Vec<String>>,
    pub(crate) stock: Stock,
}

#[async_trait(?Send)]
impl Work for Introspect {
    async fn once(&mut self) -> anyhow::Result<Outcome> {
        let number = usize::try_from(self.stock.take().unwrap_or_default())?;
        let Some(token) = self.tokens.get(number % self.tokens.len().max(1)) else {
            return Ok(Outcome::Dry);
        };
        let request = Request::post(&self.host, "/introspect")
            .header("authorization", &self.authorization)
            .form(&[("token", token)]);
        let reply = self.line.ask(&request).await?;
        reply.expect(200)?;
        anyhow::ensure!(reply.text().contains("\"active\":true"), "a live token is told inactive");
        Ok(Outcome::Done)
    }
}
