//! The numbered steps of the schema, the same for every engine, each run once on each database.

use super::StoreError;

/// One step.
pub(super) struct Migration {
    /// Its number; they run in this order.
    pub(super) version: i64,
    /// What it is about.
    pub(super) name: &'static str,
    /// Its statements for SQLite.
    pub(super) sqlite: &'static str,
    /// Its statements for PostgreSQL.
    pub(super) postgres: &'static str,
}

/// The steps that a database at version `found` lacks.
///
/// # Errors
/// [`StoreError::Unavailable`] when a newer program wrote the database.
pub(super) fn missing(found: i64) -> Result<impl Iterator<Item = &'static Migration>, StoreError> {
    let known = MIGRATIONS.iter().map(|step| step.version).max().unwrap_or(0);
    if found > known {
        return Err(StoreError::Unavailable(format!(
            "a newer Countersign wrote this database (schema {found}; this one knows {known}); \
             run that version, or restore an older backup"
        )));
    }
    Ok(MIGRATIONS.iter().filter(move |step| step.version > found))
}

/// Where a database says which steps it has had.
pub(super) const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_versions \
    (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)";
pub(super) const VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM schema_versions";
pub(super) const PUT_VERSION: &str = "INSERT INTO schema_versions (version, name) VALUES ($1, $2)";

macro_rules! migration {
    ($version:literal, $name:literal, $file:literal) => {
        Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $file)),
            postgres: include_str!(concat!("../../migrations/postgres/", $file)),
        }
    };
}

const MIGRATIONS: &[Migration] = &[
    migration!(1, "records", "0001_records.sql"),
    migration!(2, "people", "0002_people.sql"),
    migration!(3, "tokens", "0003_tokens.sql"),
    migration!(4, "keys", "0004_keys.sql"),
    migration!(5, "nodes", "0005_nodes.sql"),
    migration!(6, "moves", "0006_moves.sql"),
];
