//! The embedded engine: SQLite in one file or in memory. It owns the connections: one that writes, on a
//! thread of its own, and some that read.
//!
//! One thread writes: SQLite admits one writer at a time, and a deferred transaction that turns into a
//! write is refused at once, whatever the busy timeout. What waits for that thread is committed
//! together, so that one durable commit (WAL, `synchronous = FULL`) serves many callers.

mod ask;
pub mod backup;
mod issued;
mod job;
mod keyring;
mod migrate;
mod nodes;
mod people;
mod place;
#[cfg(test)]
mod plans;
mod presented;
mod reader;
pub mod restore;
mod tables;
mod verbs;
mod writer;

use std::{fmt, path::Path, time::Duration};

use async_trait::async_trait;
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use self::{job::Work, place::Place, reader::Readers, writer::Writer};
use super::{Presented, Spent, Store, StoreError};
use crate::{
    ambient::Timestamp,
    engine::record::{Client, Code, Consent, Grant, SignIn},
    protocol::{
        id::{ClientId, GrantId, ProviderId},
        secret::Digest,
    },
};

/// The store in SQLite. Dropping it finishes what was asked and closes the database.
pub struct Sqlite {
    // Dropped first: the last connection to close must be the one that may empty the log.
    readers: Option<Readers>,
    writer: Writer,
}

impl Sqlite {
    /// Opens the database at `path`, making it (mode 0600) and its folders (mode 0700) where missing,
    /// and brings its schema up to date. `:memory:` is [`Self::in_memory`].
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be made, opened or migrated, or has a newer schema.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if path == Path::new(":memory:") {
            return Self::in_memory();
        }
        let place = Place::prepare(path)?;
        let writing =
            writing(Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?)?;
        let readers = Readers::start(|| {
            reading(Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_ONLY))?)
        })?;
        Ok(Self { readers: Some(readers), writer: Writer::start(writing, Some(place))? })
    }

    /// A database that lasts as long as this value. Its one connection also reads.
    ///
    /// # Errors
    /// [`StoreError`] when SQLite fails.
    pub fn in_memory() -> Result<Self, StoreError> {
        let writing = writing(Connection::open_in_memory()?)?;
        Ok(Self { readers: None, writer: Writer::start(writing, None)? })
    }

    async fn read<T: Send + 'static>(&self, work: impl Work<T>) -> Result<T, StoreError> {
        match &self.readers {
            Some(readers) => readers.read(work),
            None => self.writer.run(work).await,
        }
    }

    /// The same for what may be long.
    async fn read_all<T: Send + 'static>(&self, work: impl Work<T>) -> Result<T, StoreError> {
        match &self.readers {
            Some(readers) => readers.read_all(work).await,
            None => self.writer.run(work).await,
        }
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn put_client(&self, client: &Client) -> Result<(), StoreError> {
        let client = client.clone();
        self.writer.run(move |db| verbs::put_client(db, &client)).await
    }

    async fn register_client(&self, client: &Client) -> Result<Client, StoreError> {
        let client = client.clone();
        self.writer.run(move |db| verbs::register_client(db, &client)).await
    }

    async fn client(&self, id: &ClientId, now: Timestamp) -> Result<Option<Client>, StoreError> {
        let id = id.clone();
        self.read(move |db| verbs::client(db, &id, now)).await
    }

    async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        self.read_all(verbs::clients).await
    }

    async fn remove_client(&self, id: &ClientId, now: Timestamp) -> Result<bool, StoreError> {
        let id = id.clone();
        self.writer.run(move |db| verbs::remove_client(db, &id, now)).await
    }

    async fn put_sign_in(&self, sign_in: &SignIn) -> Result<(), StoreError> {
        let sign_in = sign_in.clone();
        self.writer.run(move |db| verbs::put_sign_in(db, &sign_in)).await
    }

    async fn sign_in(
        &self,
        state: &Digest,
        browser: &Digest,
        provider: &ProviderId,
        now: Timestamp,
    ) -> Result<Option<SignIn>, StoreError> {
        let (state, browser, provider) = (*state, *browser, provider.clone());
        self.read(move |db| verbs::sign_in(db, state, browser, &provider, now)).await
    }

    async fn take_sign_in(
        &self,
        state: &Digest,
        browser: &Digest,
        provider: &ProviderId,
        now: Timestamp,
    ) -> Result<Option<SignIn>, StoreError> {
        let (state, browser, provider) = (*state, *browser, provider.clone());
        let work = move |db: &Connection| {
            let found = verbs::sign_in(db, state, browser, &provider, now)?;
            found.map_or(Ok(None), |found| verbs::end_sign_in(db, found))
        };
        self.writer.run(work).await
    }

    async fn put_code(&self, code: &Code, consent: &Consent) -> Result<(), StoreError> {
        let (code, consent) = (code.clone(), consent.clone());
        self.writer.run(move |db| verbs::put_code(db, &code, &consent)).await
    }

    async fn code(&self, digest: &Digest) -> Result<Option<Code>, StoreError> {
        let digest = *digest;
        self.read(move |db| verbs::code(db, digest)).await
    }

    async fn spend(
        &self,
        digest: &Digest,
        opens: Option<&Grant>,
        client_until: Option<Timestamp>,
    ) -> Result<Spent, StoreError> {
        let (digest, opens) = (*digest, opens.cloned());
        self.writer.run(move |db| verbs::spend(db, digest, opens.as_ref(), client_until)).await
    }

    async fn present_code(
        &self,
        client: Option<&ClientId>,
        code: &Digest,
        now: Timestamp,
    ) -> Result<Presented<Code>, StoreError> {
        let (client, code) = (client.cloned(), *code);
        self.read(move |db| presented::code(db, client.as_ref(), code, now)).await
    }

    async fn present_grant(
        &self,
        client: Option<&ClientId>,
        grant: &GrantId,
        now: Timestamp,
    ) -> Result<Presented<Grant>, StoreError> {
        let (client, grant) = (client.cloned(), *grant);
        self.read(move |db| presented::grant(db, client.as_ref(), grant, now)).await
    }

    async fn grant(&self, id: &GrantId) -> Result<Option<Grant>, StoreError> {
        let id = *id;
        self.read(move |db| verbs::grant(db, id)).await
    }

    async fn swap_grant(&self, before: &Grant, after: &Grant) -> Result<bool, StoreError> {
        let (before, after) = (before.clone(), after.clone());
        self.writer.run(move |db| verbs::swap_grant(db, &before, &after)).await
    }

    async fn revoke_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool, StoreError> {
        let id = *id;
        self.writer.run(move |db| verbs::revoke_grant(db, id, now)).await
    }

    async fn revoked_since(&self, since: Timestamp) -> Result<Vec<GrantId>, StoreError> {
        self.read_all(move |db| verbs::revoked_since(db, since)).await
    }

    async fn once(&self, digest: &Digest, until: Timestamp) -> Result<bool, StoreError> {
        let digest = *digest;
        self.writer.run(move |db| verbs::once(db, digest, until)).await
    }

    async fn probe(&self, now: Timestamp) -> Result<(), StoreError> {
        self.writer.run(move |db| verbs::probe(db, now)).await
    }

    async fn sweep(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.writer.run(move |db| verbs::sweep(db, now, most)).await
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error;
        let damaged = match &error {
            Error::SqliteFailure(cause, _) => {
                matches!(cause.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            }
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..) => true,
            _ => false,
        };
        let text = error.to_string();
        if damaged { Self::Damaged(text) } else { Self::Unavailable(text) }
    }
}

