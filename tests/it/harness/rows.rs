//! A look into the database from outside.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, types::ValueRef};

/// `table n` for every table with rows, in the order of names; the signing keys and the probe, which
/// stand there from the start, left out.
pub(super) fn counts(database: &Path) -> String {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(database, flags).unwrap();
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_one(&sql, [], |row| row.get(0)).unwrap()
    };
    let counted = TABLES.map(|table| (table, count(table)));
    let filled = counted.iter().filter(|(_, rows)| *rows > 0);
    filled.map(|(table, rows)| format!("{table} {rows}")).collect::<Vec<_>>().join(", ")
}

/// Every row of every table, as text.
pub(super) fn all(database: &Path) -> Vec<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(database, flags).unwrap();
    let named = "SELECT name FROM sqlite_schema \
        WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'probes' ORDER BY name";
    let mut named = connection.prepare(named).unwrap();
    let tables = named.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut all = Vec::new();
    for table in tables.map(Result::unwrap) {
        let mut rows = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = rows.column_count();
        let shown = rows.query_map([], |row| {
            let cells = (0..columns).map(|index| text(row.get_ref(index).unwrap()));
            Ok(format!("{table} {}", cells.collect::<Vec<_>>().join(" ")))
        });
        all.extend(shown.unwrap().map(Result::unwrap));
    }
    all
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Text(text) | ValueRef::Blob(text) => text.escape_ascii().to_string(),
        other => format!("{other:?}"),
    }
}

/// The rows of one table.
pub(super) fn count(database: &Path, table: &str) -> i64 {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(database, flags).unwrap();
    connection.query_one(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

/// Changes one row.
pub(super) fn execute(database: &Path, sql: &str, parameter: &str) {
    let changed = Connection::open(database).unwrap().execute(sql, [parameter]).unwrap();
    assert_eq!(changed, 1);
}

/// Whether the text stands in the database or in its write-ahead log.
pub(super) fn holds(database: &Path, text: &str) -> bool {
    let log = database.with_extension("db-wal");
    [database, &log].into_iter().any(|file| {
        let bytes = std::fs::read(file).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

const TABLES: [&str; 8] =
    ["clients", "codes", "consents", "grants", "identities", "sign_ins", "spent_digests", "users"];
