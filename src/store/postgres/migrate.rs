//! Brings the schema up to date. Many nodes may start at once, also on an empty database: a row is
//! locked for it, which every engine that speaks PostgreSQL's protocol can do (an advisory lock is not
//! among what they share).

use std::time::Duration;

use tokio_postgres::{Client, Error, error::SqlState};

use super::{
    connect::Door,
    fault::{Fault, no_schema},
};
use crate::store::{
    StoreError,
    migrations::{PUT_VERSION, VERSION, VERSIONS, missing},
};

/// Runs the migrations this program has and the database has not.
///
/// # Errors
/// [`StoreError::Unavailable`] when a newer program wrote the database, nobody answers, or the user has
/// not the right to make tables.
pub(super) async fn migrate(door: &Door) -> Result<(), StoreError> {
    let mut connection = door.open(SETTINGS).await?;
    let db = &mut connection.client;
    for _ in 1..ATTEMPTS {
        match attempt(db).await {
            Err(Trouble::Said(error)) if is_race(&error) => {
                tokio::time::sleep(door.health.jittered(PAUSE)).await;
            }
            done => return done.map_err(|trouble| trouble.told(door)),
        }
    }
    attempt(db).await.map_err(|trouble| trouble.told(door))
}

enum Trouble {
    Said(Error),
    Newer(StoreError),
}

impl Trouble {
    fn told(self, door: &Door) -> StoreError {
        match self {
            Self::Newer(fault) => fault,
            Self::Said(error) => match door.server() {
                Some(server) => StoreError::Unavailable(no_schema(server, &error)),
                None => Fault::Told(error).into(),
            },
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Said(error)
    }
}

async fn attempt(db: &mut Client) -> Result<(), Trouble> {
    // What is up to date needs no lock, and no right to make tables.
    let found = match db.query_one(VERSION, &[]).await {
        Ok(row) => row.try_get(0)?,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {
            db.batch_execute(VERSIONS).await?;
            0
        }
        Err(error) => return Err(error.into()),
    };
    if missing(found).map_err(Trouble::Newer)?.next().is_none() {
        return Ok(());
    }
    let change = db.transaction().await?;
    change.batch_execute(PUT_LOCK).await?;
    change.query_one(LOCK, &[]).await?;
    let found = change.query_one(VERSION, &[]).await?.try_get(0)?;
    for step in missing(found).map_err(Trouble::Newer)? {
        change.batch_execute(step.postgres).await?;
        change.execute(PUT_VERSION, &[&step.version, &step.name]).await?;
    }
    Ok(change.commit().await?)
}

/// Others make the same at this moment.
fn is_race(error: &Error) -> bool {
    let races = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_COLUMN,
        SqlState::DUPLICATE_OBJECT,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    error.code().is_some_and(|code| races.contains(code))
}

/// The row that is locked; no step of the schema.
const PUT_LOCK: &str = "INSERT INTO schema_versions (version, name) VALUES (0, 'lock') \
    ON CONFLICT (version) DO NOTHING";
const LOCK: &str = "SELECT version FROM schema_versions WHERE version = 0 FOR UPDATE";

/// A step may take as long as it needs on a big table, and the other nodes wait for it.
const SETTINGS: &str = "SET statement_timeout = 0; SET lock_timeout = 0";
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(20);
