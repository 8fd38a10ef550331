//! The one thread that writes. Jobs that wait are done in one transaction, each in a savepoint of its
//! own, and none is answered before the commit is durable.

use std::{
    iter,
    thread::{Builder, JoinHandle},
};

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::{
    job::{self, Job, Work},
    place::Place,
};
use crate::store::StoreError;

/// The writing end of the database.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. `place` is where the database's file has to be for a commit to count.
    pub(super) fn start(db: Connection, place: Option<Place>) -> Result<Self, StoreError> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let desk = Desk { db, place };
        let thread = Builder::new().name("store-writer".to_owned());
        let thread = thread
            .spawn(move || desk.serve(waiting))
            .map_err(|cause| StoreError::Unavailable(format!("no thread: {cause}")))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Does `work` in a transaction and gives its result once that is committed. Once queued, the work
    /// is done even if the caller goes away.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl Work<T>) -> Result<T, StoreError> {
        let (job, answer) = job::job(work);
        let queue = self.queue.as_ref().ok_or_else(job::stopped)?;
        queue.send(job).await.map_err(|_| job::stopped())?;
        answer.wait().await
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

struct Desk {
    db: Connection,
    place: Option<Place>,
}

impl Desk {
    fn serve(self, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
        while let Some(first) = waiting.blocking_recv() {
            let others = iter::from_fn(|| waiting.try_recv().ok());
            self.serve_together(iter::once(first).chain(others).take(MOST_TOGETHER));
        }
    }

    fn serve_together(&self, mut jobs: impl Iterator<Item = Box<dyn Job>>) {
        let mut worked = Vec::new();
        let committed = self.commit_all(&mut jobs, &mut worked).map_err(|fault| fault.to_string());
        if committed.is_err() {
            // SQLite has rolled back by itself after some errors.
            let _ = self.db.execute_batch("ROLLBACK");
            worked.extend(jobs);
        }
        for job in worked {
            job.answer(committed.as_ref().copied().map_err(String::as_str));
        }
    }

    fn commit_all(
        &self,
        jobs: &mut impl Iterator<Item = Box<dyn Job>>,
        worked: &mut Vec<Box<dyn Job>>,
    ) -> Result<(), StoreError> {
        self.place.as_ref().map_or(Ok(()), Place::check)?;
        self.say("BEGIN IMMEDIATE")?;
        for mut job in jobs {
            let done = self.work(job.as_mut());
            worked.push(job);
            done?;
        }
        self.say("COMMIT")
    }

    /// Does one job; an error says that the whole transaction is lost.
    fn work(&self, job: &mut dyn Job) -> Result<(), StoreError> {
        self.say("SAVEPOINT job")?;
        if !job.work(&self.db) {
            self.say("ROLLBACK TO job")?;
        }
        self.say("RELEASE job")
    }

    fn say(&self, sql: &str) -> Result<(), StoreError> {
        self.db.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

/// How many callers may wait before the next one waits to be queued.
const QUEUE: usize = 1024;
/// How many jobs one commit may carry, so that the first of them does not wait long.
const MOST_TOGETHER: usize = 512;
