//! A request that is the same every time.

use async_trait::async_trait;

use crate::load::{Line, Outcome, Work};

pub(crate) struct Fetch {
    pub(crate) line: Line,
    pub(crate) request: Vec<u8>,
    pub(crate) status: u16,
}

#[async_trait(?Send)]
impl Work for Fetch {
    async fn once(&mut self) -> anyhow::Result<Outcome> {
        self.line.ask(&self.request).await?.expect(self.status)?;
        Ok(Outcome::Done)
    }
}
