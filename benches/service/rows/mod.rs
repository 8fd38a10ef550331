//! The rows of the table: what is measured, and beside what.

mod bearer;
mod documents;
mod gateway;
mod register;
mod tokens;

use std::{cell::OnceCell, path::Path, process::Command, rc::Rc};

use anyhow::Context as _;
use clap::ValueEnum as _;

use crate::{
    cluster::Cluster,
    floor::Floor,
    load::Work,
    options::{Options, WARM_UP},
    peers::{self, Peer, Running},
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
    /// The least that could stand in our place.
    Bare,
    Ours,
    Peer,
}

/// A server that waits for its clients.
pub(crate) struct Stand {
    pub(crate) server: Server,
    /// What works for it and is part of the cost.
    pub(crate) behind: Option<Server>,
    pub(crate) clients: Box<dyn FnMut(usize) -> anyhow::Result<Box<dyn Work>>>,
}

/// A row's name, and how it is made.
type Made = (&'static str, fn(&Sitting) -> anyhow::Result<Row>);

/// What all rows are made from.
pub(crate) struct Sitting {
    pub(crate) world: Rc<World>,
    postgres: OnceCell<(Rc<Cluster>, Rc<World>)>,
    pub(crate) peer: Option<Peer>,
    pub(crate) options: Options,
}

/// Every row, in the order of the table.
pub(crate) const ROWS: &[Made] = &[
    ("exchange", tokens::exchange),
    ("refresh", tokens::refresh),
    ("exchange-postgres", tokens::exchange_in_postgres),
    ("refresh-postgres", tokens::refresh_in_postgres),
    ("bearer-warm", bearer::warm),
    ("bearer-cold", bearer::cold),
    ("metadata", |sitting| Ok(documents::metadata(sitting))),
    ("keys", |sitting| Ok(documents::keys(sitting))),
    ("register", |sitting| Ok(register::register(sitting))),
    ("sign-in", |sitting| Ok(tokens::sign_in(sitting))),
    ("gateway", gateway::gateway),
];

impl Sitting {
    /// A sitting with the service as shipped.
    pub(crate) fn new(options: &Options, peer: Option<Peer>) -> anyhow::Result<Self> {
        let world = Rc::new(World::prepare()?);
        Ok(Self { world, postgres: OnceCell::new(), peer, options: options.clone() })
    }

    /// PostgreSQL, started when it is first asked for.
    fn cluster(&self) -> anyhow::Result<Rc<Cluster>> {
        Ok(Rc::clone(&self.in_postgres()?.0))
    }

    /// The service on it.
    fn world_in_postgres(&self) -> anyhow::Result<Rc<World>> {
        Ok(Rc::clone(&self.in_postgres()?.1))
    }

    fn in_postgres(&self) -> anyhow::Result<&(Rc<Cluster>, Rc<World>)> {
        if let Some(there) = self.postgres.get() {
            return Ok(there);
        }
        let cluster = Rc::new(Cluster::start()?);
        let world = Rc::new(World::on(Rc::clone(&cluster))?);
        Ok(self.postgres.get_or_init(|| (cluster, world)))
    }

    /// So many of something that a run does not run out of it, at a rate that nobody reaches.
    pub(crate) fn enough(&self, most_a_second: u64) -> u64 {
        (self.options.seconds + WARM_UP).as_secs().max(1) * most_a_second
    }

    /// The peer as a contender, if it runs at all.
    fn peer(
        &self,
        (codes, tokens): (u64, u64),
        stand: impl Fn(Running) -> Stand + 'static,
    ) -> Option<Contender> {
        let peer = self.peer.clone()?;
        let start = move || Ok(stand(peer.start(codes, tokens)?));
        Some(Contender { side: Side::Peer, name: peers::NAME, start: Box::new(start) })
    }
}

impl Contender {
    fn floor(name: &'static str, start: impl Fn() -> anyhow::Result<Stand> + 'static) -> Self {
        Self { side: Side::Floor, name, start: Box::new(start) }
    }

    fn ours(start: impl Fn() -> anyhow::Result<Stand> + 'static) -> Self {
        Self { side: Side::Ours, name: "Countersign", start: Box::new(start) }
    }
}

impl Stand {
    pub(crate) fn new<W: Work + 'static>(
        server: Server,
        mut client: impl FnMut() -> W + 'static,
    ) -> Self {
        let clients = move |_| Ok(Box::new(client()) as Box<dyn Work>);
        Self { server, behind: None, clients: Box::new(clients) }
    }
}

/// A floor server in a process of its own: this very program, told to be one.
pub(crate) fn floor(floor: Floor, file: Option<&Path>) -> anyhow::Result<Server> {
    let address = free_address()?;
    let name = floor.to_possible_value().context("a floor without a name")?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--floor", name.get_name(), "--listen", &address.to_string()]);
    if let Some(path) = file {
        command.arg("--file").arg(path);
    }
    Server::start(&mut command, address)
}

/// More than any machine of today redeems or verifies a second.
const MOST: u64 = 20_000;
/// The same for the peer.
const MOST_OF_PEER: u64 = 4_000;
