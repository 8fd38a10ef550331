//! Refreshing with rotation, each time another of very many grants.

use std::{collections::HashMap, rc::Rc};

use async_trait::async_trait;

use crate::{
    client::Registered,
    load::{Line, Outcome, Work},
};

/// The first refresh token of a grant, by its number.
pub(crate) type First = dyn Fn(u64) -> String;

pub(crate) struct Scattered {
    pub(crate) line: Line,
    pub(crate) client: Registered,
    pub(crate) first: Rc<First>,
    /// This client's grants have the numbers `number`, `number + clients`, …
    pub(crate) number: u64,
    pub(crate) clients: u64,
    pub(crate) grants: u64,
    pub(crate) rotated: HashMap<u64, String>,
    pub(crate) dice: u64,
}

#[async_trait(?Send)]
impl Work for Scattered {
    async fn once(&mut self) -> anyhow::Result<Outcome> {
        let grant = self.any();
        let token = self.rotated.remove(&grant).unwrap_or_else(|| (self.first)(grant));
        let reply = self.line.ask(&self.client.refreshes(&token)).await?;
        reply.expect(200)?;
        let next = reply.member("refresh_token")?;
        self.rotated.insert(grant, next);
        Ok(Outcome::Done)
    }
}

impl Scattered {
    /// One of this client's grants, anywhere among them.
    fn any(&mut self) -> u64 {
        // Knuth's constants: the same order in every run.
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let own = (self.grants.saturating_sub(self.number)).div_ceil(self.clients).max(1);
        self.number + (self.dice >> 33) % own * self.clients
    }
}
