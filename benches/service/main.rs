//! The speed of Countersign, beside its floor and its peers, in one sitting. `--help` says how.

mod client;
mod clients;
mod cluster;
mod crypto;
mod disk;
mod engine;
mod floor;
mod installed;
mod load;
mod machine;
mod minted;
mod options;
mod outage;
mod peers;
mod population;
mod process;
mod report;
mod rows;
mod seed;
mod sitting;
mod soak;
mod starts;
mod stored;
mod table;
mod world;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;

use crate::{
    options::Options,
    peers::Peer,
    rows::{ROWS, Sitting},
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
    if options.idp_down {
        print!("{}", outage::outage(options)?);
        return Ok(());
    }
    if !options.stored.is_empty() {
        print!("{}", stored::stored(options, &options.stored)?);
        return Ok(());
    }
    if let Some(file) = &options.soak {
        return soak::soak(options, file);
    }
    anyhow::bail!("say what to measure, such as --table; --help tells more")
}

fn measured(options: &Options) -> anyhow::Result<()> {
    let known = || ROWS.iter().map(|row| row.0).chain([starts::NAME]);
    if let Some(unknown) = options.only.iter().find(|name| !known().any(|row| row == **name)) {
        let known: Vec<&str> = known().collect();
        anyhow::bail!("there is no row {unknown}; there are {}", known.join(", "));
    }
    let peer = if options.no_peers { Err(anyhow::anyhow!("left out")) } else { Peer::install() };
    let compared = peer.as_ref().map_or_else(|why| Ok(report::not_run(why)), peers::versions)?;
    eprintln!("preparing");
    let report = report::report(&Sitting::new(options, peer.ok())?, &compared)?;
    if let Some(page) = &options.write {
        report::write(page, &report)?;
    }
    print!("{report}");
    Ok(())
}
