//! A few threads that read, each with a read-only connection and its prepared statements. In WAL mode
//! they neither wait for the writer nor hold it up, and see every commit that was answered.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, Builder, JoinHandle},
};

use rusqlite::Connection;

use super::job::{self, Job, Work};
use crate::store::StoreError;

/// The reading end of the database.
pub(super) struct Readers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts the threads, each with a connection from `open`.
    pub(super) fn start(
        open: impl Fn() -> Result<Connection, StoreError>,
    ) -> Result<Self, StoreError> {
        let mut readers = Self { queue: Arc::default(), threads: Vec::new() };
        for _ in 0..count() {
            let (db, queue) = (open()?, Arc::clone(&readers.queue));
            let thread = Builder::new().name("store-reader".to_owned());
            let thread = thread
                .spawn(move || queue.serve(&db))
                .map_err(|cause| StoreError::Unavailable(format!("no thread: {cause}")))?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Does `work`, which must not write.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl Work<T>) -> Result<T, StoreError> {
        let (job, answer) = job::job(work);
        self.queue.add(job);
        answer.wait().await
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

/// Jobs for whichever reader is free. It needs no bound: each job in it has a caller that waits.
#[derive(Default)]
struct Queue {
    jobs: Mutex<Jobs>,
    bell: Condvar,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Box<dyn Job>>,
    closed: bool,
}

impl Queue {
    fn add(&self, job: Box<dyn Job>) {
        self.lock().waiting.push_back(job);
        self.bell.notify_one();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.bell.notify_all();
    }

    fn serve(&self, db: &Connection) {
        while let Some(mut job) = self.next() {
            // Its error is its answer.
            let _ = job.work(db);
            job.answer(Ok(()));
        }
    }

    fn next(&self) -> Option<Box<dyn Job>> {
        let idle = |jobs: &mut Jobs| jobs.waiting.is_empty() && !jobs.closed;
        let jobs = self.bell.wait_while(self.lock(), idle);
        jobs.unwrap_or_else(PoisonError::into_inner).waiting.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count() -> usize {
    thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4))
}
