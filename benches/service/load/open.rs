//! The open model: requests begin at a fixed rate, whether or not the ones before were answered, as those
//! of many people do. A latency counts from the moment at which its request was meant to begin, so that
//! one slow answer counts for everybody who waited behind it (no coordinated omission).

use std::{
    rc::Rc,
    thread::{self, sleep},
    time::{Duration, Instant},
};

use tokio::{
    sync::{Mutex, mpsc},
    time::{MissedTickBehavior, interval, timeout},
};

use super::{Clients, Measured, Outcome, Work, board::Board};

/// The shape of such a load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    /// Requests a second.
    pub(crate) rate: u32,
    /// How many may be under way at once; more than that wait, and their waiting counts.
    pub(crate) clients: usize,
    pub(crate) warm_up: Duration,
    pub(crate) lasts: Duration,
    /// How often `every` is told what was measured since the last time.
    pub(crate) period: Duration,
}

/// Moments at which requests are meant to begin.
type Due = Rc<Mutex<mpsc::UnboundedReceiver<Instant>>>;

/// Runs it, and tells `every` period what was measured in it.
pub(crate) async fn open(
    shape: Open,
    clients: &mut Clients<'_>,
    cpu: impl Fn() -> anyhow::Result<Duration>,
    mut every: impl FnMut(&Measured) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let board = Rc::new(Board::new()?);
    let due: Due = Rc::new(Mutex::new(paced(shape)?));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..shape.clients {
        tasks.spawn_local(when_due(clients(number)?, Rc::clone(&due), Rc::clone(&board)));
    }
    tokio::time::sleep(shape.warm_up).await;
    board.measure();
    let (mut before, mut last, start) = (cpu()?, Instant::now(), Instant::now());
    let mut ticks = interval(shape.period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks.tick().await;
    while start.elapsed() < shape.lasts {
        ticks.tick().await;
        let (now, used) = (Instant::now(), cpu()?);
        every(&board.taken(now.duration_since(last), used.saturating_sub(before)))?;
        (before, last) = (used, now);
    }
    board.end();
    // What still waits in the queue was meant for later, or is late by now: it has been counted as such.
    let ended = timeout(PATIENCE, async { while tasks.join_next().await.is_some() {} }).await;
    anyhow::ensure!(ended.is_ok(), "the server left requests unanswered for {PATIENCE:?}");
    Ok(())
}

async fn when_due(mut work: Box<dyn Work>, due: Due, board: Rc<Board>) {
    while !board.is_over() {
        let next = due.lock().await.recv().await;
        let Some(meant) = next else { return };
        match work.once().await {
            Ok(Outcome::Done) => board.answered(meant),
            Ok(Outcome::Dry) => {
                return board.failed(&anyhow::anyhow!("nothing was left to do it with"));
            }
            Err(error) => board.failed(&error),
        }
    }
}

/// A thread of its own keeps the pace: the timer of an event loop would be late by a millisecond.
fn paced(shape: Open) -> anyhow::Result<mpsc::UnboundedReceiver<Instant>> {
    let (sender, due) = mpsc::unbounded_channel();
    let all = u64::from(shape.rate) * (shape.warm_up + shape.lasts + SPARE).as_secs();
    let start = Instant::now();
    thread::Builder::new().name("pace".to_owned()).spawn(move || {
        for number in 0..all {
            let meant =
                start + Duration::from_nanos(number * 1_000_000_000 / u64::from(shape.rate));
            let early = meant.saturating_duration_since(Instant::now());
            if !early.is_zero() {
                sleep(early);
            }
            if sender.send(meant).is_err() {
                return;
            }
        }
    })?;
    Ok(due)
}

/// The time the last answers have.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pace goes on until everybody has seen that it is over.
const SPARE: Duration = Duration::from_secs(5);
