//! The verbs by which nodes agree, over one connection.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::{
    Sqlite,
    rows::{self, one, run},
    verbs,
};
use crate::{
    ambient::Timestamp,
    store::{Epoch, Nodes, StoreError, sql::nodes as sql},
};

#[async_trait]
impl Nodes for Sqlite {
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        let work = move |db: &Connection| {
            let row = params![name, holder, until.unix(), now.unix()];
            Ok(run(db, sql::LEASE, row)? > 0)
        };
        self.writer.run(work).await
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let row = [name.to_owned(), holder.to_owned()];
        self.writer.run(move |db| run(db, sql::RELEASE, row).map(drop)).await
    }

    async fn leased_until(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let name = name.to_owned();
        let until = self.read(move |db| one(db, sql::LEASED_UNTIL, [name], rows::value)).await?;
        Ok(until.map(Timestamp::from_unix))
    }

    async fn epoch(&self) -> Result<Option<Epoch>, StoreError> {
        self.read(|db| one(db, sql::EPOCH, [], rows::epoch)).await
    }

    async fn begin_epoch(&self, now: Timestamp) -> Result<Epoch, StoreError> {
        self.writer.run(move |db| begin_epoch(db, now)).await
    }
}

/// In a transaction that is its caller's.
pub(super) fn begin_epoch(db: &Connection, now: Timestamp) -> Result<Epoch, StoreError> {
    for ended in sql::ENDED_BY_AN_EPOCH {
        run(db, ended, [])?;
    }
    one(db, sql::BEGIN_EPOCH, [now.unix()], rows::epoch)?.ok_or_else(verbs::lost)
}
