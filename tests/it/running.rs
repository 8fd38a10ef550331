//! The program itself, on free ports and in a folder of its own, and a person who signs in to it.

use std::{collections::HashMap, net::TcpListener, path::Path, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::process::{Child, Command};
use url::Url;

use crate::harness::Form;

/// A running `countersign serve`; it ends when this is dropped.
pub(crate) struct Running {
    pub(crate) issuer: String,
    pub(crate) mcp: String,
    child: Child,
    folder: TempDir,
    ports: (u16, u16),
    database: Option<String>,
}

impl Running {
    /// Starts the program and waits until it says that it is ready.
    pub(crate) async fn start() -> Self {
        Self::start_on(None).await
    }

    /// The same with this database.
    pub(crate) async fn start_on(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for shipped in ["providers", "servers"] {
            copy(
                &Path::new(env!("CARGO_MANIFEST_DIR")).join(shipped),
                &folder.path().join(shipped),
            );
        }
        Self::start_in(folder, (free_port(), free_port()), database).await
    }

    /// Kills the program as `kill -9` does, and starts it again on what it left behind.
    pub(crate) async fn killed(mut self) -> Self {
        self.child.kill().await.unwrap();
        Self::start_in(self.folder, self.ports, self.database).await
    }

    async fn start_in(folder: TempDir, (port, dev): (u16, u16), database: Option<String>) -> Self {
        let issuer = format!("http://localhost:{port}");
        let child = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .arg("serve")
            .current_dir(folder.path())
            .env_clear()
            .env("COUNTERSIGN_PUBLIC_URL", &issuer)
            .env("COUNTERSIGN_LISTEN", format!("localhost:{port}"))
            .env("COUNTERSIGN_DEV_IDP_LISTEN", format!("localhost:{dev}"))
            .envs(database.iter().map(|url| ("COUNTERSIGN_DATABASE_URL", url)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mcp = format!("{issuer}/mcp");
        let running = Self { issuer, mcp, child, folder, ports: (port, dev), database };
        running.ready().await;
        running
    }

    async fn ready(&self) {
        let http = http();
        for _ in 0..400 {
            let answer = http.get(format!("{}/readyz", self.issuer)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("not ready within 10 seconds");
    }
}

/// A person who reads the pages and presses the buttons, without a browser.
pub(crate) struct Person {
    http: reqwest::Client,
    cookies: HashMap<String, String>,
}

impl Person {
    pub(crate) fn new() -> Self {
        Self { http: http(), cookies: HashMap::new() }
    }

    /// Signs in with the development provider and returns the URL the client was called at.
    pub(crate) async fn sign_in(&mut self, authorize: &str, user: &str) -> String {
        let client = redirect_uri(authorize);
        let mut buttons = [("provider", "dev"), ("user", user)].into_iter();
        let mut request = self.http.get(authorize);
        for _ in 0..20 {
            let response = self.send(request).await;
            let here = response.url().clone();
            if let Some(location) = response.headers().get("location") {
                let next = here.join(location.to_str().unwrap()).unwrap();
                if next.as_str().starts_with(&client) {
                    return next.into();
                }
                request = self.http.get(next);
            } else {
                let page = response.text().await.unwrap();
                let Some((name, value)) = buttons.next() else { panic!("stuck at {here}: {page}") };
                assert!(page.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{page}");
                let (action, fields) = Form::on(&page);
                let body = fields.and(name, value).encoded();
                let post = self.http.post(here.join(&action).unwrap()).body(body);
                request = post.header("content-type", "application/x-www-form-urlencoded");
            }
        }
        panic!("more than twenty hops");
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let sent: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("cookie", sent.join("; ")).send().await.unwrap();
        for line in response.headers().get_all("set-cookie") {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.into(), value.into());
        }
        response
    }
}

fn redirect_uri(authorize: &str) -> String {
    let url = Url::parse(authorize).unwrap();
    url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned()
}

#[expect(clippy::disallowed_methods, reason = "a test's own browser, not the service's client")]
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
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
