//! The tables as plain rows, for moving a whole database to another engine: no meaning, every value.

use std::{fmt, sync::LazyLock};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Nodes, StoreError, rows::Columns, values::Value};

/// One value of a row.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cell {
    /// Nothing.
    Null,
    /// `TEXT`.
    Text(String),
    /// `BLOB`, or `BYTEA`.
    Bytes(Vec<u8>),
    /// `BIGINT`.
    Int(i64),
    /// `BOOLEAN`.
    Flag(bool),
}

/// A row, in the order of its table's columns.
pub type Cells = Vec<Cell>;

/// It may be a name, an address or a digest.
impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'a> From<&'a Cell> for Value<'a> {
    fn from(cell: &'a Cell) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Text(text) => text.into(),
            Cell::Bytes(bytes) => bytes.into(),
            Cell::Int(number) => (*number).into(),
            Cell::Flag(flag) => (*flag).into(),
        }
    }
}

impl Cell {
    /// Such that no two different rows give the same bytes.
    fn digest(&self, into: &mut Sha256) {
        let (kind, bytes): (u8, &[u8]) = match self {
            Self::Null => (0, &[]),
            Self::Text(text) => (1, text.as_bytes()),
            Self::Bytes(bytes) => (2, bytes),
            Self::Int(number) => (3, &number.to_be_bytes()),
            Self::Flag(flag) => (4, &[u8::from(*flag)]),
        };
        into.update([kind]);
        into.update(bytes.len().to_be_bytes());
        into.update(bytes);
    }
}

/// The SHA-256 of a row.
#[must_use]
pub fn digest(row: &[Cell]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for cell in row {
        cell.digest(&mut digest);
    }
    digest.finalize().into()
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    Text,
    Bytes,
    Int,
    Flag,
}

/// One table: its columns, the key first, and the statements about it.
pub struct Table {
    name: &'static str,
    key: usize,
    columns: &'static [&'static str],
    pub(in crate::store) read: fn(&mut Columns<'_>) -> Result<Cells, StoreError>,
    pub(in crate::store) first: String,
    pub(in crate::store) after: String,
    pub(in crate::store) find: String,
    pub(in crate::store) put_one: String,
    pub(in crate::store) put_many: String,
    pub(in crate::store) count: String,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Table {
    /// Every table that holds records. What only the nodes of one database share is none.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &TABLES
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its columns, those of the key first.
    #[must_use]
    pub const fn columns(&self) -> &'static [&'static str] {
        self.columns
    }

    /// The key of a row of it.
    #[must_use]
    pub fn key<'a>(&self, row: &'a [Cell]) -> &'a [Cell] {
        row.get(..self.key).unwrap_or(row)
    }

    /// The statements that write these rows, and their values.
    pub(in crate::store) fn puts<'a>(
        &'static self,
        rows: &'a [Cells],
    ) -> Vec<(&'static str, Vec<Value<'a>>)> {
        let values = |rows: &'a [Cells]| rows.iter().flatten().map(Value::from).collect();
        let (full, rest) = rows.as_chunks::<MANY>();
        let full = full.iter().map(|rows| (self.put_many.as_str(), values(rows)));
        full.chain(rest.chunks(1).map(|row| (self.put_one.as_str(), values(row)))).collect()
    }

    fn new(
        name: &'static str,
        key: usize,
        columns: &'static [&'static str],
        read: fn(&mut Columns<'_>) -> Result<Cells, StoreError>,
    ) -> Self {
        let (all, keys) = (columns.join(", "), columns.get(..key).unwrap_or_default());
        let order = keys.join(", ");
        let width = columns.len();
        let put = |rows: usize| {
            let row = |row: usize| format!("({})", numbered(row * width, width));
            let rows: Vec<_> = (0..rows).map(row).collect();
            let rows = rows.join(", ");
            format!("INSERT INTO {name} ({all}) VALUES {rows} ON CONFLICT DO NOTHING")
        };
        let given: Vec<_> =
            keys.iter().zip(1..).map(|(key, at)| format!("{key} = ${at}")).collect();
        Self {
            name,
            key,
            columns,
            read,
            first: format!("SELECT {all} FROM {name} ORDER BY {order} LIMIT $1"),
            after: format!(
                "SELECT {all} FROM {name} WHERE ({order}) > ({}) ORDER BY {order} LIMIT ${}",
                numbered(0, key),
                key + 1
            ),
            find: format!("SELECT {all} FROM {name} WHERE {}", given.join(" AND ")),
            put_one: put(1),
            put_many: put(MANY),
            count: format!("SELECT COUNT(*) FROM {name}"),
        }
    }
}

