//! From one engine to another.

use std::{path::PathBuf, sync::Arc};

use super::{StartFault, open::opened};
use crate::{
    ambient::{Clock, Entropy, random},
    config::DatabaseUrl,
    flow::moving::Moving,
    store::{StoreError, postgres::Postgres, sqlite::Sqlite, tables::Tables},
};

/// A move of everything in the database `from` to the database `to`, which is made or brought up to
/// date. The source is brought up to date as well; one that is not there is not made.
///
/// # Errors
/// When either cannot be opened.
pub async fn moving(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Moving, StartFault> {
    if let DatabaseUrl::SqliteFile(path) = from
        && !path.exists()
    {
        return Err(StoreError::Unavailable(format!("{} is not there", path.display())).into());
    }
    let holder = u128::from_be_bytes(random(&*entropy)).to_string();
    let (from, to) = (tables(from, &entropy).await?, tables(to, &entropy).await?);
    Ok(Moving { from, to, clock, holder })
}

async fn tables(
    database: &DatabaseUrl,
    entropy: &Arc<dyn Entropy>,
) -> Result<Arc<dyn Tables>, StoreError> {
    Ok(match database {
        DatabaseUrl::SqliteFile(path) => {
            Arc::new(opened(|path| Sqlite::open(&path), path.clone()).await?)
        }
        DatabaseUrl::SqliteMemory => {
            Arc::new(opened(|_| Sqlite::in_memory(), PathBuf::new()).await?)
        }
        DatabaseUrl::Postgres(address) => {
            Arc::new(Postgres::open(address, CONNECTIONS, Arc::clone(entropy)).await?)
        }
    })
}

/// Enough to write a page at once.
const CONNECTIONS: usize = 8;
