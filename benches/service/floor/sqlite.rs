//! One durable exchange in SQLite: a code is spent and a grant written, in group commits by one thread.
//! Two tables with a primary key each and nothing else.

use std::{iter, path::Path};

use anyhow::Context as _;
use countersign::protocol::secret::Digest;
use rusqlite::{Connection, params};
use tokio::sync::{mpsc, oneshot};

/// The writing thread's end.
pub(super) struct Writer(mpsc::Sender<Job>);

struct Job {
    code: Digest,
    refresh: Digest,
    answer: oneshot::Sender<()>,
}

impl Writer {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let db = opened(path)?;
        let (queue, waiting) = mpsc::channel(1024);
        std::thread::Builder::new().spawn(move || write(&db, waiting))?;
        Ok(Self(queue))
    }

    /// Spends the code and writes a grant with that refresh token; returns when both are durable.
    pub(super) async fn exchange(&self, code: &str, refresh: &str) -> Result<(), String> {
        let (answer, done) = oneshot::channel();
        let job = Job { code: Digest::of(code), refresh: Digest::of(refresh), answer };
        self.0.send(job).await.map_err(|_| "the thread has ended")?;
        done.await.map_err(|_| "not written".to_owned())
    }
}

fn write(db: &Connection, mut waiting: mpsc::Receiver<Job>) {
    while let Some(first) = waiting.blocking_recv() {
        let others = iter::from_fn(|| waiting.try_recv().ok());
        let jobs: Vec<Job> = iter::once(first).chain(others).take(512).collect();
        if let Err(error) = together(db, &jobs) {
            eprintln!("the floor cannot write: {error}");
            return;
        }
        for job in jobs {
            let _ = job.answer.send(());
        }
    }
}

fn together(db: &Connection, jobs: &[Job]) -> rusqlite::Result<()> {
    db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for job in jobs {
        let mut spend = db.prepare_cached(SPEND)?;
        let (id, user, client, resource, scopes) =
            spend.query_row([job.code.as_bytes()], |row| {
                let id: [u8; 16] = row.get(0)?;
                let text = |at| row.get::<_, String>(at);
                Ok((id, text(1)?, text(2)?, text(3)?, text(4)?))
            })?;
        let mut put = db.prepare_cached(PUT)?;
        put.execute(params![id, user, client, resource, scopes, job.refresh.as_bytes(), EXPIRES])?;
    }
    db.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

/// Makes the database with these codes, each with the id of its grant.
pub(crate) fn fill(
    path: &Path,
    codes: impl Iterator<Item = (Digest, [u8; 16])>,
) -> anyhow::Result<()> {
    let mut db = opened(path)?;
    let whole = db.transaction()?;
    {
        let mut put = whole.prepare(PUT_CODE)?;
        for (digest, grant) in codes {
            put.execute(params![digest.as_bytes(), grant, EXPIRES])?;
        }
    }
    whole.commit()?;
    db.close().map_err(|(_, error)| error).context("the floor's database cannot be closed")
}

fn opened(path: &Path) -> anyhow::Result<Connection> {
    let db = Connection::open(path)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000; \
         PRAGMA cache_size = -16000",
    )?;
    db.execute_batch(TABLES)?;
    Ok(db)
}

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS codes (
    digest BLOB NOT NULL PRIMARY KEY, grant_id BLOB NOT NULL, user_id TEXT NOT NULL,
    client_id TEXT NOT NULL, resource TEXT NOT NULL, scopes TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL, expires_at BIGINT NOT NULL, spent BOOLEAN NOT NULL
);
CREATE TABLE IF NOT EXISTS grants (
    id BLOB NOT NULL PRIMARY KEY, user_id TEXT NOT NULL, client_id TEXT NOT NULL,
    resource TEXT NOT NULL, scopes TEXT NOT NULL, current BLOB NOT NULL, expires_at BIGINT NOT NULL
);";
const PUT_CODE: &str = "INSERT INTO codes VALUES (?1, ?2, 'usr_AAAAAAAAAAAAAAAAAAAAAA', \
    'cs_cl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'http://localhost:8000/mcp', \
    'admin read write', 'http://127.0.0.1:7777/callback', \
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', ?3, FALSE)";
const SPEND: &str = "UPDATE codes SET spent = TRUE WHERE digest = ?1 AND spent = FALSE \
    RETURNING grant_id, user_id, client_id, resource, scopes";
const PUT: &str = "INSERT INTO grants VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const EXPIRES: i64 = 4_000_000_000;
