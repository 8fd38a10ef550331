//! Brings the schema up to date: numbered files, embedded, each run once, all in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use crate::store::StoreError;

/// Runs the migrations this program has and the database has not.
///
/// # Errors
/// [`StoreError::Unavailable`] when a newer program wrote the database, or SQLite fails.
pub(super) fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    // At once for writing: two processes may start together.
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    change.execute_batch(VERSIONS)?;
    let found: i64 =
        change.query_row("SELECT COALESCE(MAX(version), 0) FROM schema_versions", [], |row| {
            row.get(0)
        })?;
    let known = MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or(0);
    if found > known {
        return Err(StoreError::Unavailable(format!(
            "a newer Countersign wrote this database (schema {found}; this one knows {known}); \
             run that version, or restore an older backup"
        )));
    }
    for (version, name, sql) in MIGRATIONS.iter().filter(|(version, ..)| *version > found) {
        change.execute_batch(sql)?;
        change.execute(
            "INSERT INTO schema_versions (version, name) VALUES ($1, $2)",
            (version, name),
        )?;
    }
    change.commit()?;
    Ok(())
}

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_versions \
    (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)";

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "records", include_str!("../../../migrations/sqlite/0001_records.sql")),
    (2, "people", include_str!("../../../migrations/sqlite/0002_people.sql")),
    (3, "tokens", include_str!("../../../migrations/sqlite/0003_tokens.sql")),
    (4, "keys", include_str!("../../../migrations/sqlite/0004_keys.sql")),
    (5, "nodes", include_str!("../../../migrations/sqlite/0005_nodes.sql")),
];
