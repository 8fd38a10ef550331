//! `countersign serve` as its operator meets it, and `countersign login` against it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Stdio},
};

use super::{Ended, Folder, forge::Forge};
use crate::running::Person;

pub(super) struct Served {
    pub(super) folder: Folder,
    pub(super) child: Child,
    banner: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn folder() -> Folder {
    let (port, dev) = (free_port(), free_port());
    Folder::shipped()
        .with("COUNTERSIGN_PUBLIC_URL", &format!("http://localhost:{port}"))
        .with("COUNTERSIGN_LISTEN", &format!("localhost:{port}"))
        .with("COUNTERSIGN_DEV_IDP_LISTEN", &format!("localhost:{dev}"))
}

/// Starts the service and reads its banner to the last line.
fn serve() -> Served {
    serve_in(folder())
}

pub(super) fn serve_in(folder: Folder) -> Served {
    let mut command = folder.command();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut banner = String::new();
    while !banner.contains("name a real provider") {
        banner.push_str(&lines.next().unwrap().unwrap());
        banner.push('\n');
    }
    Served { folder, child, banner }
}

#[test]
fn the_banner_says_where_it_is_who_may_sign_in_and_how_to_connect() {
    let mut served = serve();
    let url = served.folder.variables()[0].1.clone();
    let dev = served.folder.variables()[2].1.clone();
    let banner = served.banner.replace(&url, "PUBLIC").replace(&format!("http://{dev}"), "DEV");
    let banner = banner.replace(url.trim_start_matches("http://"), "LISTEN");
    insta::assert_snapshot!(banner, @r#"
    Countersign 0.1.0 is ready at PUBLIC

      Listening   LISTEN
      Database    data/countersign.db
      MCP server  PUBLIC/mcp (Demo tools)

      Sign in as          and may
      Alice Admin         admin read write               alice@example.com
      Bob Reader          read                           bob@example.com
      Mallory Unverified  not enter: email_not_verified  mallory@example.com

      Connect to Demo tools
      MCP Inspector  npx @modelcontextprotocol/inspector --transport http --server-url PUBLIC/mcp
      Claude Code    claude mcp add --transport http demo PUBLIC/mcp
      VS Code        code --add-mcp '{"name":"demo","type":"http","url":"PUBLIC/mcp"}'
      curl           curl -i PUBLIC/mcp
      or just        countersign login --server demo

      DEVELOPMENT ONLY: at DEV anybody on this machine signs in as any of 3 made-up people.
      Before anybody else uses it, name a real provider in COUNTERSIGN_PROVIDERS.
    "#);
    assert_eq!(terminate(&mut served.child), Some(0));
}

#[test]
fn an_address_in_use_is_told_with_the_variable_to_change() {
    let folder = folder();
    let taken =
        TcpListener::bind(folder.variables()[1].1.replace("localhost", "127.0.0.1")).unwrap();
    let told = folder.run(&["serve"]);
    assert_eq!(told.code, 1);
    assert!(told.err.contains("COUNTERSIGN_LISTEN") && told.out.is_empty(), "{}", told.err);
    drop(taken);
}

#[tokio::test]
async fn login_signs_in_as_a_client_would_and_says_who_came_in() {
    let served = tokio::task::spawn_blocking(serve).await.unwrap();
    let told = login(&served.folder, &["login", "--json"], "alice").await;
    assert_eq!(told.code, 0, "{}", told.err);
    let json = told.json();
    assert_eq!(
        (&json["whoami"]["name"], &json["scopes"]),
        (&"Alice Admin".into(), &"admin read write".into())
    );
    assert!(!told.out.contains("eyJ") && !told.err.contains("eyJ"), "a token is printed");
    let store = Forge::of(&served.folder).await.store;
    let ended = store.revoked_since(countersign::ambient::Timestamp::from_unix(0)).await.unwrap();
    assert_eq!(ended.len(), 1, "the token is not left behind");
    let told = login(&served.folder, &["login", "--scope", "read"], "bob").await;
    assert!(
        told.out.contains("Bob Reader") && told.out.contains("bob@example.com"),
        "{}",
        told.out
    );
}

#[tokio::test]
async fn a_printed_token_is_alone_works_and_ends_with_its_client() {
    let served = tokio::task::spawn_blocking(serve).await.unwrap();
    let folder = &served.folder;
    let told = login(folder, &["login", "--print-token"], "alice").await;
    assert!(told.out.starts_with("eyJ") && told.out.trim().lines().count() == 1);
    assert!(!told.err.contains(told.out.trim()));
    let inspected = folder.run_with(&["token", "inspect", "--json"], &told.out);
    assert_eq!(inspected.code, 0, "{}", inspected.out);
    let client = inspected.json()["facts"]["client"].as_str().unwrap().to_owned();
    assert_eq!(folder.run(&["client", "remove", &client]).code, 0);
    let inspected = folder.run_with(&["token", "inspect"], &told.out);
    assert_eq!(inspected.code, 1);
    assert!(inspected.out.contains("revoked "), "{}", inspected.out);
}

#[tokio::test]
async fn a_login_for_too_few_scopes_says_which_to_ask_for() {
    let (folder, demo) = (folder(), include_str!("../../../servers/demo.toml"));
    let (free, example) = ("name  = \"whoami\"\nneeds = []", "tool   = \"whoami\"");
    let guarded = demo.replace(free, "name  = \"whoami\"\nneeds = [\"write\"]");
    let guarded = guarded.replace(example, "tool   = \"public_tool\"");
    assert_ne!(guarded, demo);
    folder.write("servers/demo.toml", &guarded);
    let served = tokio::task::spawn_blocking(|| serve_in(folder)).await.unwrap();
    let told = login(&served.folder, &["login", "--scope", "read"], "alice").await;
    assert_eq!(told.code, 1, "{}", told.out);
    assert!(told.err.contains("sign in with --scope \"write\""), "{}", told.err);
    let told = login(&served.folder, &["login", "--scope", "read write"], "alice").await;
    assert!(told.code == 0 && told.out.contains("Alice Admin"), "{} {}", told.out, told.err);
}

#[tokio::test]
async fn a_person_who_is_not_admitted_ends_the_login_with_the_reason() {
    let served = tokio::task::spawn_blocking(serve).await.unwrap();
    let told = login(&served.folder, &["login"], "mallory").await;
    assert_eq!(told.code, 1);
    assert!(told.err.contains("access_denied"), "{}", told.err);
}

#[test]
fn a_login_without_a_service_says_how_to_start_one() {
    let told = folder().run(&["login", "--no-browser"]);
    assert_eq!(told.code, 1);
    assert!(told.err.contains("is the service running? countersign serve"), "{}", told.err);
}

/// Types the command, and signs in where it says.
pub(super) async fn login(folder: &Folder, arguments: &[&str], user: &str) -> Ended {
    let mut command = folder.command();
    let command = command.args(arguments).arg("--no-browser");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    let address = loop {
        let mut line = String::new();
        assert_ne!(err.read_line(&mut line).unwrap(), 0, "{told}");
        told.push_str(&line);
        if line.trim().starts_with("http://") {
            break line.trim().to_owned();
        }
    };
    let back = Person::new().sign_in(&address, user).await;
    tokio::task::spawn_blocking(move || {
        visit(&back);
        err.read_to_string(&mut told).unwrap();
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        Ended { code: output.status.code().unwrap(), out, err: told }
    })
    .await
    .unwrap()
}

/// Fetches a page of the command's own listener, as the browser does.
fn visit(url: &str) {
    let (authority, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.contains("<h1>Countersign</h1>") && !page.contains("code="), "{page}");
}

#[cfg(unix)]
fn terminate(child: &mut Child) -> Option<i32> {
    tell_to_stop(child);
    child.wait().unwrap().code()
}

pub(super) fn tell_to_stop(child: &Child) {
    let id = child.id().to_string();
    std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap();
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
