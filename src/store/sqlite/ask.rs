//! The ways of asking one connection, its values and its rows.

use rusqlite::{
    Connection, ToSql, params_from_iter,
    types::{FromSql as _, FromSqlResult, ToSqlOutput, ValueRef},
};

use crate::store::{
    StoreError,
    rows::{Columns, Row},
    values::Value,
};

/// The first row of a statement, read; the statement runs to its end.
pub(super) fn one<T>(
    db: &Connection,
    sql: &str,
    values: &[Value<'_>],
    read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    Ok(all(db, sql, values, read)?.into_iter().next())
}

/// Every row of a statement, read.
pub(super) fn all<T>(
    db: &Connection,
    sql: &str,
    values: &[Value<'_>],
    read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(&mut Columns::of(row))?);
    }
    Ok(found)
}

/// Runs a statement that gives no rows; how many it changed.
pub(super) fn run(db: &Connection, sql: &str, values: &[Value<'_>]) -> Result<usize, StoreError> {
    Ok(db.prepare_cached(sql)?.execute(params_from_iter(values))?)
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Flag(flag) => ValueRef::Integer(i64::from(*flag)),
            Self::Null => ValueRef::Null,
        }))
    }
}

impl Row for rusqlite::Row<'_> {
    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        told(column, self.get_ref(column)?.as_str_or_null())
    }

    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        told(column, self.get_ref(column)?.as_blob_or_null())
    }

    fn int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        told(column, self.get_ref(column)?.as_i64_or_null())
    }

    fn flag(&self, column: usize) -> Result<Option<bool>, StoreError> {
        told(column, Option::column_result(self.get_ref(column)?))
    }

    fn is_null(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.get_ref(column)? == ValueRef::Null)
    }
}

fn told<T>(column: usize, value: FromSqlResult<T>) -> Result<T, StoreError> {
    value.map_err(|fault| StoreError::Damaged(format!("column {column}: {fault}")))
}
