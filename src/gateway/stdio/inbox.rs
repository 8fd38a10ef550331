//! A client's end of one stream.

use std::{convert::Infallible, future::poll_fn, sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::{
    process::Process,
    traffic::{Item, ItemKind},
};

/// What comes out of a process for one request. The client hangs up by dropping it.
pub(super) struct Inbox {
    process: Arc<Process>,
    outlet: u64,
}

impl Inbox {
    pub(super) const fn new(process: Arc<Process>, outlet: u64) -> Self {
        Self { process, outlet }
    }

    /// The next message; none when all is answered.
    pub(super) async fn next(&mut self) -> Option<Item> {
        poll_fn(|context| self.process.traffic.poll(self.outlet, context)).await
    }

    /// Every answer that is to come, after `first`.
    pub(super) async fn answers(&mut self, first: Option<Item>) -> Vec<Item> {
        let mut all: Vec<Item> = first.into_iter().collect();
        while let Some(item) = self.next().await {
            all.push(item);
        }
        all.retain(|item| item.kind != ItemKind::Aside);
        all
    }

    /// All of it as server-sent events, `first` before the rest. A comment shows now and then that the
    /// connection is alive.
    pub(super) fn into_events(self, first: Option<Item>, beat: Duration) -> Body {
        let mut beats = interval_at(Instant::now() + beat, beat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stream = futures_util::stream::unfold(
            (self, first, beats),
            |(mut inbox, first, mut beats)| async {
                let event = event(&mut inbox, first, &mut beats).await?;
                Some((Ok::<_, Infallible>(event), (inbox, None, beats)))
            },
        );
        Body::from_stream(stream)
    }
}

async fn event(inbox: &mut Inbox, first: Option<Item>, beats: &mut Interval) -> Option<Bytes> {
    if let Some(first) = first {
        return Some(framed(&first));
    }
    tokio::select! {
        biased;
        item = inbox.next() => item.as_ref().map(framed),
        _ = beats.tick() => Some(Bytes::from_static(b": \n\n")),
    }
}

fn framed(item: &Item) -> Bytes {
    Bytes::from(format!("event: message\ndata: {}\n\n", item.text))
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let cancelled = self.process.traffic.hang_up(self.outlet);
        self.process.cancel(&cancelled);
    }
}
