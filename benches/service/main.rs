//! The speed of Countersign, beside its floor and its peers, in one sitting. `--help` says how.

mod clients;
mod disk;
mod floor;
mod load;
mod minted;
mod options;
mod peers;
mod process;
mod rows;
mod seed;
mod sitting;
mod table;
mod world;

use std::{path::Path, process::ExitCode, rc::Rc};

use anyhow::Context as _;
use clap::Parser as _;

use crate::{
    options::Options,
    peers::Peer,
    rows::{ROWS, Sitting},
    world::World,
};

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    if let Some(floor) = options.floor {
        let listen = options.listen.context("--listen says where")?;
        return floor::serve(floor, listen, options.file.as_deref());
    }
    if options.table {
        return measured(options);
    }
    anyhow::bail!("say what to measure, such as --table; --help tells more")
}

fn measured(options: &Options) -> anyhow::Result<()> {
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|it| it == name);
    if let Some(unknown) = options.only.iter().find(|name| !ROWS.iter().any(|row| row.0 == **name))
    {
        let known: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
        anyhow::bail!("there is no row {unknown}; there are {}", known.join(", "));
    }
    eprintln!("preparing");
    let peer = if options.no_peers { Err(anyhow::anyhow!("left out")) } else { Peer::install() };
    let compared = peer
        .as_ref()
        .map_or_else(|why| Ok(format!("{} not run: {why:#}", peers::NAME)), peers::versions)?;
    let (world, peer) = (Rc::new(World::prepare()?), peer.ok());
    let sitting = Sitting { world, peer, options: options.clone() };
    let mut table = String::new();
    for (name, row) in ROWS.iter().filter(|row| wanted(row.0)) {
        eprintln!("{name}");
        let row = row(&sitting)?;
        let figures = sitting::measure(&row, options).with_context(|| row.name)?;
        table.push_str(&table::lines(row.name, &figures));
    }
    let syncs = disk::syncs_a_second(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
    println!("{}{table}\n{compared}; fdatasync: {syncs:.0}/s", table::HEAD);
    Ok(())
}
