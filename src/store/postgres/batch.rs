//! What is asked while the same is being asked already waits, and is then asked together. Whoever comes
//! alone waits for nobody, and nobody waits for ever.

use std::{
    collections::VecDeque,
    iter::{repeat, zip},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{StreamExt as _, future::BoxFuture, stream};
use tokio::{sync::oneshot, time::Instant};

use super::WAIT;
use crate::store::StoreError;

/// Asks for several at once; an answer for each, in their order, or one refusal of all.
type Ask<Q, A> = dyn Fn(Arc<[Q]>) -> BoxFuture<'static, Result<Vec<A>, Refused>> + Send + Sync;

/// Why nothing was done of what was asked together.
pub(super) struct Refused {
    pub(super) error: StoreError,
    /// Whether one of them may be to blame: the others do not share it.
    pub(super) by_one: bool,
}

/// Gathers those who ask the same.
pub(super) struct Batch<Q, A>(Arc<Desk<Q, A>>);

impl<Q: Clone + Ord + Send + Sync + 'static, A: Send + 'static> Batch<Q, A> {
    /// Asks by `ask`, in at most `lanes` batches at a time.
    pub(super) fn new<F>(lanes: usize, ask: F) -> Self
    where
        F: Fn(Arc<[Q]>) -> BoxFuture<'static, Result<Vec<A>, Refused>> + Send + Sync + 'static,
    {
        let line = Mutex::new(Line { waiting: VecDeque::new(), open: 0 });
        Self(Arc::new(Desk { ask: Box::new(ask), lanes, line }))
    }

    /// The answer to one of them. What waits is asked even if the caller goes away: it may be in a batch
    /// with others.
    pub(super) async fn ask(&self, asked: Q) -> Result<A, StoreError> {
        let (caller, answer) = oneshot::channel();
        if let Some(lane) = self.0.join(Waiting { asked, caller, since: Instant::now() }) {
            tokio::spawn(lane.serve());
        }
        answer.await.unwrap_or_else(|_| Err(given_up()))
    }
}

/// Where an answer goes. A caller that went away wants none.
type Caller<A> = oneshot::Sender<Result<A, StoreError>>;

/// One who asks.
struct Waiting<Q, A> {
    asked: Q,
    caller: Caller<A>,
    since: Instant,
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
        if line.waiting.len() == MOST_WAITING {
            let _ = one.caller.send(Err(too_many()));
            return None;
        }
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

impl<Q: Clone, A> Desk<Q, A> {
    /// Each is asked alone, two at a time: where one waits for its row, the others get on.
    async fn apart(self: Arc<Self>, asked: Arc<[Q]>, callers: Vec<Caller<A>>) {
        let each = stream::iter(zip(asked.iter().cloned(), callers));
        let alone = each.for_each_concurrent(2, async |(one, caller)| {
            let answer = match (self.ask)(Arc::from([one])).await {
                Ok(mut answers) => answers.pop().ok_or_else(given_up),
                Err(refused) => Err(refused.error),
            };
            let _ = caller.send(answer);
        });
        alone.await;
    }
}

/// Serves those who wait until nobody does.
struct Lane<Q, A> {
    desk: Arc<Desk<Q, A>>,
    open: bool,
}

impl<Q: Clone + Ord + Send + Sync + 'static, A: Send + 'static> Lane<Q, A> {
    async fn serve(mut self) {
        while let Some(mut batch) = self.next() {
            // All go in one order, so that no two batches each wait for a row that the other has. (Of
            // those who end many grants at once one may still do; the server then undoes one of the two.)
            batch.sort_by(|one, other| one.asked.cmp(&other.asked));
            let (asked, callers): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|one| (one.asked, one.caller)).unzip();
            let asked = Arc::<[Q]>::from(asked);
            match (self.desk.ask)(Arc::clone(&asked)).await {
                Ok(answers) => tell(callers, answers.into_iter().map(Ok)),
                Err(refused) if refused.by_one && asked.len() > 1 => {
                    let (together, why) = (asked.len(), refused.error);
                    tracing::debug!(together, %why, "refused; each is asked alone");
                    tokio::spawn(Arc::clone(&self.desk).apart(asked, callers));
                }
                Err(refused) => tell(callers, repeat(refused.error).map(Err)),
            }
        }
    }

    /// Those who waited longest. Where nobody waits, the lane is closed in the same moment: the next one
    /// to come opens another.
    fn next(&mut self) -> Option<Vec<Waiting<Q, A>>> {
        let mut line = self.desk.line();
        while let Some(late) = line.waiting.pop_front_if(|one| one.since.elapsed() > WAIT) {
            let _ = late.caller.send(Err(too_many()));
        }
        if line.waiting.is_empty() {
            line.open -= 1;
            self.open = false;
            return None;
        }
        let count = line.waiting.len().min(MOST_TOGETHER);
        Some(line.waiting.drain(..count).collect())
    }
}

fn tell<A>(callers: Vec<Caller<A>>, answers: impl Iterator<Item = Result<A, StoreError>>) {
    for (caller, answer) in zip(callers, answers) {
        let _ = caller.send(answer);
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
            for unasked in line.waiting.drain(..) {
                let _ = unasked.caller.send(Err(too_many()));
            }
        }
    }
}

/// Nobody is there any more who would answer.
fn given_up() -> StoreError {
    const OPEN: &str =
        "it was given up before it was answered; whether the change was made is unknown";
    StoreError::Unavailable(OPEN.to_owned())
}

/// It was never asked.
fn too_many() -> StoreError {
    const LATE: &str = "PostgreSQL answers more slowly than it is asked; nothing was changed";
    StoreError::Unavailable(LATE.to_owned())
}

/// How many one statement is asked for, so that the first of them does not wait long, and a failure is
/// shared by few. More come together at no machine that one database keeps up with.
const MOST_TOGETHER: usize = 64;
/// How many wait at most: what a database that keeps up answers within [`WAIT`].
const MOST_WAITING: usize = 64 * MOST_TOGETHER;

#[cfg(test)]
mod tests;
