//! Calls with a bearer token, each time another one or always the same.

use std::rc::Rc;

use async_trait::async_trait;

use super::Stock;
use crate::load::{Line, Outcome, Request, Work};

pub(crate) struct Bearer {
    pub(crate) line: Line,
    pub(crate) call: Rc<Call>,
    pub(crate) tokens: Rc<Vec<String>>,
    /// Which of the tokens, round and round; none: always the first one.
    pub(crate) stock: Option<Stock>,
}

/// What is called, but for the token.
pub(crate) struct Call {
    pub(crate) request: fn(&str) -> Request,
    pub(crate) host: String,
    /// Sent as JSON, if there is any.
    pub(crate) body: Option<String>,
    pub(crate) status: u16,
}

#[async_trait(?Send)]
impl Work for Bearer {
    async fn once(&mut self) -> anyhow::Result<Outcome> {
        let number = self.stock.as_ref().map_or(Some(0), Stock::take);
        let Some(number) = number else { return Ok(Outcome::Dry) };
        let at = usize::try_from(number)? % self.tokens.len().max(1);
        let Some(token) = self.tokens.get(at) else { return Ok(Outcome::Dry) };
        let Call { request, host, body, status } = &*self.call;
        let request = request(host).header("authorization", &format!("Bearer {token}"));
        let request = match body {
            Some(body) => request.json(body),
            None => request.bytes(),
        };
        self.line.ask(&request).await?.expect(*status)?;
        Ok(Outcome::Done)
    }
}
