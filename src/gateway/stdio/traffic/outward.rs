//! From the process to its clients.

use super::{
    Era, Item, ItemKind, Outlet, OutletKind, State, Traffic,
    inward::{CANCELLED, CANCELLED_ID, plain},
};
use crate::gateway::stdio::frame::{self, Kind, Members};

/// Where a message of the process goes.
pub(in crate::gateway::stdio) enum Way {
    /// To a stream.
    To(u64, Item),
    /// It waits for a stream, or nobody asked for it.
    Nowhere,
    /// It is a request that nobody can answer: this goes back to the process.
    Back(String),
    /// It is no message.
    Unreadable,
}

impl Item {
    pub(super) fn aside(text: String) -> Self {
        Self { text, kind: ItemKind::Aside }
    }
}

impl Traffic {
    /// Reads a message and puts the client's own ids back.
    pub(in crate::gateway::stdio) fn route(&self, message: Members<'_>) -> Way {
        let mut state = self.state();
        match message.kind() {
            Some(Kind::Response) => state.answer(message),
            Some(Kind::Notification) => state.aside(message, self.era),
            Some(Kind::Request) => state.question(&message, self.era),
            None => Way::Unreadable,
        }
    }

    /// Puts a message into a stream once there is room. Whoever does not read theirs for too long
    /// loses the stream, so that the others go on.
    pub(in crate::gateway::stdio) async fn deliver(&self, outlet: u64, item: Item) {
        let mut item = Some(item);
        loop {
            let moved = self.moved.notified();
            if self.state().push(outlet, &mut item) {
                return;
            }
            if tokio::time::timeout(self.stalled, moved).await.is_err() {
                self.state().cut_unread();
            }
        }
    }
}

impl State {
    fn answer(&mut self, mut message: Members<'_>) -> Way {
        let number = message.get("id").and_then(number);
        let Some((number, pending)) = number.and_then(|n| Some((n, self.pending.remove(&n)?)))
        else {
            return Way::Nowhere;
        };
        message.replace(&["id"], &pending.id);
        if names(&message, RESULT_SUBSCRIPTION) == Some(number) {
            message.replace(RESULT_SUBSCRIPTION, &pending.id);
        }
        let item = Item { text: message.write(), kind: ItemKind::Answer };
        pending.outlet.map_or(Way::Nowhere, |outlet| Way::To(outlet, item))
    }

    /// A notification: progress and subscriptions name their request, others do not.
    fn aside(&mut self, mut message: Members<'_>, era: Era) -> Way {
        if message.method().as_deref() == Some("notifications/progress") {
            let pending = names(&message, PROGRESS).and_then(|number| self.pending.get(&number));
            let known = pending.and_then(|it| Some((it.outlet?, it.token.as_deref()?)));
            let Some((outlet, token)) = known else { return Way::Nowhere };
            message.replace(PROGRESS, token);
            return self.related(outlet, &message);
        }
        if let Some(number) = names(&message, SUBSCRIPTION) {
            let pending = self.pending.get(&number);
            let known = pending.and_then(|it| Some((it.outlet?, it.id.as_str())));
            let Some((outlet, id)) = known else { return Way::Nowhere };
            message.replace(SUBSCRIPTION, id);
            return self.related(outlet, &message);
        }
        if message.method().as_deref() == Some(CANCELLED) {
            let id = message.below(CANCELLED_ID).ok().flatten().map(|id| plain(&id));
            self.asked.retain(|(asked, _)| Some(asked) != id.as_ref());
        }
        match self.anyone(era) {
            Some(outlet) => Way::To(outlet, Item::aside(message.write())),
            None if era == Era::Session => {
                self.keep(message.write());
                Way::Nowhere
            }
            None => Way::Nowhere,
        }
    }

    fn related(&self, outlet: u64, message: &Members<'_>) -> Way {
        let open = self.outlets.get(&outlet).is_some_and(|it| it.kind == OutletKind::Events);
        if open { Way::To(outlet, Item::aside(message.write())) } else { Way::Nowhere }
    }

