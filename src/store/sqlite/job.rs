//! A piece of work for a thread that owns a connection, and the way its answer comes back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::StoreError;

/// What a verb does with a connection; it may be done again after all of it was undone.
pub(super) trait Work<T>: Fn(&Connection) -> Result<T, StoreError> + Send + 'static {}

impl<T, W: Fn(&Connection) -> Result<T, StoreError> + Send + 'static> Work<T> for W {}

/// Work under way, whatever it gives.
pub(super) trait Job: Send {
    /// Does the work, perhaps once more; on an error none of its changes may stay.
    fn work(&mut self, db: &Connection) -> Result<(), StoreError>;
    /// Whether it was done and gave an error.
    fn has_failed(&self) -> bool;
    /// Tells the caller the result, or that the commit it was part of failed.
    fn answer(self: Box<Self>, committed: Result<(), &StoreError>);
}

/// A job and where its answer will arrive.
pub(super) fn job<T: Send + 'static>(work: impl Work<T>) -> (Box<dyn Job>, Answer<T>) {
    let (caller, answer) = oneshot::channel();
    (Box::new(Task { work, done: None, caller }), Answer(answer))
}

/// The answer to one job.
pub(super) struct Answer<T>(oneshot::Receiver<Result<T, StoreError>>);

impl<T> Answer<T> {
    /// Waits for it.
    pub(super) async fn wait(self) -> Result<T, StoreError> {
        self.0.await.unwrap_or_else(|_| Err(stopped()))
    }
}

/// The thread that should have worked is gone.
pub(super) fn stopped() -> StoreError {
    StoreError::Unavailable("its thread has stopped".to_owned())
}

struct Task<W, T> {
    work: W,
    done: Option<Result<T, StoreError>>,
    caller: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, W: Work<T>> Job for Task<W, T> {
    fn work(&mut self, db: &Connection) -> Result<(), StoreError> {
        // A panic would end the one thread that writes; it ends one job.
        let done = catch_unwind(AssertUnwindSafe(|| (self.work)(db))).unwrap_or_else(|_| {
            Err(StoreError::Unavailable("a verb of the store panicked".to_owned()))
        });
        self.done.insert(done).as_ref().map(drop).map_err(Clone::clone)
    }

    fn has_failed(&self) -> bool {
        matches!(self.done, Some(Err(_)))
    }

    fn answer(self: Box<Self>, committed: Result<(), &StoreError>) {
        let done = match committed {
            Ok(()) => self.done.unwrap_or_else(|| Err(stopped())),
            Err(fault) => Err(fault.clone()),
        };
        // A caller that went away wants no answer.
        drop(self.caller.send(done));
    }
}
