//! The one thread that writes. Jobs that wait are done in one transaction, and none is answered before
//! the commit is durable.
//!
//! A job that fails is rare, and a savepoint costs as much as the work of most jobs: at first there are
//! none. When a job fails, everything is undone and done again, each job in a savepoint of its own, so
//! that nothing of the failed one stays and the others do.

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
            self.serve_together(iter::once(first).chain(others).take(MOST_TOGETHER).collect());
        }
    }

    fn serve_together(&self, mut jobs: Vec<Box<dyn Job>>) {
        let mut committed = self.commit_all(&mut jobs, Self::work);
        if jobs.iter().any(|job| job.has_failed()) {
            self.undo();
            tracing::debug!(jobs = jobs.len(), "a write failed; those beside it are done again");
            committed = self.commit_all(&mut jobs, Self::work_apart);
        }
        if committed.is_err() {
            self.undo();
        }
        for job in jobs {
            job.answer(committed.as_ref().copied());
        }
    }

    fn commit_all(
        &self,
        jobs: &mut [Box<dyn Job>],
        work: fn(&Self, &mut dyn Job) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.place.as_ref().map_or(Ok(()), Place::check)?;
        self.say("BEGIN IMMEDIATE")?;
        for job in jobs {
            work(self, job.as_mut())?;
        }
        self.say("COMMIT")
    }

    /// Does one job; an error says that nothing of the transaction may stay.
    fn work(&self, job: &mut dyn Job) -> Result<(), StoreError> {
        job.work(&self.db)?;
        if self.db.is_autocommit() {
            return Err(StoreError::Unavailable("the transaction is gone".to_owned()));
        }
        Ok(())
    }

    /// The same in a savepoint: a job that fails loses its own changes alone.
    fn work_apart(&self, job: &mut dyn Job) -> Result<(), StoreError> {
        self.say("SAVEPOINT job")?;
        if let Err(cause) = job.work(&self.db) {
            // After some errors SQLite has rolled everything back: then the cause is the job's.
            self.say("ROLLBACK TO job").map_err(|_| cause)?;
        }
        self.say("RELEASE job")
    }

    /// There may be no transaction to undo any more.
    fn undo(&self) {
        let _ = self.db.execute_batch("ROLLBACK");
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use futures_util::future::join_all;

    use super::*;

    fn writer() -> Writer {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE notes (text TEXT NOT NULL PRIMARY KEY)").unwrap();
        Writer::start(db, None).unwrap()
    }

    fn note(text: impl Into<String>) -> impl Work<()> {
        let text = text.into();
        move |db| {
            db.execute("INSERT INTO notes (text) VALUES ($1)", [&text])?;
            Ok(())
        }
    }

    fn say(sql: &'static str) -> impl Work<()> {
        move |db| Ok(db.execute_batch(sql)?)
    }

    async fn notes(writer: &Writer) -> i64 {
        let count =
            |db: &Connection| Ok(db.query_row("SELECT COUNT(*) FROM notes", [], |row| row.get(0))?);
        writer.run(count).await.unwrap()
    }

    #[tokio::test]
    async fn half_of_a_failed_job_is_undone() {
        let writer = writer();
        let half = say("INSERT INTO notes VALUES ('half'); INSERT INTO notes VALUES (NULL)");
        assert!(writer.run(half).await.is_err());
        assert_eq!(notes(&writer).await, 0);
    }

    /// What waits while the thread is held is done in one transaction.
    async fn together<T>(writer: &Writer, waiting: impl Future<Output = T>) -> T {
        let ((begun, begins), (go, wait)) = (channel(), channel());
        let held = writer.run(move |_| {
            begun.send(()).unwrap();
            wait.recv().map_err(|_| job::stopped())
        });
        let begins = async move { begins.recv().unwrap() };
        let released = async move { go.send(()).unwrap() };
        let (held, (), done, ()) = futures_util::join!(held, begins, waiting, released);
        held.unwrap();
        done
    }

    #[tokio::test]
    async fn a_failed_job_takes_none_of_the_others_along() {
        let writer = writer();
        let half = say("INSERT INTO notes VALUES ('half'); INSERT INTO notes VALUES (NULL)");
        let (before, fails, after) =
            (writer.run(note("before")), writer.run(half), writer.run(note("after")));
        let (before, fails, after) =
            together(&writer, async { futures_util::join!(before, fails, after) }).await;
        assert!(before.is_ok() && fails.is_err() && after.is_ok());
        assert_eq!(notes(&writer).await, 2);
    }

    #[tokio::test]
    async fn a_full_disk_refuses_writes_until_there_is_room() {
        let writer = writer();
        writer.run(say("PRAGMA max_page_count = 8")).await.unwrap();
        let jobs = ["1", "2", "3", "4", "5"].map(|n| writer.run(note(n.repeat(9000))));
        let faults: Vec<_> = join_all(jobs).await.into_iter().filter_map(Result::err).collect();
        assert!(!faults.is_empty());
        for fault in faults {
            let expected = "the store is unavailable: database or disk is full";
            assert_eq!(fault.to_string(), expected);
        }
        let kept = notes(&writer).await;
        writer.run(say("PRAGMA max_page_count = 1000")).await.unwrap();
        writer.run(note("room".repeat(9000))).await.unwrap();
        assert_eq!(notes(&writer).await, kept + 1);
    }

    #[tokio::test]
    async fn a_panic_ends_one_job() {
        let writer = writer();
        let panics = |db: &Connection| -> Result<(), StoreError> {
            db.execute_batch("INSERT INTO notes VALUES ('half')")?;
            panic!("on purpose")
        };
        assert!(writer.run(panics).await.is_err());
        writer.run(note("after")).await.unwrap();
        assert_eq!(notes(&writer).await, 1);
    }

    /// One of them loses the transaction.
    #[tokio::test]
    async fn jobs_that_wait_share_a_commit_and_its_failure() {
        let writer = writer();
        let (first, second) = (writer.run(note("first")), writer.run(note("second")));
        let (lost, third) = (writer.run(say("ROLLBACK")), writer.run(note("third")));
        let (first, second, lost, third) =
            together(&writer, async { futures_util::join!(first, second, lost, third) }).await;
        assert!(first.is_err() && second.is_err() && lost.is_err() && third.is_err());
        assert_eq!(notes(&writer).await, 0);
        writer.run(note("after")).await.unwrap();
        assert_eq!(notes(&writer).await, 1);
    }
}
