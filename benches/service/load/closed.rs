//! The closed loop: so many clients, each of which asks again as soon as it was answered. It finds how
//! much a server can do; how long answers take at a given rate is for the open model.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::time::{sleep, timeout};

use super::{Clients, Measured, Outcome, Work, board::Board};

/// The shape of such a load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closed {
    pub(crate) clients: usize,
    pub(crate) warm_up: Duration,
    pub(crate) lasts: Duration,
}

/// Runs it; `cpu` is what the server has used so far. It ends early when there is nothing left to do.
pub(crate) async fn closed(
    shape: Closed,
    clients: &mut Clients<'_>,
    cpu: impl Fn() -> anyhow::Result<Duration>,
) -> anyhow::Result<Measured> {
    let board = Rc::new(Board::new()?);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..shape.clients {
        tasks.spawn_local(again_and_again(clients(number)?, Rc::clone(&board)));
    }
    let early = timeout(shape.warm_up, board.dry()).await.is_ok();
    anyhow::ensure!(!early, "there was nothing left to do when the warm-up ended");
    let (before, start) = (cpu()?, Instant::now());
    board.measure();
    tokio::select! {
        () = sleep(shape.lasts) => {}
        () = board.dry() => {}
    }
    board.end();
    let (lasted, used) = (start.elapsed(), cpu()?.saturating_sub(before));
    let last = timeout(PATIENCE, async { while tasks.join_next().await.is_some() {} }).await;
    anyhow::ensure!(last.is_ok(), "the server left requests unanswered for {PATIENCE:?}");
    Ok(board.measured(lasted, used))
}

async fn again_and_again(mut work: Box<dyn Work>, board: Rc<Board>) {
    let mut failures = 0;
    while !board.is_over() && failures < MOST_FAILURES {
        let start = Instant::now();
        match work.once().await {
            Ok(Outcome::Done) => board.answered(start),
            Ok(Outcome::Dry) => return board.ran_dry(),
            Err(error) => {
                failures += 1;
                board.failed(&error);
            }
        }
    }
}

/// The time the last answers have.
const PATIENCE: Duration = Duration::from_secs(10);
/// After so many a client gives up: the figure is void anyway.
const MOST_FAILURES: u32 = 100;