    /// A request of the server's own: sampling, elicitation, roots.
    fn question(&mut self, message: &Members<'_>, era: Era) -> Way {
        let Some(id) = message.get("id").map(str::to_owned) else { return Way::Unreadable };
        if era == Era::Stateless {
            return Way::Back(frame::error(&id, -32601, "No client can answer here."));
        }
        let text = message.write();
        let outlet = self.anyone(era);
        if outlet.is_none() && !self.keep(text.clone()) {
            return Way::Back(frame::error(&id, -32000, "No client listens."));
        }
        if self.asked.len() >= MAX_ASKED {
            self.asked.pop_front();
        }
        self.asked.push_back((plain(&id), id));
        outlet.map_or(Way::Nowhere, |outlet| Way::To(outlet, Item::aside(text)))
    }

    /// The stream of a message that names no request: of the one request under way; else the one that
    /// listens; else, of a session, whose streams all are one client's, the newest. Stateless clients
    /// are several, and get none of each other's.
    fn anyone(&self, era: Era) -> Option<u64> {
        let mut under_way = self.pending.values().filter_map(|pending| pending.outlet);
        let sole = match (under_way.next(), under_way.next()) {
            (Some(outlet), None) => self.outlets.get(&outlet).map(|it| (outlet, it)),
            _ => None,
        };
        let sole = sole.filter(|(_, it)| it.kind == OutletKind::Events).map(|(number, _)| number);
        let newest = |kind| {
            let fits = |it: &&Outlet| it.kind == kind && !it.cut;
            let answers = |it: &&Outlet| kind == OutletKind::Listening || it.open > 0;
            let mut all = self.outlets.iter().rev();
            all.find(|(_, it)| fits(it) && answers(it)).map(|(number, _)| *number)
        };
        match era {
            Era::Stateless => sole,
            Era::Session => sole
                .or_else(|| newest(OutletKind::Listening))
                .or_else(|| newest(OutletKind::Events)),
        }
    }

    /// Keeps a message until a stream opens: the listening one does, a moment after the client is
    /// initialized.
    fn keep(&mut self, text: String) -> bool {
        let kept: usize = self.backlog.iter().map(String::len).sum();
        let room = self.backlog.len() < MAX_KEPT && kept + text.len() <= MAX_KEPT_BYTES;
        if room {
            self.backlog.push_back(text);
        }
        room
    }

    /// Whether the item is dealt with: it is in its stream, or there is none any more.
    fn push(&mut self, outlet: u64, item: &mut Option<Item>) -> bool {
        let full = |queued: usize, more: usize| queued > 0 && queued + more > MAX_QUEUED;
        let Some(open) = self.outlets.get_mut(&outlet).filter(|it| !it.cut) else { return true };
        if item.as_ref().is_some_and(|item| full(self.queued, item.text.len())) {
            return false;
        }
        if let Some(item) = item.take() {
            self.queued += item.text.len();
            open.open = open.open.saturating_sub(usize::from(item.kind == ItemKind::Answer));
            open.queue.push_back(item);
            open.wake();
        }
        true
    }

    fn cut_unread(&mut self) {
        for outlet in self.outlets.values_mut().filter(|outlet| !outlet.queue.is_empty()) {
            let freed: usize = outlet.queue.drain(..).map(|item| item.text.len()).sum();
            self.queued = self.queued.saturating_sub(freed);
            outlet.cut = true;
            outlet.wake();
        }
    }
}

/// Our number for a request, where a message names one.
fn names(message: &Members<'_>, path: &[&str]) -> Option<u64> {
    message.below(path).ok().flatten().as_deref().and_then(number)
}

fn number(raw: &str) -> Option<u64> {
    raw.parse().ok()
}

const PROGRESS: &[&str] = &["params", "progressToken"];
const SUBSCRIPTION: &[&str] = &["params", "_meta", "io.modelcontextprotocol/subscriptionId"];
const RESULT_SUBSCRIPTION: &[&str] = &["result", "_meta", "io.modelcontextprotocol/subscriptionId"];
/// Bytes that wait for the clients of one process: two of the longest messages.
const MAX_QUEUED: usize = 8 * 1024 * 1024;
/// Messages that wait for a first stream.
const MAX_KEPT: usize = 64;
const MAX_KEPT_BYTES: usize = 1024 * 1024;
/// Requests of the server's that wait for the client's answer.
const MAX_ASKED: usize = 64;
