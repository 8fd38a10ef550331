//! Plain rows of a PostgreSQL database.

use async_trait::async_trait;
use futures_util::future::try_join_all;

use super::Postgres;
use crate::store::{
    StoreError, rows,
    sql::moves as sql,
    tables::{Cell, Cells, PAGE, Table, Tables},
    values::{Value, values},
};

#[async_trait]
impl Tables for Postgres {
    async fn page(
        &self,
        table: &'static Table,
        after: Option<&[Cell]>,
    ) -> Result<Vec<Cells>, StoreError> {
        let sql = if after.is_some() { &table.after } else { &table.first };
        let mut values: Vec<Value<'_>> = after.into_iter().flatten().map(Value::from).collect();
        values.push(Value::Int(i64::try_from(PAGE).unwrap_or(i64::MAX)));
        self.all(sql, &values, table.read).await
    }

    async fn find(&self, table: &'static Table, key: &[Cell]) -> Result<Option<Cells>, StoreError> {
        let key: Vec<_> = key.iter().map(Value::from).collect();
        self.one(&table.find, &key, table.read).await
    }

    /// Each statement is a transaction: what is not there after a failure is written the next time.
    async fn put(&self, table: &'static Table, rows: &[Cells]) -> Result<(), StoreError> {
        let puts = table.puts(rows);
        let puts = puts.iter().map(|(sql, values)| self.change(sql, values));
        try_join_all(puts).await.map(drop)
    }

    /// A table so large that counting takes longer than a statement may counts as none: the number is for
    /// people who wait.
    async fn count(&self, table: &'static Table) -> Result<u64, StoreError> {
        let count = self.one(&table.count, &[], rows::number).await;
        Ok(count.ok().flatten().map_or(0, i64::unsigned_abs))
    }

    async fn named(&self, fresh: &str) -> Result<String, StoreError> {
        self.change(sql::NAME, &values![fresh]).await?;
        self.one(sql::NAMED, &[], rows::word).await?.ok_or_else(rows::lost)
    }

    async fn moved(&self, source: &str) -> Result<Vec<(String, String)>, StoreError> {
        self.all(sql::MOVED, &values![source], rows::words).await
    }

    async fn note_moved(&self, source: &str, table: &str, after: &str) -> Result<(), StoreError> {
        self.change(sql::NOTE_MOVED, &values![source, table, after]).await.map(drop)
    }
}
