//! The load generator: one thread that speaks for many clients, in this process, so that its cost is
//! never counted as a server's.

mod board;
mod closed;
mod line;
mod open;
mod request;

use async_trait::async_trait;

pub(crate) use self::{
    board::Measured,
    closed::{Closed, closed},
    line::{Line, Reply},
    open::{Open, open},
    request::{Request, encoded},
};

/// What one client does again and again, with connections and secrets of its own.
#[async_trait(?Send)]
pub(crate) trait Work {
    /// Once; an error says that an answer was not the right one.
    async fn once(&mut self) -> anyhow::Result<Outcome>;
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The right answer.
    Done,
    /// There is nothing left to do it with, such as codes.
    Dry,
}

/// Makes the clients, by their number.
pub(crate) type Clients<'a> = dyn FnMut(usize) -> anyhow::Result<Box<dyn Work>> + 'a;

/// Runs the load on this thread.
pub(crate) fn on_one_thread<T>(load: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, load)
}
