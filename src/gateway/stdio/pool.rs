//! The processes of one server: whose they are, under which session ids, and how many.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest as _, Sha256};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    StdioSettings,
    launch::launch,
    process::{Process, supervise},
    traffic::{Ended, Era},
    trouble::Troubles,
};
use crate::protocol::id::UserId;

/// Whose a process is; none: of whoever comes, where nobody signs in.
pub(super) type Owner = Option<UserId>;

/// Why there is no process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoProcess {
    /// There are as many as there may be, of the person or of all.
    Full,
    /// The person's processes keep ending: none for so long.
    BackingOff(Duration),
    /// It cannot be started; the log says why.
    CannotStart,
    /// We stop.
    Stopping,
}

pub(super) struct Pool {
    settings: Arc<StdioSettings>,
    stop: CancellationToken,
    book: Mutex<Book>,
    /// A process is gone.
    gone: Notify,
}

#[derive(Default)]
struct Book {
    count: u64,
    entries: BTreeMap<u64, Entry>,
    sessions: HashMap<[u8; 32], u64>,
    troubles: Troubles,
}

struct Entry {
    owner: Owner,
    era: Era,
    process: Arc<Process>,
    /// It is about to end, and nobody's any more.
    leaving: bool,
}

impl Pool {
    pub(super) fn new(settings: Arc<StdioSettings>, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self { settings, stop, book: Mutex::default(), gone: Notify::new() })
    }

    /// A new process for a session of `owner`.
    pub(super) fn open(self: &Arc<Self>, owner: &Owner) -> Result<(u64, Arc<Process>), NoProcess> {
        let mut book = self.book();
        self.start(&mut book, owner, Era::Session)
    }

    /// The one process of `owner` for everything that has no session.
    pub(super) fn stateless(self: &Arc<Self>, owner: &Owner) -> Result<Arc<Process>, NoProcess> {
        let mut book = self.book();
        let theirs = |entry: &&Entry| entry.era == Era::Stateless && entry.usable_by(owner);
        if let Some(entry) = book.entries.values().find(theirs) {
            return Ok(Arc::clone(&entry.process));
        }
        self.start(&mut book, owner, Era::Stateless).map(|(_, process)| process)
    }

    /// Gives a process its session id.
    pub(super) fn name(&self, session: &str, number: u64) {
        self.book().sessions.insert(digest(session), number);
    }

    /// The process of a session, if it is `owner`'s.
    pub(super) fn find(&self, session: &str, owner: &Owner) -> Option<Arc<Process>> {
        let book = self.book();
        let entry = book.entries.get(book.sessions.get(&digest(session))?)?;
        (entry.era == Era::Session && entry.usable_by(owner)).then(|| Arc::clone(&entry.process))
    }

    /// Waits until no process is left.
    pub(super) async fn emptied(&self) {
        loop {
            let gone = self.gone.notified();
            if self.book().entries.is_empty() {
                return;
            }
            gone.await;
        }
    }

    fn start(
        self: &Arc<Self>,
        book: &mut Book,
        owner: &Owner,
        era: Era,
    ) -> Result<(u64, Arc<Process>), NoProcess> {
        if self.stop.is_cancelled() {
            return Err(NoProcess::Stopping);
        }
        let now = Instant::now();
        book.troubles.wait(owner, now).map_or(Ok(()), |wait| Err(NoProcess::BackingOff(wait)))?;
        self.make_room(book, owner)?;
        let child = launch(&self.settings).map_err(|why| {
            tracing::error!(server = %self.settings.server, "a server process cannot be started: {why}");
            book.troubles.note(owner, now);
            NoProcess::CannotStart
        })?;
        let (process, pipes) = Process::new(child, era, &self.settings.times);
        book.count += 1;
        let number = book.count;
        let entry =
            Entry { owner: owner.clone(), era, process: Arc::clone(&process), leaving: false };
        book.entries.insert(number, entry);
        let (pool, supervised) = (Arc::clone(self), Arc::clone(&process));
        tokio::spawn(async move {
            let (settings, stop) = (Arc::clone(&pool.settings), pool.stop.clone());
            let leaving = |reason| pool.leaving(number, &reason);
            supervise(supervised, pipes, settings, stop, leaving).await;
            pool.book().entries.remove(&number);
            pool.gone.notify_waiters();
        });
        Ok((number, process))
    }

    /// Whoever has as many as they may have loses the one that was quiet longest, rather one that no
    /// stream listens to. Those that are about to end still take their place in the whole.
    fn make_room(&self, book: &mut Book, owner: &Owner) -> Result<(), NoProcess> {
        let most = &self.settings.command.processes;
        let own: Vec<_> = book.entries.iter().filter(|(_, entry)| entry.owner == *owner).collect();
        let live = own.iter().filter(|(_, entry)| !entry.leaving).count();
        if book.entries.len() >= most.total || own.len() >= most.per_person.saturating_mul(2) {
            return Err(NoProcess::Full);
        }
        if live < most.per_person {
            return Ok(());
        }
        let quiet = own.into_iter().filter(|(_, entry)| !entry.leaving);
        let quiet =
            quiet.filter_map(|(number, entry)| Some((entry.process.traffic.quiet()?, *number)));
        let (_, oldest) = quiet.min().ok_or(NoProcess::Full)?;
        if let Some(entry) = book.entries.get_mut(&oldest) {
            entry.leaving = true;
            entry.process.end(Ended::Replaced);
        }
        Ok(())
    }

    fn leaving(&self, number: u64, reason: &Ended) {
        let mut book = self.book();
        book.sessions.retain(|_, named| *named != number);
        let Some(entry) = book.entries.get_mut(&number) else { return };
        entry.leaving = true;
        let (owner, lived) = (entry.owner.clone(), entry.process.started.elapsed());
        let (server, log) = (&self.settings.server, reason.to_string());
        if reason.is_failure() {
            tracing::warn!(%server, "{log}");
            if lived < Troubles::SOUND {
                return book.troubles.note(&owner, Instant::now());
            }
        } else {
            tracing::debug!(%server, "{log}");
        }
        if lived >= Troubles::SOUND {
            book.troubles.forget(&owner);
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Whether it is theirs and runs; then it does not end as idle before it is used.
    fn usable_by(&self, owner: &Owner) -> bool {
        self.owner == *owner && !self.leaving && self.process.traffic.touch()
    }
}

/// Session ids are kept as digests, as everything is that lets somebody in.
fn digest(session: &str) -> [u8; 32] {
    Sha256::digest(session).into()
}
