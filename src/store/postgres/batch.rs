//! What is asked while the same is being asked already waits, and is then asked together. Whoever comes
//! alone waits for nobody.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::store::StoreError;

/// Asks for several at once; an answer for each, in their order.
type Ask<Q, A> = dyn Fn(Vec<Q>) -> BoxFuture<'static, Vec<Result<A, StoreError>>> + Send + Sync;

/// Gathers those who ask the same.
pub(super) struct Batch<Q, A>(Arc<Desk<Q, A>>);

impl<Q: Ord + Send + 'static, A: Send + 'static> Batch<Q, A> {
    /// Asks by `ask`, in at most `lanes` batches at a time.
    pub(super) fn new<F>(lanes: usize, ask: F) -> Self
    where
        F: Fn(Vec<Q>) -> BoxFuture<'static, Vec<Result<A, StoreError>>> + Send + Sync + 'static,
    {
        let line = Mutex::new(Line { waiting: VecDeque::new(), open: 0 });
        Self(Arc::new(Desk { ask: Box::new(ask), lanes, line }))
    }

    /// The answer to one of them. What waits is asked even if the caller goes away: it may be in a batch
    /// with others.
    pub(super) async fn ask(&self, asked: Q) -> Result<A, StoreError> {
        let (caller, answer) = oneshot::channel();
        if let Some(lane) = self.0.join(Waiting { asked, caller }) {
            tokio::spawn(lane.serve());
        }
        answer.await.unwrap_or_else(|_| Err(given_up()))
    }
}

/// One who asks, and where the answer goes.
struct Waiting<Q, A> {
    asked: Q,
    caller: oneshot::Sender<Result<A, StoreError>>,
}

struct Line<Q, A> {
    waiting: VecDeque<Waiting<Q, A>>,
    /// How many lanes are open.
    open: usize,
}

struct Desk<Q, A> {
    ask: Box<Ask<Q, A>>,
    lanes: usize,
    line: Mutex<Line<Q, A>>,
}

impl<Q, A> Desk<Q, A> {
    /// A lane to serve, unless those that are open will do.
    fn join(self: &Arc<Self>, one: Waiting<Q, A>) -> Option<Lane<Q, A>> {
        let mut line = self.line();
        line.waiting.push_back(one);
        if line.open == self.lanes {
            return None;
        }
        line.open += 1;
        Some(Lane { desk: Arc::clone(self), open: true })
    }

    fn line(&self) -> MutexGuard<'_, Line<Q, A>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves those who wait until nobody does.
struct Lane<Q, A> {
    desk: Arc<Desk<Q, A>>,
    open: bool,
}

impl<Q: Ord, A> Lane<Q, A> {
    async fn serve(mut self) {
        while let Some(mut batch) = self.next() {
            // All go in one order, so that no two batches each wait for a row that the other has.
            batch.sort_by(|one, other| one.asked.cmp(&other.asked));
            let (asked, callers): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|one| (one.asked, one.caller)).unzip();
            let answers = (self.desk.ask)(asked).await;
            for (caller, answer) in callers.into_iter().zip(answers) {
                // A caller that went away wants no answer.
                drop(caller.send(answer));
            }
        }
    }

    /// Those who waited longest. Where nobody waits, the lane is closed in the same moment: the next one
    /// to come opens another.
    fn next(&mut self) -> Option<Vec<Waiting<Q, A>>> {
        let mut line = self.desk.line();
        if line.waiting.is_empty() {
            line.open -= 1;
            self.open = false;
            return None;
        }
        let count = line.waiting.len().min(MOST_TOGETHER);
        Some(line.waiting.drain(..count).collect())
    }
}

/// A lane that ends with a panic, or with its runtime, is open to others; where there is none, those who
/// wait are told.
impl<Q, A> Drop for Lane<Q, A> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let mut line = self.desk.line();
        line.open -= 1;
        if line.open == 0 {
            line.waiting.clear();
        }
    }
}

/// Nobody is there any more who would answer.
fn given_up() -> StoreError {
    const OPEN: &str =
        "it was given up before it was answered; whether the change was made is unknown";
    StoreError::Unavailable(OPEN.to_owned())
}

/// How many one statement is asked for, so that the first of them does not wait long, and a failure is
/// shared by few. More come together at no machine that one database keeps up with.
const MOST_TOGETHER: usize = 64;

#[cfg(test)]
mod tests;
