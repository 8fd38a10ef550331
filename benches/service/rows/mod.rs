//! The rows of the table: what is measured, and beside what.

mod documents;
mod tokens;

use std::path::PathBuf;

use crate::{
    floor::Floor,
    load::Work,
    options::{Options, WARM_UP},
    process::{Server, free_address},
    world::World,
};

/// One line of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) contenders: Vec<Contender>,
}

/// Somebody who is measured at it.
pub(crate) struct Contender {
    pub(crate) side: Side,
    pub(crate) name: &'static str,
    /// Starts the server anew, for one run.
    pub(crate) start: Box<dyn Fn() -> anyhow::Result<Stand>>,
}

/// Whose figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Floor,
    Ours,
}

/// A server that waits for its clients.
pub(crate) struct Stand {
    pub(crate) server: Server,
    pub(crate) clients: Box<dyn FnMut(usize) -> anyhow::Result<Box<dyn Work>>>,
}

/// A row's name, and how it is made.
type Made = (&'static str, fn(&Sitting) -> anyhow::Result<Row>);

/// What all rows are made from.
pub(crate) struct Sitting {
    pub(crate) world: std::rc::Rc<World>,
    pub(crate) options: Options,
}

/// Every row, in the order of the table.
pub(crate) const ROWS: &[Made] = &[
    ("exchange", tokens::exchange),
    ("refresh", tokens::refresh),
    ("sign-in", |sitting| Ok(tokens::sign_in(sitting))),
    ("metadata", |sitting| Ok(documents::metadata(sitting))),
    ("keys", |sitting| Ok(documents::keys(sitting))),
];

impl Sitting {
    /// So many codes that a run does not run out of them.
    pub(crate) fn codes(&self) -> u64 {
        let seconds = self.options.seconds + WARM_UP;
        seconds.as_secs().max(1) * MOST_A_SECOND
    }
}

/// A floor server in a process of its own: this very program, told to be one.
pub(crate) fn floor(floor: Floor, database: Option<PathBuf>) -> anyhow::Result<Server> {
    let address = free_address()?;
    let name = clap::ValueEnum::to_possible_value(&floor);
    let name = name.ok_or_else(|| anyhow::anyhow!("a floor without a name"))?;
    let mut command = std::process::Command::new(std::env::current_exe()?);
    command.args(["--floor", name.get_name(), "--listen", &address.to_string()]);
    if let Some(path) = database {
        command.arg("--database").arg(path);
    }
    Server::start(&mut command, address)
}

/// More codes than any machine of today redeems durably.
const MOST_A_SECOND: u64 = 20_000;
