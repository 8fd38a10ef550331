//! The verbs by which nodes agree, over one connection.

use async_trait::async_trait;
use rusqlite::Connection;

use super::{
    Sqlite,
    ask::{one, run},
};
use crate::{
    ambient::Timestamp,
    store::{Epoch, Nodes, StoreError, rows, sql::nodes as sql, values::values},
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
            Ok(run(db, sql::LEASE, &values![&name, &holder, until, now])? > 0)
        };
        self.writer.run(work).await
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        let work = move |db: &Connection| run(db, sql::RELEASE, &values![&name, &holder]).map(drop);
        self.writer.run(work).await
    }

    async fn leased_until(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let name = name.to_owned();
        self.read(move |db| one(db, sql::LEASED_UNTIL, &values![&name], rows::moment)).await
    }

    async fn epoch(&self) -> Result<Option<Epoch>, StoreError> {
        self.read(|db| one(db, sql::EPOCH, &[], rows::epoch)).await
    }

    async fn begin_epoch(&self, now: Timestamp) -> Result<Epoch, StoreError> {
        self.writer.run(move |db| begin_epoch(db, now)).await
    }
}

/// In a transaction that is its caller's.
pub(super) fn begin_epoch(db: &Connection, now: Timestamp) -> Result<Epoch, StoreError> {
    for ended in sql::ENDED_BY_AN_EPOCH {
        run(db, ended, &[])?;
    }
    one(db, sql::BEGIN_EPOCH, &values![now], rows::epoch)?.ok_or_else(rows::lost)
}