/// Each connection belongs to one thread, so SQLite's own locks are left out. Without the flag for
/// URIs a path is only ever a path.
fn flags(access: OpenFlags) -> OpenFlags {
    access | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn writing(mut db: Connection) -> Result<Connection, StoreError> {
    common(&db)?;
    write_ahead(&db)?;
    db.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000; \
         PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16000",
    )?;
    migrate::migrate(&mut db)?;
    Ok(db)
}

/// Others who start on the same fresh file hold it for a moment each, and for this one change SQLite does
/// not wait for them: each would wait for the other.
fn write_ahead(db: &Connection) -> Result<(), StoreError> {
    let busy = |error: &rusqlite::Error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        match db.execute_batch("PRAGMA journal_mode = WAL") {
            Err(error) if busy(&error) => std::thread::sleep(PAUSE),
            done => return Ok(done?),
        }
    }
    Ok(db.execute_batch("PRAGMA journal_mode = WAL")?)
}

fn reading(db: Connection) -> Result<Connection, StoreError> {
    common(&db)?;
    db.execute_batch("PRAGMA query_only = TRUE; PRAGMA cache_size = -8000")?;
    Ok(db)
}

fn common(db: &Connection) -> Result<(), StoreError> {
    db.busy_timeout(PATIENCE)?;
    db.set_prepared_statement_cache_capacity(64);
    // A plan is made once for all values, or each request would make its own: that took three times as
    // long as the reading.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.execute_batch("PRAGMA trusted_schema = FALSE; PRAGMA temp_store = MEMORY")?;
    Ok(())
}

/// How long to wait for another process, such as the command line, that writes to the same file.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(10);
