//! What is under way between the clients of one process and the process: whose request has which id
//! there, which streams are open, what waits in them.
//!
//! Every id that a client chose is exchanged for one of ours before the process sees it, and put back
//! in what comes out: two requests with one id, of one client or two, never meet. All that waits for
//! clients together is bounded; beyond it the process waits.

mod ended;
mod inward;
mod outward;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::frame;

pub(super) use self::{ended::Ended, inward::Refused, outward::Way};

/// Which eras of the protocol a process serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    /// The older ones: one client, which initialized it.
    Session,
    /// 2026-07-28: every client of one person, and no request of the server's own.
    Stateless,
}

/// A message on its way to a client.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) text: String,
    pub(super) kind: ItemKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemKind {
    /// The answer to a request.
    Answer,
    /// Anything else of the server's.
    Aside,
    /// Our own answer, in the place of one that no longer comes.
    Failure,
}

pub(super) struct Traffic {
    era: Era,
    /// How long the process waits for a client that does not read.
    stalled: Duration,
    state: Mutex<State>,
    /// Room was made, or a stream closed.
    moved: Notify,
}

struct State {
    count: u64,
    pending: BTreeMap<u64, Pending>,
    outlets: BTreeMap<u64, Outlet>,
    /// Asides for which no stream was open yet.
    backlog: VecDeque<String>,
    /// Ids of the server's requests: what a client may write for it, and what the server wrote.
    asked: VecDeque<(String, String)>,
    queued: usize,
    used: Instant,
    ended: Option<Ended>,
}

/// A request that the process has not answered.
struct Pending {
    id: String,
    token: Option<String>,
    /// None: the client hung up.
    outlet: Option<u64>,
}

/// One stream to a client.
struct Outlet {
    queue: VecDeque<Item>,
    waker: Option<Waker>,
    kind: OutletKind,
    /// Requests that it still answers.
    open: usize,
    cut: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OutletKind {
    /// A `GET`.
    Listening,
    /// A `POST` whose answer is an event stream.
    Events,
    /// A `POST` whose answer is one JSON text.
    Plain,
}

impl Traffic {
    pub(super) fn new(era: Era, stalled: Duration) -> Self {
        let state = State {
            count: 0,
            pending: BTreeMap::new(),
            outlets: BTreeMap::new(),
            backlog: VecDeque::new(),
            asked: VecDeque::new(),
            queued: 0,
            used: Instant::now(),
            ended: None,
        };
        Self { era, stalled, state: Mutex::new(state), moved: Notify::new() }
    }

    /// The next message of a stream; none when it is over.
    pub(super) fn poll(&self, outlet: u64, context: &Context<'_>) -> Poll<Option<Item>> {
        let mut state = self.state();
        let over = state.ended.is_some();
        let Some(open) = state.outlets.get_mut(&outlet) else { return Poll::Ready(None) };
        if let Some(item) = open.queue.pop_front() {
            state.queued = state.queued.saturating_sub(item.text.len());
            self.moved.notify_waiters();
            return Poll::Ready(Some(item));
        }
        if over || open.cut || (open.kind != OutletKind::Listening && open.open == 0) {
            return Poll::Ready(None);
        }
        open.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Closes a stream. In the stateless era a client that hangs up cancels its requests: their ids at
    /// the process, to be told to it. In the older eras it does not (MCP 2025-11-25, transports).
    pub(super) fn hang_up(&self, outlet: u64) -> Vec<u64> {
        let mut state = self.state();
        state.used = Instant::now();
        if let Some(closed) = state.outlets.remove(&outlet) {
            let freed: usize = closed.queue.iter().map(|item| item.text.len()).sum();
            state.queued = state.queued.saturating_sub(freed);
        }
        let here = state.pending.iter().filter(|(_, pending)| pending.outlet == Some(outlet));
        let left: Vec<u64> = here.map(|(number, _)| *number).collect();
        match self.era {
            Era::Stateless => state.pending.retain(|number, _| !left.contains(number)),
            Era::Session => state.abandon(&left),
        }
        self.moved.notify_waiters();
        if self.era == Era::Stateless { left } else { Vec::new() }
    }

    /// Ends every stream, each open request with an error; only the first reason counts.
    pub(super) fn end(&self, reason: Ended) {
        self.state().end(reason);
        self.moved.notify_waiters();
    }

    /// Waits until there was no request and no open stream for `span`, and then ends.
    pub(super) async fn idle(&self, span: Duration) {
        loop {
            let moved = self.moved.notified();
            match self.end_if_idle(span) {
                Ok(()) => return,
                Err(Some(left)) => tokio::time::sleep(left).await,
                Err(None) => moved.await,
            }
        }
    }

    /// Else how long to wait before asking again; none: until a stream closes.
    fn end_if_idle(&self, span: Duration) -> Result<(), Option<Duration>> {
        let mut state = self.state();
        if state.ended.is_some() {
            return Ok(());
        }
        if !state.outlets.is_empty() {
            return Err(None);
        }
        if let Some(left) = span.checked_sub(state.used.elapsed()).filter(|it| !it.is_zero()) {
            return Err(Some(left));
        }
        state.end(Ended::Idle);
        Ok(())
    }

    /// Whether it has no request under way; then whether a stream is open, and since when it is quiet.
    pub(super) fn quiet(&self) -> Option<(bool, Instant)> {
        let state = self.state();
        let busy = state.outlets.values().any(|outlet| outlet.kind != OutletKind::Listening);
        (!busy).then(|| (!state.outlets.is_empty(), state.used))
    }

    /// Counts as used now, unless it has ended.
    pub(super) fn touch(&self) -> bool {
        let mut state = self.state();
        state.used = Instant::now();
        state.ended.is_none()
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        self.state().ended.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Keeps the ids of requests whose client hung up, so many: it may still cancel them.
    fn abandon(&mut self, left: &[u64]) {
        for number in left {
            if let Some(pending) = self.pending.get_mut(number) {
                pending.outlet = None;
            }
        }
        let alone = self.pending.iter().filter(|(_, pending)| pending.outlet.is_none());
        let alone: Vec<u64> = alone.map(|(number, _)| *number).collect();
        let surplus = alone.len().saturating_sub(MAX_ABANDONED);
        for number in alone.iter().take(surplus) {
            self.pending.remove(number);
        }
    }

    fn end(&mut self, reason: Ended) {
        if self.ended.is_some() {
            return;
        }
        let told = reason.to_string();
        for pending in std::mem::take(&mut self.pending).into_values() {
            let text = frame::error(&pending.id, -32000, &told);
            let outlet = pending.outlet.and_then(|outlet| self.outlets.get_mut(&outlet));
            if let Some(outlet) = outlet {
                outlet.queue.push_back(Item { text, kind: ItemKind::Failure });
            }
        }
        self.ended = Some(reason);
        for outlet in self.outlets.values_mut() {
            outlet.wake();
        }
    }
}

impl Outlet {
    fn new(kind: OutletKind, open: usize) -> Self {
        Self { queue: VecDeque::new(), waker: None, kind, open, cut: false }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Requests whose client hung up.
const MAX_ABANDONED: usize = 256;
