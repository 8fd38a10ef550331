//! Dynamic registration (RFC 7591): a durable row for each client. It has no floor of its own.

use std::rc::Rc;

use super::{Contender, Row, Sitting, Stand};
use crate::{
    clients::{Register, Stock},
    load::Line,
    process::Server,
    world::SIGNED_IN,
};

pub(super) fn register(sitting: &Sitting) -> Row {
    let world = Rc::clone(&sitting.world);
    let ours = Contender::ours(move || {
        let server = world.start(SIGNED_IN, &[])?;
        Ok(registering(server, &world.client.host, "/register"))
    });
    let peer =
        sitting.peer((0, 0), |running| registering(running.server, &running.client.host, "/reg"));
    Row { name: "register", contenders: [ours].into_iter().chain(peer).collect() }
}

fn registering(server: Server, host: &str, path: &'static str) -> Stand {
    let (address, host, names) = (server.address, host.to_owned(), Stock::endless());
    Stand::new(server, move || Register {
        line: Line::new(address),
        host: host.clone(),
        path,
        names: names.clone(),
    })
}
