//! The check of a bearer token: a word behind the guard, against the word alone; and the same check at
//! the service's own MCP server, as far as the first refusal behind it.

use std::{fs, rc::Rc};

use super::{Contender, MOST, MOST_OF_PEER, Row, Side, Sitting, Stand, documents::hello, floor};
use crate::{
    clients::{Bearer, Call, Stock},
    floor::{Floor, Guarded},
    load::{Line, Request},
    minted::{Minted, minted},
    process::Server,
    world::SIGNED_IN,
};

/// Always the same token.
pub(super) fn warm(sitting: &Sitting) -> anyhow::Result<Row> {
    row("bearer-warm", sitting, 1)
}

/// No token twice.
pub(super) fn cold(sitting: &Sitting) -> anyhow::Result<Row> {
    row("bearer-cold", sitting, sitting.enough(MOST))
}

fn row(name: &'static str, sitting: &Sitting, count: u64) -> anyhow::Result<Row> {
    let world = Rc::clone(&sitting.world);
    let Minted { tokens, keys } = minted(&world, &world.client.resource, count)?;
    let (tokens, file) = (Rc::new(tokens), world.path("guarded.json"));
    let told = Guarded {
        issuer: world.issuer(),
        resource: world.client.resource.clone(),
        keys: serde_json::from_slice(&keys)?,
    };
    fs::write(&file, serde_json::to_vec(&told)?)?;
    let theirs = Rc::clone(&tokens);
    let guard = move || {
        let server = floor(Floor::Guarded, Some(&file))?;
        let call = call("localhost", |host| Request::get(host, "/"), 200);
        Ok(checking(server, call, &theirs))
    };
    let guard = Contender { side: Side::Ours, name: "the guard", start: Box::new(guard) };
    let ours = Contender::ours(move || {
        let server = world.start(SIGNED_IN, &[])?;
        // It names no session: what answers so stands right behind the guard.
        let call = call(&world.client.host, |host| Request::delete(host, "/mcp"), 400);
        Ok(checking(server, call, &tokens))
    });
    let theirs = if count == 1 { 1 } else { sitting.enough(MOST_OF_PEER) };
    let peer = sitting.peer((0, theirs), |running| {
        let call = call(&running.client.host, |host| Request::get(host, "/me"), 200);
        checking(running.server, call, &Rc::new(running.tokens))
    });
    Ok(Row { name, contenders: [hello(), guard, ours].into_iter().chain(peer).collect() })
}

fn call(host: &str, request: fn(&str) -> Request, status: u16) -> Call {
    Call { request, host: host.to_owned(), body: None, status }
}

/// One token is used again and again, of several each once.
fn checking(server: Server, call: Call, tokens: &Rc<Vec<String>>) -> Stand {
    let (address, call, tokens) = (server.address, Rc::new(call), Rc::clone(tokens));
    let several = u64::try_from(tokens.len()).ok().filter(|count| *count > 1);
    let stock = several.map(Stock::new);
    Stand::new(server, move || Bearer {
        line: Line::new(address),
        call: Rc::clone(&call),
        tokens: Rc::clone(&tokens),
        stock: stock.clone(),
    })
}
