//! A call of 1 KiB of JSON through the gateway, against the same call straight to the server behind it, and
//! through a bare proxy. The CPU time of both processes counts, so that the difference is what the gateway
//! costs.

use std::{fs, net::SocketAddr, rc::Rc};

use super::{Contender, Row, Side, Sitting, Stand, floor};
use crate::{
    clients::{Bearer, Call},
    floor::Floor,
    load::{Line, Request},
    minted::minted,
    process::Server,
    world::SIGNED_IN,
};

pub(super) fn gateway(sitting: &Sitting) -> anyhow::Result<Row> {
    let world = Rc::clone(&sitting.world);
    let tokens = Rc::new(minted(&world, &format!("{}/load", world.issuer()), 1)?.tokens);
    let straight = {
        let tokens = Rc::clone(&tokens);
        move || Ok(calling(floor(Floor::Upstream, None)?, None, to_mcp(), &tokens))
    };
    let straight = Contender::floor("straight", straight);
    let bare = {
        let tokens = Rc::clone(&tokens);
        move || {
            let behind = floor(Floor::Upstream, None)?;
            let server = floor(Floor::Proxy, Some(behind.address.to_string().as_ref()))?;
            Ok(calling(server, Some(behind), to_mcp(), &tokens))
        }
    };
    let bare = Contender { side: Side::Bare, name: "bare proxy", start: Box::new(bare) };
    let ours = Contender::ours(move || {
        let behind = floor(Floor::Upstream, None)?;
        fs::write(world.path("servers/load.toml"), server_file(behind.address))?;
        let servers = ("COUNTERSIGN_SERVERS", "demo,load".to_owned());
        let server = world.start(SIGNED_IN, &[servers])?;
        let call = call(&world.client.host, |host| Request::post(host, "/load"));
        Ok(calling(server, Some(behind), call, &tokens))
    });
    Ok(Row { name: "gateway", contenders: vec![straight, bare, ours] })
}

fn to_mcp() -> Call {
    call("localhost", |host| Request::post(host, "/mcp"))
}

fn call(host: &str, request: fn(&str) -> Request) -> Call {
    Call { request, host: host.to_owned(), body: Some(body()), status: 200 }
}

/// A call of a tool, 1 KiB long.
fn body() -> String {
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"~"}}}"#;
    call.replace('~', &"x".repeat(1024 - call.len() + 1))
}

fn calling(server: Server, behind: Option<Server>, call: Call, tokens: &Rc<Vec<String>>) -> Stand {
    let (address, call, tokens) = (server.address, Rc::new(call), Rc::clone(tokens));
    let stand = Stand::new(server, move || Bearer {
        line: Line::new(address),
        call: Rc::clone(&call),
        tokens: Rc::clone(&tokens),
        stock: None,
    });
    Stand { behind, ..stand }
}

fn server_file(upstream: SocketAddr) -> String {
    format!(
        r#"path = "/load"
name = "Load"
upstream = "http://{upstream}/mcp"
identity = "headers"

[[scope]]
name = "read"
says = "Call it"

[[tool]]
name = "echo"
needs = ["read"]
"#
    )
}
