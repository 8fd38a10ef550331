//! Documents that are ready: the metadata (RFC 8414) and the key set (RFC 7517 §5), against a word.

use std::rc::Rc;

use super::{Contender, Row, Side, Sitting, Stand, floor};
use crate::{
    clients::Fetch,
    floor::Floor,
    load::{Line, Request},
    process::Server,
};

pub(super) fn metadata(sitting: &Sitting) -> Row {
    row("metadata", sitting, "/.well-known/oauth-authorization-server")
}

pub(super) fn keys(sitting: &Sitting) -> Row {
    row("keys", sitting, "/jwks")
}

fn row(name: &'static str, sitting: &Sitting, path: &'static str) -> Row {
    let (world, host) = (Rc::clone(&sitting.world), sitting.world.client.host.clone());
    let ours = move || {
        let server = world.start(&world.signed_in(), &[])?;
        Ok(fetching(server, Request::get(&host, path).bytes()))
    };
    let ours = Contender { side: Side::Ours, name: "Countersign", start: Box::new(ours) };
    Row { name, contenders: vec![hello(), ours] }
}

pub(super) fn hello() -> Contender {
    let start = || Ok(fetching(floor(Floor::Hello, None)?, Request::get("localhost", "/").bytes()));
    Contender { side: Side::Floor, name: "axum hello", start: Box::new(start) }
}

fn fetching(server: Server, request: Vec<u8>) -> Stand {
    let address = server.address;
    let client = move |_| {
        let fetch = Fetch { line: Line::new(address), request: request.clone(), status: 200 };
        Ok(Box::new(fetch) as _)
    };
    Stand { server, clients: Box::new(client) }
}
