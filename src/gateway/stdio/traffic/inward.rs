//! From a client to the process.

use tokio::time::Instant;

use super::{Era, Outlet, OutletKind, Pending, State, Traffic};
use crate::gateway::stdio::frame::{Kind, Members, Unreadable};

/// What is written to the process, and where its answers come out.
pub(in crate::gateway::stdio) struct Taken {
    /// One line each.
    pub(in crate::gateway::stdio) lines: Vec<String>,
    /// The stream of the answers; none when nothing was asked.
    pub(in crate::gateway::stdio) outlet: Option<u64>,
}

/// Why messages are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway::stdio) enum Refused {
    /// The process has ended.
    Ended,
    /// Too many requests are under way there.
    Busy,
    /// It is no message, or an ambiguous one.
    Unreadable,
}

impl From<Unreadable> for Refused {
    fn from(_: Unreadable) -> Self {
        Self::Unreadable
    }
}

impl Traffic {
    /// Takes the messages of one `POST`; `events`: its answer is an event stream.
    pub(in crate::gateway::stdio) fn take_in(
        &self,
        messages: Vec<Members<'_>>,
        events: bool,
    ) -> Result<Taken, Refused> {
        let kinds: Option<Vec<Kind>> = messages.iter().map(Members::kind).collect();
        let kinds = kinds.ok_or(Refused::Unreadable)?;
        let requests = kinds.iter().filter(|kind| **kind == Kind::Request).count();
        let tokens: Result<Vec<_>, Unreadable> = messages.iter().map(|m| m.below(TOKEN)).collect();
        let tokens = tokens?;
        let mut state = self.state();
        if state.ended.is_some() {
            return Err(Refused::Ended);
        }
        if requests > 0 && state.under_way() + requests > MAX_UNDER_WAY {
            return Err(Refused::Busy);
        }
        state.used = Instant::now();
        let kind = if events { OutletKind::Events } else { OutletKind::Plain };
        let outlet = (requests > 0).then(|| state.open(self.era, kind, requests));
        let all = messages.into_iter().zip(kinds).zip(tokens);
        let lines = all.filter_map(|((message, kind), token)| match kind {
            Kind::Request => state.request(message, token, outlet),
            Kind::Notification => state.notification(message),
            Kind::Response => state.response(message),
        });
        let lines = lines.collect();
        Ok(Taken { lines, outlet })
    }

    /// The stream of a `GET`; an older one ends, whose connection may long be dead.
    pub(in crate::gateway::stdio) fn listen(&self) -> Result<u64, Refused> {
        let mut state = self.state();
        if state.ended.is_some() {
            return Err(Refused::Ended);
        }
        for outlet in state.outlets.values_mut().filter(|it| it.kind == OutletKind::Listening) {
            outlet.cut = true;
            outlet.wake();
        }
        Ok(state.open(self.era, OutletKind::Listening, 0))
    }
}

impl State {
    fn under_way(&self) -> usize {
        self.pending.values().filter(|pending| pending.outlet.is_some()).count()
    }

    fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// A new stream, with what waited for one.
    fn open(&mut self, era: Era, kind: OutletKind, requests: usize) -> u64 {
        let number = self.number();
        let mut outlet = Outlet::new(kind, requests);
        if era == Era::Session && kind != OutletKind::Plain {
            outlet.queue.extend(self.backlog.drain(..).map(super::Item::aside));
            self.queued += outlet.queue.iter().map(|item| item.text.len()).sum::<usize>();
        }
        self.outlets.insert(number, outlet);
        number
    }

    /// The id and the progress token, which clients like to make of the id, become ours.
    fn request(
        &mut self,
        mut message: Members<'_>,
        token: Option<String>,
        outlet: Option<u64>,
    ) -> Option<String> {
        let id = message.get("id")?.to_owned();
        let number = self.number();
        message.replace(&["id"], &number.to_string());
        if token.is_some() {
            message.replace(TOKEN, &number.to_string());
        }
        self.pending.insert(number, Pending { id, token, outlet });
        Some(message.write())
    }

    /// A cancellation names the request as the process knows it; of a request that is over, or that
    /// could be one of several clients', there is none.
    fn notification(&mut self, mut message: Members<'_>) -> Option<String> {
        if message.method().as_deref() != Some(CANCELLED) {
            return Some(message.write());
        }
        let id = message.below(CANCELLED_ID).ok().flatten()?;
        let mut same = self.pending.iter().filter(|(_, pending)| pending.id == id);
        let (number, None) = (same.next_back().map(|(number, _)| *number)?, same.next()) else {
            return None;
        };
        message.replace(CANCELLED_ID, &number.to_string());
        Some(message.write())
    }

    /// The answer to a request of the server's, which gets its id back as it wrote it.
    fn response(&mut self, mut message: Members<'_>) -> Option<String> {
        let id = plain(message.get("id")?);
        let at = self.asked.iter().position(|(asked, _)| *asked == id)?;
        let (_, theirs) = self.asked.remove(at)?;
        message.replace(&["id"], &theirs);
        Some(message.write())
    }
}

/// An id whatever way it is written.
pub(super) fn plain(id: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(id);
    value.map_or_else(|_| id.to_owned(), |value| value.to_string())
}

pub(super) const CANCELLED: &str = "notifications/cancelled";
pub(super) const CANCELLED_ID: &[&str] = &["params", "requestId"];
const TOKEN: &[&str] = &["params", "_meta", "progressToken"];
/// Requests of one process at a time.
const MAX_UNDER_WAY: usize = 64;
