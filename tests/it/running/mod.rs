//! The program itself, on free ports and in a folder of its own, and a person who signs in to it.

mod person;

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::process::{Child, Command};

pub(crate) use self::person::Person;

/// A running `countersign serve`; it ends when this is dropped.
pub(crate) struct Running {
    pub(crate) issuer: String,
    pub(crate) mcp: String,
    /// Leads to this process, also when others have the same public URL.
    pub(crate) http: reqwest::Client,
    child: Child,
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// What the nodes of one service have in common: the ports, each on a loopback address of its own.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    main: u16,
    dev: u16,
}

impl Ports {
    pub(crate) fn free() -> Self {
        Self { main: free_port(), dev: free_port() }
    }
}

impl Running {
    /// Starts the program and waits until it says that it is ready.
    pub(crate) async fn start() -> Self {
        Self::start_in(shipped(), "localhost", http(), Ports::free(), Vec::new()).await
    }

    /// One of the nodes with these ports: the same public URL for all, so that whoever calls one of them
    /// has to be led to it by its `http`. The development identity provider is that of the first, where
    /// people sign in; to the others it is a provider like any.
    pub(crate) async fn node(
        number: u8,
        ports: Ports,
        variables: Vec<(&'static str, String)>,
    ) -> Self {
        let [first, address] = [2, number + 2].map(|last| Ipv4Addr::new(127, 0, 0, last));
        let folder = shipped();
        if address != first {
            elsewhere(&folder.path().join("providers/dev.toml"), first, ports.dev);
        }
        Self::start_in(folder, &address.to_string(), http_to(address), ports, variables).await
    }

    async fn start_in(
        folder: TempDir,
        host: &str,
        http: reqwest::Client,
        Ports { main, dev }: Ports,
        mut variables: Vec<(&'static str, String)>,
    ) -> Self {
        let issuer = format!("http://localhost:{main}");
        variables.push(("COUNTERSIGN_PUBLIC_URL", issuer.clone()));
        variables.push(("COUNTERSIGN_LISTEN", format!("{host}:{main}")));
        variables.push(("COUNTERSIGN_DEV_IDP_LISTEN", format!("{host}:{dev}")));
        let (mcp, child) = (format!("{issuer}/mcp"), spawn(folder.path(), &variables));
        let running = Self { issuer, mcp, http, child, folder, variables };
        running.ready().await;
        running
    }

    /// Kills the program as `kill -9` does.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Starts it again, on what it left behind.
    pub(crate) async fn restart(&mut self) {
        self.child = spawn(self.folder.path(), &self.variables);
        self.ready().await;
    }

    async fn ready(&self) {
        for _ in 0..400 {
            let answer = self.http.get(format!("{}/readyz", self.issuer)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("not ready within 10 seconds");
    }
}

/// The shipped files in a folder of their own.
fn shipped() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in ["providers", "servers"] {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(part), &folder.path().join(part));
    }
    folder
}

/// Makes the file of the development identity provider one of a provider at this address.
fn elsewhere(file: &Path, address: Ipv4Addr, port: u16) {
    let text = std::fs::read_to_string(file).unwrap();
    let (head, rest) = text.split_once("\n[[user]]").unwrap();
    let (_, rules) = rest.split_once("\n[[grant]]").unwrap();
    let there = format!(
        "kind = \"oidc\"\nissuer = \"http://{address}:{port}\"\n\
         client = {{ id = \"countersign\", secret = \"nobody signs in here\" }}"
    );
    let head = head.replace("kind  = \"dev\"", &there);
    std::fs::write(file, format!("{head}\n[[grant]]{rules}")).unwrap();
}

fn spawn(folder: &Path, variables: &[(&'static str, String)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg("serve")
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

pub(crate) fn http() -> reqwest::Client {
    browser().build().unwrap()
}

/// A client for which `localhost` is this address.
fn http_to(address: Ipv4Addr) -> reqwest::Client {
    browser().resolve("localhost", SocketAddr::from((address, 0))).build().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test's own browser, not the service's client")]
fn browser() -> reqwest::ClientBuilder {
    let patience = Duration::from_secs(20);
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(patience)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
