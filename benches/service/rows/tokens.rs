//! Codes and refresh tokens in SQLite, each answer durable (`synchronous = FULL`), against a bare server
//! that writes as durably; and whole sign-ins.

use std::{fs, path::PathBuf, rc::Rc};

use super::{Contender, MOST, MOST_OF_PEER, Row, Sitting, Stand, floor};
use crate::{
    clients::{Exchange, Refresh, Stock},
    floor::{self, Floor},
    load::Line,
    process::Server,
    seed,
    world::{Registered, code},
};

pub(super) fn exchange(sitting: &Sitting) -> anyhow::Result<Row> {
    let codes = sitting.enough(MOST);
    let (world, made) = (Rc::clone(&sitting.world), database(sitting, codes)?);
    let ours =
        Contender::ours(move || Ok(exchanging(world.start(&made, &[])?, &world.client, codes)));
    let codes = sitting.enough(MOST_OF_PEER);
    let peer = sitting.peer((codes, 0), move |it| exchanging(it.server, &it.client, codes));
    let contenders = [bare(sitting)?, ours].into_iter().chain(peer);
    Ok(Row { name: "exchange", contenders: contenders.collect() })
}

/// Each client has a chain of its own. The floor is that of codes: one row changes, one is written.
pub(super) fn refresh(sitting: &Sitting) -> anyhow::Result<Row> {
    let chains = u64::try_from(sitting.options.clients)?;
    let (world, made) = (Rc::clone(&sitting.world), database(sitting, chains)?);
    let ours =
        Contender::ours(move || Ok(refreshing(world.start(&made, &[])?, &world.client, chains)));
    let peer = sitting.peer((chains, 0), move |it| refreshing(it.server, &it.client, chains));
    let contenders = [bare(sitting)?, ours].into_iter().chain(peer);
    Ok(Row { name: "refresh", contenders: contenders.collect() })
}

/// The whole of a sign-in. Nobody can say what less of it would be, so it has no floor.
pub(super) fn sign_in(sitting: &Sitting) -> Row {
    let world = Rc::clone(&sitting.world);
    let ours = Contender::ours(move || {
        let (server, world) = (world.start(&world.signed_in(), &[])?, Rc::clone(&world));
        Ok(Stand::new(server, move || world.person()))
    });
    Row { name: "sign-in", contenders: vec![ours] }
}

fn exchanging(server: Server, client: &Registered, codes: u64) -> Stand {
    let each = exchange_of(&server, client, codes);
    Stand::new(server, each)
}

fn refreshing(server: Server, client: &Registered, chains: u64) -> Stand {
    let start = exchange_of(&server, client, chains);
    Stand::new(server, move || Refresh { start: start(), token: None })
}

fn exchange_of(server: &Server, client: &Registered, codes: u64) -> impl Fn() -> Exchange + use<> {
    let (address, client, codes) = (server.address, Rc::clone(client), Stock::new(codes));
    move || Exchange { line: Line::new(address), client: Rc::clone(&client), codes: codes.clone() }
}

/// A database of ours with so many codes.
fn database(sitting: &Sitting, codes: u64) -> anyhow::Result<PathBuf> {
    let (world, name) = (&sitting.world, format!("{codes}-codes.db"));
    let made = world.path(&name);
    if made.exists() {
        return Ok(made);
    }
    eprintln!("  writing {codes} codes");
    world.filled(&name, async |store| seed::codes(store, world, codes).await)
}

/// The floor of both: a row spent, a row written, a signature.
fn bare(sitting: &Sitting) -> anyhow::Result<Contender> {
    let codes = sitting.enough(MOST);
    let (full, working) = (sitting.world.path("floor-full.db"), sitting.world.path("floor.db"));
    if !full.exists() {
        floor::fill(&full, (0..codes).map(|n| (code(n).digest(), *seed::grant(n).as_bytes())))?;
    }
    let world = Rc::clone(&sitting.world);
    Ok(Contender::floor("axum + SQLite", move || {
        for log in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{log}", working.display()));
        }
        fs::copy(&full, &working)?;
        Ok(exchanging(floor(Floor::Sqlite, Some(&working))?, &world.client, codes))
    }))
}
