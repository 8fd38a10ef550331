//! Documents that are ready: the metadata (RFC 8414) and the key set (RFC 7517 §5), against a word.

use std::rc::Rc;

use super::{Contender, Row, Sitting, Stand, floor};
use crate::{
    clients::Fetch,
    floor::Floor,
    load::{Line, Request},
    process::Server,
    world::SIGNED_IN,
};

pub(super) fn metadata(sitting: &Sitting) -> Row {
    let theirs = "/.well-known/openid-configuration";
    row("metadata", sitting, ["/.well-known/oauth-authorization-server", theirs])
}

pub(super) fn keys(sitting: &Sitting) -> Row {
    row("keys", sitting, ["/jwks", "/jwks"])
}

fn row(name: &'static str, sitting: &Sitting, [ours, theirs]: [&'static str; 2]) -> Row {
    let world = Rc::clone(&sitting.world);
    let ours = Contender::ours(move || {
        let server = world.start(SIGNED_IN, &[])?;
        Ok(fetching(server, &world.client.host, ours))
    });
    let peer =
        sitting.peer((0, 0), move |running| fetching(running.server, &running.client.host, theirs));
    Row { name, contenders: [hello(), ours].into_iter().chain(peer).collect() }
}

pub(super) fn hello() -> Contender {
    Contender::floor("axum hello", || Ok(fetching(floor(Floor::Hello, None)?, "localhost", "/")))
}

fn fetching(server: Server, host: &str, path: &str) -> Stand {
    let (address, request) = (server.address, Request::get(host, path).bytes());
    Stand::new(server, move || Fetch {
        line: Line::new(address),
        request: request.clone(),
        status: 200,
    })
}
