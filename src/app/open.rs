//! Which store: the only place that names the engines.

use std::{path::PathBuf, sync::Arc};

use super::{StartFault, entropy};
use crate::{
    config::{Config, DatabaseUrl},
    store::{Store, StoreError, postgres::Postgres, sqlite::Sqlite},
};

/// Opens the configured store.
///
/// # Errors
/// When the database cannot be opened or brought to this version's schema.
pub async fn open_store(config: &Config) -> Result<Arc<dyn Store>, StartFault> {
    Ok(match &config.database {
        DatabaseUrl::SqliteFile(path) => {
            Arc::new(opened(|path| Sqlite::open(&path), path.clone()).await?)
        }
        DatabaseUrl::SqliteMemory => {
            Arc::new(opened(|_| Sqlite::in_memory(), PathBuf::new()).await?)
        }
        DatabaseUrl::Postgres(address) => {
            Arc::new(Postgres::open(address, config.database_pool, entropy()).await?)
        }
    })
}

/// A SQLite database, opened where waiting holds up nobody.
pub(super) async fn opened(
    open: fn(PathBuf) -> Result<Sqlite, StoreError>,
    path: PathBuf,
) -> Result<Sqlite, StoreError> {
    let opened = tokio::task::spawn_blocking(move || open(path)).await;
    opened.map_err(|error| StoreError::Unavailable(error.to_string()))?
}
