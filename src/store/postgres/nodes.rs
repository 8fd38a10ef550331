//! The verbs by which nodes agree.

use async_trait::async_trait;

use super::{Postgres, run::Step};
use crate::{
    ambient::Timestamp,
    store::{
        Epoch, Nodes, StoreError, rows,
        sql::{joined, nodes as sql},
        values::values,
    },
};

#[async_trait]
impl Nodes for Postgres {
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.change(sql::LEASE, &values![name, holder, until, now]).await? > 0)
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.change(sql::RELEASE, &values![name, holder]).await.map(drop)
    }

    async fn leased_until(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        self.one(sql::LEASED_UNTIL, &values![name], rows::moment).await
    }

    async fn epoch(&self) -> Result<Option<Epoch>, StoreError> {
        self.one(sql::EPOCH, &[], rows::epoch).await
    }

    /// The tables are locked before they are emptied, so that nothing old opens anything new meanwhile.
    async fn begin_epoch(&self, now: Timestamp) -> Result<Epoch, StoreError> {
        let now = values![now];
        let steps = [Step(joined::EMPTY_FOR_AN_EPOCH, &[]), Step(sql::BEGIN_EPOCH, &now)];
        self.last(&steps, rows::epoch).await?.ok_or_else(rows::lost)
    }
}
