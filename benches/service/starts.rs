//! Cold starts: from the start of the process to its first right answer, on a database that exists.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    floor::Floor,
    peers,
    process::Server,
    rows::{Sitting, floor},
    table::middle,
    world::SIGNED_IN,
};

/// The name of this part, for `--only`.
pub(crate) const NAME: &str = "start";

/// The lines of the table of starts.
pub(crate) fn measure(sitting: &Sitting) -> anyhow::Result<String> {
    let world = &sitting.world;
    let mut lines = String::from(HEAD);
    lines += &line(sitting, "axum hello", "/", || floor(Floor::Hello, None))?;
    let ours = || world.start(SIGNED_IN, &[]);
    lines += &line(sitting, "Countersign", "/readyz", ours)?;
    if let Some(peer) = &sitting.peer {
        let path = "/.well-known/openid-configuration";
        lines += &line(sitting, peers::NAME, path, || peer.bare())?;
    }
    Ok(lines)
}

fn line(
    sitting: &Sitting,
    name: &str,
    path: &str,
    start: impl Fn() -> anyhow::Result<Server>,
) -> anyhow::Result<String> {
    let mut runs = Vec::new();
    for _ in 0..sitting.options.runs {
        let begun = Instant::now();
        let server = start()?;
        while !is_good(server.address, path).unwrap_or(false) {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "{name} never answers {path} well");
            sleep(Duration::from_micros(200));
        }
        let took = begun.elapsed();
        sleep(SETTLING);
        runs.push((took, server.resident()?));
        server.stop()?;
    }
    let took = middle(runs.iter().map(|run| run.0), Ord::cmp);
    let idle = middle(runs.iter().map(|run| run.1), Ord::cmp);
    eprintln!("  {name:<16} {took:?}");
    Ok(format!("| {name} | {:.0} | {} |\n", took.as_secs_f64() * 1000.0, idle / 1024 / 1024))
}

/// Whether a GET is answered with 200.
fn is_good(address: SocketAddr, path: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    let host = format!("localhost:{}", address.port());
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}

const HEAD: &str = "\
| server | ms from the start of the process to its first good answer | idle MiB |
|---|--:|--:|
";
const PATIENCE: Duration = Duration::from_secs(40);
/// Until memory is looked at.
const SETTLING: Duration = Duration::from_millis(500);
