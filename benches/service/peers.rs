//! What Countersign is compared with besides its floor: npm `oidc-provider`, whose packages are installed
//! when they are first needed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
};

use anyhow::{Context as _, ensure};
use countersign::protocol::secret::Digest;
use serde::Deserialize;

use crate::{
    client::{Client, Registered},
    load::{Line, Request, on_one_thread},
    process::{Server, free_address},
};

/// What it is called in the table.
pub(crate) const NAME: &str = "oidc-provider";

/// The peer, ready to be started.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    node: PathBuf,
}

/// A running one, and what was made in it for a run.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) client: Registered,
    /// Access tokens for its userinfo endpoint.
    pub(crate) tokens: Vec<String>,
}

#[derive(Deserialize)]
struct Prepared {
    client: String,
    resource: String,
    verifier: String,
    codes: Vec<String>,
    tokens: Vec<String>,
}

impl Peer {
    /// Installs the packages that the lock file names, unless they are there.
    pub(crate) fn install() -> anyhow::Result<Self> {
        let lock = fs::read_to_string(folder().join("package-lock.json"))?;
        let (wanted, mark) = (Digest::of(&lock), folder().join("node_modules/.installed"));
        if fs::read(&mark).ok().as_deref() != Some(wanted.as_bytes().as_slice()) {
            eprintln!("installing the packages of benches/peers");
            let mut npm = Command::new("npm");
            let npm = npm.args(["ci", "--loglevel=error"]).current_dir(folder());
            let status = npm.status().context("npm is missing; install Node.js 20 or newer")?;
            ensure!(status.success(), "npm ci ended with {status}");
            fs::write(&mark, wanted.as_bytes())?;
        }
        Ok(Self { node: node()? })
    }

    /// Starts it with codes and tokens in its memory.
    pub(crate) fn start(&self, codes: u64, tokens: u64) -> anyhow::Result<Running> {
        let server = self.bare()?;
        let host = format!("localhost:{}", server.address.port());
        let path = format!("/prepared?codes={codes}&tokens={tokens}");
        let request = Request::get(&host, &path).bytes();
        let address = server.address;
        let prepared: Prepared = on_one_thread(async move {
            let mut line = Line::new(address);
            let reply = line.ask(&request).await?;
            reply.expect(200)?;
            Ok(serde_json::from_str(&reply.text())?)
        })?;
        let client = Rc::new(Client {
            host,
            token_path: "/token".to_owned(),
            id: prepared.client,
            resource: prepared.resource,
            challenge: String::new(),
            verifier: prepared.verifier,
            codes: prepared.codes,
        });
        Ok(Running { server, client, tokens: prepared.tokens })
    }

    /// Starts it with nothing prepared.
    pub(crate) fn bare(&self) -> anyhow::Result<Server> {
        let address = free_address()?;
        let mut command = Command::new(&self.node);
        command.arg(folder().join("oidc-provider.mjs")).arg(address.port().to_string());
        // It warns of what it is, on a stream that nobody reads here.
        command.stderr(std::process::Stdio::null());
        Server::start(&mut command, address)
    }
}

/// The version in the lock file, and that of Node.js.
pub(crate) fn versions(peer: &Peer) -> anyhow::Result<String> {
    let package = fs::read_to_string(folder().join("node_modules/oidc-provider/package.json"))?;
    let package: serde_json::Value = serde_json::from_str(&package)?;
    let version = package.get("version").and_then(|it| it.as_str()).unwrap_or_default();
    Ok(format!("{NAME} {version} on Node.js {}", version_of(&peer.node).unwrap_or_default()))
}

/// The machine's Node.js if it is new enough, else the one among the packages.
fn node() -> anyhow::Result<PathBuf> {
    let new_enough = |version: &String| {
        let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
        let (major, minor) = (numbers.next(), numbers.next());
        major.zip(minor).is_some_and(|it| matches!(it, (Ok(22), Ok(19..)) | (Ok(23..), Ok(_))))
    };
    if version_of(Path::new("node")).is_some_and(|version| new_enough(&version)) {
        return Ok("node".into());
    }
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let packaged = folder().join(format!("node_modules/node-linux-{machine}/bin/node"));
    ensure!(packaged.exists(), "it needs Node.js 22.19 or newer");
    Ok(packaged)
}

fn version_of(node: &Path) -> Option<String> {
    let output = Command::new(node).arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers")
}
