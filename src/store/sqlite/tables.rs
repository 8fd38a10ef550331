//! Plain rows of a SQLite database.

use async_trait::async_trait;
use rusqlite::Connection;

use super::{
    Sqlite,
    ask::{all, one, run},
};
use crate::store::{
    StoreError, rows,
    sql::moves as sql,
    tables::{Cell, Cells, MANY, PAGE, Table, Tables},
    values::{Value, values},
};

#[async_trait]
impl Tables for Sqlite {
    async fn page(
        &self,
        table: &'static Table,
        after: Option<&[Cell]>,
    ) -> Result<Vec<Cells>, StoreError> {
        let after = after.map(<[Cell]>::to_vec);
        let work = move |db: &Connection| {
            let sql = if after.is_some() { &table.after } else { &table.first };
            let mut values: Vec<Value<'_>> = after.iter().flatten().map(Value::from).collect();
            values.push(most());
            all(db, sql, &values, table.read)
        };
        self.read(work).await
    }

    async fn find(&self, table: &'static Table, key: &[Cell]) -> Result<Option<Cells>, StoreError> {
        let key = key.to_vec();
        let work = move |db: &Connection| {
            let values: Vec<_> = key.iter().map(Value::from).collect();
            one(db, &table.find, &values, table.read)
        };
        self.read(work).await
    }

    async fn put(&self, table: &'static Table, rows: &[Cells]) -> Result<(), StoreError> {
        let rows = rows.to_vec();
        let work = move |db: &Connection| {
            for (sql, cells) in table.puts(&rows) {
                run(db, sql, &cells)?;
            }
            Ok(())
        };
        self.writer.run(work).await
    }

    async fn count(&self, table: &'static Table) -> Result<u64, StoreError> {
        let count = move |db: &Connection| one(db, &table.count, &[], rows::number);
        self.read(count).await?.map_or(Ok(0), |count| Ok(count.unsigned_abs()))
    }

    async fn named(&self, fresh: &str) -> Result<String, StoreError> {
        let fresh = fresh.to_owned();
        let work = move |db: &Connection| {
            run(db, sql::NAME, &values![&fresh])?;
            one(db, sql::NAMED, &[], rows::word)?.ok_or_else(rows::lost)
        };
        self.writer.run(work).await
    }

    async fn moved(&self, source: &str) -> Result<Vec<(String, String)>, StoreError> {
        let source = source.to_owned();
        self.read(move |db| all(db, sql::MOVED, &values![&source], rows::words)).await
    }

    async fn note_moved(&self, source: &str, table: &str, after: &str) -> Result<(), StoreError> {
        let row = [source, table, after].map(str::to_owned);
        let work = move |db: &Connection| {
            let values = row.each_ref().map(Value::from);
            run(db, sql::NOTE_MOVED, &values).map(drop)
        };
        self.writer.run(work).await
    }
}

fn most<'a>() -> Value<'a> {
    Value::Int(i64::try_from(PAGE).unwrap_or(i64::MAX))
}

const _: () = assert!(MANY <= PAGE);
