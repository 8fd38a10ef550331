//! The connections that read. In WAL mode they neither wait for the writer nor hold it up, and see every
//! commit that was answered.
//!
//! A short read runs where it is asked for: it takes less time than handing it to another thread would.

use std::{
    sync::{Arc, Mutex, PoisonError, TryLockError},
    thread,
};

use rusqlite::Connection;

use super::job::{self, Work};
use crate::store::StoreError;

/// The reading end of the database.
#[derive(Clone)]
pub(super) struct Readers(Arc<[Mutex<Connection>]>);

impl Readers {
    /// Opens the connections, each by `open`: one for every thread that serves requests.
    pub(super) fn start(
        open: impl Fn() -> Result<Connection, StoreError>,
    ) -> Result<Self, StoreError> {
        let count = thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
        (0..count).map(|_| open().map(Mutex::new)).collect::<Result<_, _>>().map(Self)
    }

    /// Reads a few rows.
    pub(super) fn read<T>(&self, work: impl Work<T>) -> Result<T, StoreError> {
        for db in self.0.iter() {
            match db.try_lock() {
                Ok(db) => return work(&db),
                // A panic while reading leaves the connection as good as it was.
                Err(TryLockError::Poisoned(db)) => return work(&db.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let db = self.0.first().ok_or_else(job::stopped)?;
        work(&db.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads what may be long, beside the threads that serve requests.
    pub(super) async fn read_all<T: Send + 'static>(
        &self,
        work: impl Work<T>,
    ) -> Result<T, StoreError> {
        let readers = self.clone();
        let read = tokio::task::spawn_blocking(move || readers.read(work)).await;
        read.unwrap_or_else(|_| Err(job::stopped()))
    }
}
