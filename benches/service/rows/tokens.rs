//! Codes and refresh tokens, each answer durable, against a bare server that writes as durably to the
//! same engine; and whole sign-ins.

use std::rc::Rc;

use countersign::protocol::secret::Digest;

use super::{Contender, MOST, MOST_OF_PEER, Row, Sitting, Stand, floor};
use crate::{
    client::{Registered, code},
    clients::{Exchange, Refresh, Stock},
    engine::replaced,
    floor::{self, Floor},
    load::Line,
    process::Server,
    seed,
    world::{SIGNED_IN, World},
};

/// In SQLite (`synchronous = FULL`).
pub(super) fn exchange(sitting: &Sitting) -> anyhow::Result<Row> {
    let ours = exchange_at(&sitting.world, sitting.enough(MOST))?;
    let codes = sitting.enough(MOST_OF_PEER);
    let peer = sitting.peer((codes, 0), move |it| exchanging(it.server, &it.client, codes));
    let contenders = [bare(sitting)?, ours].into_iter().chain(peer);
    Ok(Row { name: "exchange", contenders: contenders.collect() })
}

/// Each client has a chain of its own. The floor is that of codes: one row changes, one is written.
pub(super) fn refresh(sitting: &Sitting) -> anyhow::Result<Row> {
    let chains = u64::try_from(sitting.options.clients)?;
    let ours = refresh_at(&sitting.world, chains)?;
    let peer = sitting.peer((chains, 0), move |it| refreshing(it.server, &it.client, chains));
    let contenders = [bare(sitting)?, ours].into_iter().chain(peer);
    Ok(Row { name: "refresh", contenders: contenders.collect() })
}

/// The same in PostgreSQL.
pub(super) fn exchange_in_postgres(sitting: &Sitting) -> anyhow::Result<Row> {
    let world = sitting.world_in_postgres()?;
    let contenders = vec![bare_in_postgres(sitting)?, exchange_at(&world, sitting.enough(MOST))?];
    Ok(Row { name: "exchange-postgres", contenders })
}

/// The same in PostgreSQL.
pub(super) fn refresh_in_postgres(sitting: &Sitting) -> anyhow::Result<Row> {
    let chains = u64::try_from(sitting.options.clients)?;
    let ours = refresh_at(&sitting.world_in_postgres()?, chains)?;
    Ok(Row { name: "refresh-postgres", contenders: vec![bare_in_postgres(sitting)?, ours] })
}

/// The whole of a sign-in. Nobody can say what less of it would be, so it has no floor.
pub(super) fn sign_in(sitting: &Sitting) -> Row {
    let world = Rc::clone(&sitting.world);
    let ours = Contender::ours(move || {
        let (server, world) = (world.start(SIGNED_IN, &[])?, Rc::clone(&world));
        Ok(Stand::new(server, move || world.person()))
    });
    Row { name: "sign-in", contenders: vec![ours] }
}

fn exchange_at(world: &Rc<World>, codes: u64) -> anyhow::Result<Contender> {
    let (world, name) = (Rc::clone(world), database(world, codes)?);
    Ok(Contender::ours(move || Ok(exchanging(world.start(&name, &[])?, &world.client, codes))))
}

fn refresh_at(world: &Rc<World>, chains: u64) -> anyhow::Result<Contender> {
    let (world, name) = (Rc::clone(world), database(world, chains)?);
    Ok(Contender::ours(move || Ok(refreshing(world.start(&name, &[])?, &world.client, chains))))
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

/// The name of a database of ours with so many codes.
fn database(world: &World, codes: u64) -> anyhow::Result<String> {
    let name = format!("{codes}-codes.db");
    world.fill(&name, async |store, _| {
        eprintln!("  writing {codes} codes");
        seed::codes(&*store, world, 0..codes).await
    })?;
    Ok(name)
}

/// The floor of both: a row spent, a row written, a signature.
fn bare(sitting: &Sitting) -> anyhow::Result<Contender> {
    let codes = sitting.enough(MOST);
    let (full, working) = (sitting.world.path("floor-full.db"), sitting.world.path("floor.db"));
    if !full.exists() {
        floor::fill(&full, rows(codes))?;
    }
    let world = Rc::clone(&sitting.world);
    Ok(Contender::floor("axum + SQLite", move || {
        replaced(&full, &working)?;
        Ok(exchanging(floor(Floor::Sqlite, Some(&working))?, &world.client, codes))
    }))
}

fn bare_in_postgres(sitting: &Sitting) -> anyhow::Result<Contender> {
    let (codes, cluster) = (sitting.enough(MOST), sitting.cluster()?);
    if cluster.is_new("floor-full") {
        floor::fill_postgres(&cluster, "floor-full", rows(codes))?;
    }
    let world = Rc::clone(&sitting.world);
    Ok(Contender::floor("axum + PostgreSQL", move || {
        cluster.put("floor-full", "floor")?;
        let url = cluster.url("floor");
        Ok(exchanging(floor(Floor::Postgres, Some(url.as_ref()))?, &world.client, codes))
    }))
}

/// What the floor's database has to have in it.
fn rows(codes: u64) -> impl Iterator<Item = (Digest, [u8; 16])> {
    (0..codes).map(|number| (code(number).digest(), *seed::grant(number).as_bytes()))
}
