//! Codes and refresh tokens in SQLite, each answer durable (`synchronous = FULL`), against a bare server
//! that writes as durably.

use std::{path::PathBuf, rc::Rc};

use super::{Contender, Row, Side, Sitting, Stand, floor};
use crate::{
    clients::{Exchange, Refresh, Stock},
    floor::{self, Floor},
    load::{Line, Work},
    seed,
    world::{World, code},
};

pub(super) fn exchange(sitting: &Sitting) -> anyhow::Result<Row> {
    let (codes, made) = (sitting.codes(), codes(sitting, sitting.codes())?);
    let world = Rc::clone(&sitting.world);
    let ours = move || {
        let server = world.start(&made, &[])?;
        let (world, stock) = (Rc::clone(&world), Stock::new(codes));
        let client =
            move |_| Ok(Box::new(exchanging(&world, world.line(), &stock)) as Box<dyn Work>);
        Ok(Stand { server, clients: Box::new(client) })
    };
    let ours = Contender { side: Side::Ours, name: "Countersign", start: Box::new(ours) };
    Ok(Row { name: "exchange", contenders: vec![bare(sitting)?, ours] })
}

pub(super) fn refresh(sitting: &Sitting) -> anyhow::Result<Row> {
    let chains = u64::try_from(sitting.options.clients)?;
    let made = codes(sitting, chains)?;
    let world = Rc::clone(&sitting.world);
    let ours = move || {
        let server = world.start(&made, &[])?;
        let (world, stock) = (Rc::clone(&world), Stock::new(chains));
        let client = move |_| {
            let start = exchanging(&world, world.line(), &stock);
            Ok(Box::new(Refresh { start, token: None }) as Box<dyn Work>)
        };
        Ok(Stand { server, clients: Box::new(client) })
    };
    let ours = Contender { side: Side::Ours, name: "Countersign", start: Box::new(ours) };
    Ok(Row { name: "refresh", contenders: vec![bare(sitting)?, ours] })
}

/// The whole of a sign-in. Nobody can say what less of it would be, so it has no floor.
pub(super) fn sign_in(sitting: &Sitting) -> Row {
    let world = Rc::clone(&sitting.world);
    let ours = move || {
        let server = world.start(&world.signed_in(), &[])?;
        let world = Rc::clone(&world);
        let client = move |_| Ok(Box::new(world.person()) as Box<dyn Work>);
        Ok(Stand { server, clients: Box::new(client) })
    };
    let ours = Contender { side: Side::Ours, name: "Countersign", start: Box::new(ours) };
    Row { name: "sign-in", contenders: vec![ours] }
}

fn exchanging(world: &World, line: Line, codes: &Stock) -> Exchange {
    Exchange { line, client: Rc::clone(&world.client), codes: codes.clone() }
}

/// A database of ours with so many codes.
fn codes(sitting: &Sitting, count: u64) -> anyhow::Result<PathBuf> {
    let world = &sitting.world;
    let made = world.path(&format!("{count}-codes.db"));
    if made.exists() {
        return Ok(made);
    }
    eprintln!("  writing {count} codes");
    world.filled(&format!("{count}-codes.db"), async |store| seed::codes(store, world, count).await)
}

/// The floor of both: a row spent, a row written, a signature.
fn bare(sitting: &Sitting) -> anyhow::Result<Contender> {
    let codes = sitting.codes();
    let (full, working) = (sitting.world.path("floor-full.db"), sitting.world.path("floor.db"));
    if !full.exists() {
        floor::fill(&full, (0..codes).map(|n| (code(n).digest(), *seed::grant(n).as_bytes())))?;
    }
    let world = Rc::clone(&sitting.world);
    let start = move || {
        for log in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{log}", working.display()));
        }
        std::fs::copy(&full, &working)?;
        let server = floor(Floor::Sqlite, Some(working.clone()))?;
        let (world, stock, address) = (Rc::clone(&world), Stock::new(codes), server.address);
        let client =
            move |_| Ok(Box::new(exchanging(&world, Line::new(address), &stock)) as Box<dyn Work>);
        Ok(Stand { server, clients: Box::new(client) })
    };
    Ok(Contender { side: Side::Floor, name: "axum + SQLite", start: Box::new(start) })
}
