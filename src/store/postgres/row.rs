//! Our values for the driver, and its rows for us.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::store::{StoreError, rows::Row, values::Value};

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Text(text) => text.as_ref().to_sql_checked(ty, out),
            Self::Bytes(bytes) => bytes.as_ref().to_sql_checked(ty, out),
            Self::Int(number) => number.to_sql_checked(ty, out),
            Self::Flag(flag) => flag.to_sql_checked(ty, out),
            Self::Null => Ok(IsNull::Yes),
        }
    }

    /// Each kind of value looks at the type itself.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl Row for tokio_postgres::Row {
    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        read(self, column)
    }

    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        read(self, column)
    }

    fn int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        read(self, column)
    }

    fn flag(&self, column: usize) -> Result<Option<bool>, StoreError> {
        read(self, column)
    }

    fn is_null(&self, column: usize) -> Result<bool, StoreError> {
        read::<Option<Anything>>(self, column).map(|value| value.is_none())
    }
}

/// A value of any type, which is not looked at.
struct Anything;

impl<'a> FromSql<'a> for Anything {
    fn from_sql(_: &Type, _: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn read<'a, T: FromSql<'a>>(row: &'a tokio_postgres::Row, column: usize) -> Result<T, StoreError> {
    row.try_get(column).map_err(|fault| StoreError::Damaged(super::fault::words(&fault)))
}
