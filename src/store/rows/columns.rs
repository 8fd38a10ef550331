//! One row, whichever engine gives it, and its columns.

use serde::de::DeserializeOwned;

use crate::{
    ambient::Timestamp,
    protocol::{scope::Scopes, secret::Digest},
    store::{
        StoreError,
        tables::{Cell, Kind},
    },
};

/// One row as an engine gives it. A column that is not of the type asked for is damage.
pub(in crate::store) trait Row {
    fn text(&self, column: usize) -> Result<Option<&str>, StoreError>;
    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError>;
    fn int(&self, column: usize) -> Result<Option<i64>, StoreError>;
    fn flag(&self, column: usize) -> Result<Option<bool>, StoreError>;
    fn is_null(&self, column: usize) -> Result<bool, StoreError>;
}

/// The columns of one row, taken from left to right in the order in which the statement names them.
pub(in crate::store) struct Columns<'a> {
    row: &'a dyn Row,
    next: usize,
}

/// What a column can be.
pub(in crate::store) trait Column: Sized {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, StoreError>;
}

impl Column for String {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, StoreError> {
        Ok(row.text(column)?.map(str::to_owned))
    }
}

impl Column for Vec<u8> {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, StoreError> {
        Ok(row.bytes(column)?.map(<[u8]>::to_vec))
    }
}

impl<const N: usize> Column for [u8; N] {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, StoreError> {
        let bytes = row.bytes(column)?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| damaged("length of bytes"))).transpose()
    }
}

impl Column for i64 {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, StoreError> {
        row.int(column)
    }
}

impl Column for u32 {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, StoreError> {
        row.int(column)?.map(|number| number.try_into().map_err(|_| damaged("number"))).transpose()
    }
}

impl Column for u8 {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, StoreError> {
        row.int(column)?.map(|number| number.try_into().map_err(|_| damaged("number"))).transpose()
    }
}

impl Column for bool {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, StoreError> {
        row.flag(column)
    }
}

impl<'a> Columns<'a> {
    pub(in crate::store) fn of(row: &'a dyn Row) -> Self {
        Self::after(row, 0)
    }

    /// Those behind the first `count`.
    pub(in crate::store) fn after(row: &'a dyn Row, count: usize) -> Self {
        Self { row, next: count }
    }

    /// The next column.
    pub(super) fn take<T: Column>(&mut self) -> Result<T, StoreError> {
        self.maybe()?.ok_or_else(|| damaged("nothing where something has to be"))
    }

    pub(super) fn maybe<T: Column>(&mut self) -> Result<Option<T>, StoreError> {
        let column = self.advance();
        T::read(self.row, column)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, StoreError> {
        let column = self.advance();
        self.row.text(column)?.ok_or_else(|| damaged("no text"))
    }

    /// The next column as it is.
    pub(in crate::store) fn cell(&mut self, kind: Kind) -> Result<Cell, StoreError> {
        let column = self.advance();
        let cell = match kind {
            Kind::Text => self.row.text(column)?.map(|text| Cell::Text(text.to_owned())),
            Kind::Bytes => self.row.bytes(column)?.map(|bytes| Cell::Bytes(bytes.to_vec())),
            Kind::Int => self.row.int(column)?.map(Cell::Int),
            Kind::Flag => self.row.flag(column)?.map(Cell::Flag),
        };
        Ok(cell.unwrap_or(Cell::Null))
    }

    fn advance(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    /// The next `width` columns, unless the first of them is NULL: then they are missing.
    pub(super) fn part<T>(
        &mut self,
        width: usize,
        read: fn(&mut Self) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if self.row.is_null(self.next)? {
            self.next += width;
            return Ok(None);
        }
        read(self).map(Some)
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.take().map(Timestamp::from_unix)
    }

    pub(super) fn maybe_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe()?.map(Timestamp::from_unix))
    }

    pub(super) fn digest(&mut self) -> Result<Digest, StoreError> {
        self.take().map(Digest::from_bytes)
    }

    pub(super) fn maybe_digest(&mut self) -> Result<Option<Digest>, StoreError> {
        Ok(self.maybe()?.map(Digest::from_bytes))
    }

    pub(super) fn scopes(&mut self) -> Result<Scopes, StoreError> {
        Scopes::parse(self.text()?).map_err(|_| damaged("scopes"))
    }

    pub(super) fn maybe_json<T: DeserializeOwned>(
        &mut self,
        what: &str,
    ) -> Result<Option<T>, StoreError> {
        let column = self.advance();
        let text = self.row.text(column)?;
        text.map(|text| serde_json::from_str(text).map_err(|_| damaged(what))).transpose()
    }

    pub(super) fn json<T: DeserializeOwned>(&mut self, what: &str) -> Result<T, StoreError> {
        serde_json::from_str(self.text()?).map_err(|_| damaged(what))
    }
}

pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}