fn numbered(before: usize, count: usize) -> String {
    let numbers: Vec<_> = (before + 1..=before + count).map(|at| format!("${at}")).collect();
    numbers.join(", ")
}

macro_rules! tables {
    ($($name:literal by $key:literal: $($column:literal $kind:ident),+;)+) => {
        vec![$(Table::new(
            $name,
            $key,
            &[$($column),+],
            |row| Ok(vec![$(row.cell(Kind::$kind)?),+]),
        )),+]
    };
}

/// In the order in which they are moved: what refers to others comes after them. A test holds it to the
/// schema.
static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    tables! {
        "clients" by 1: "id" Text, "kind" Text, "name" Text, "uri" Text, "redirect_uris" Text,
            "auth_methods" Text, "secret" Bytes, "keys" Text, "refreshes" Flag, "created_at" Int,
            "expires_at" Int;
        "users" by 1: "id" Text, "name" Text, "email" Text, "disabled" Flag, "created_at" Int,
            "seen_at" Int;
        "identities" by 3: "provider_id" Text, "issuer" Text, "subject" Text, "user_id" Text,
            "created_at" Int, "seen_at" Int, "claims" Bytes;
        "sign_ins" by 1: "state" Bytes, "browser" Bytes, "provider_id" Text, "sealed" Bytes,
            "expires_at" Int;
        "consents" by 4: "user_id" Text, "client_id" Text, "server_id" Text, "redirect_host" Text,
            "scopes" Text, "agreed_at" Int;
        "codes" by 1: "digest" Bytes, "grant_id" Bytes, "user_id" Text, "client_id" Text,
            "server_id" Text, "resource" Text, "scopes" Text, "provider_id" Text, "auth_time" Int,
            "redirect_uri" Text, "challenge" Text, "expires_at" Int, "spent" Flag, "issuer" Text,
            "subject" Text;
        "grants" by 1: "id" Bytes, "user_id" Text, "client_id" Text, "server_id" Text,
            "resource" Text, "scopes" Text, "provider_id" Text, "auth_time" Int, "generation" Int,
            "current" Bytes, "previous" Bytes, "successor" Bytes, "graces" Int, "rotated_at" Int,
            "idle_at" Int, "expires_at" Int, "revoked_at" Int, "ends_at" Int, "issuer" Text,
            "subject" Text;
        "sessions" by 1: "digest" Bytes, "user_id" Text, "provider_id" Text, "issuer" Text,
            "subject" Text, "auth_time" Int, "label" Text, "created_at" Int, "seen_at" Int,
            "expires_at" Int, "ends_at" Int;
        "spent_digests" by 1: "digest" Bytes, "expires_at" Int;
        "opaque_tokens" by 1: "digest" Bytes, "grant_id" Bytes, "claims" Text, "expires_at" Int;
        "personal_tokens" by 1: "digest" Bytes, "grant_id" Bytes, "name" Text, "created_at" Int,
            "lapses_at" Int;
        "signing_keys" by 1: "id" Text, "algorithm" Text, "sealed" Bytes, "created_at" Int,
            "active_at" Int, "retired_at" Int, "generation" Int;
        "epochs" by 1: "number" Int, "began_at" Int;
    }
});

/// The part of an engine that gives and takes plain rows.
#[async_trait]
pub trait Tables: Nodes {
    /// The first [`PAGE`] rows in the order of their keys, or those after a key.
    async fn page(
        &self,
        table: &'static Table,
        after: Option<&[Cell]>,
    ) -> Result<Vec<Cells>, StoreError>;
    /// The row of a key.
    async fn find(&self, table: &'static Table, key: &[Cell]) -> Result<Option<Cells>, StoreError>;
    /// Writes rows; one whose key is there already stays as it is.
    async fn put(&self, table: &'static Table, rows: &[Cells]) -> Result<(), StoreError>;
    /// How many rows there are.
    async fn count(&self, table: &'static Table) -> Result<u64, StoreError>;

    /// This database's name for those that it is moved to: `fresh`, unless it has one.
    async fn named(&self, fresh: &str) -> Result<String, StoreError>;
    /// How far the move from the database of this name to here has come: the last key of each table, in
    /// JSON; none when no such move was begun.
    async fn moved(&self, source: &str) -> Result<Vec<(String, String)>, StoreError>;
    /// Notes how far it has come.
    async fn note_moved(&self, source: &str, table: &str, after: &str) -> Result<(), StoreError>;
}

/// How many rows are read at once.
pub const PAGE: usize = 500;
/// How many rows one statement writes, where there are so many.
pub(in crate::store) const MANY: usize = 100;
