//! Brings the schema up to date, all in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use crate::store::{
    StoreError,
    migrations::{PUT_VERSION, VERSION, VERSIONS, missing},
};

/// Runs the migrations this program has and the database has not.
///
/// # Errors
/// [`StoreError::Unavailable`] when a newer program wrote the database, or SQLite fails.
pub(super) fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    // At once for writing: two processes may start together.
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    change.execute_batch(VERSIONS)?;
    for step in missing(change.query_row(VERSION, [], |row| row.get(0))?)? {
        change.execute_batch(step.sqlite)?;
        change.execute(PUT_VERSION, (step.version, step.name))?;
    }
    change.commit()?;
    Ok(())
}
