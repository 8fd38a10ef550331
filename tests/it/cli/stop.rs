//! The end of a service: SIGTERM, what is under way, and what only waits.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
    thread::sleep,
    time::Duration,
};

use super::serve::{Served, folder, free_port, login, serve_in, tell_to_stop};

impl Served {
    fn address(&self) -> String {
        self.folder.variables()[1].1.replace("localhost", "127.0.0.1")
    }

    fn connect(&self) -> std::io::Result<BufReader<TcpStream>> {
        TcpStream::connect(self.address()).map(BufReader::new)
    }
}

/// Sends a request and reads the head of its answer.
fn ask(stream: &mut BufReader<TcpStream>, request: &str) -> String {
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    head(stream)
}

fn head(stream: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).unwrap(), 0, "cut off after {head:?}");
    }
    head
}

fn get(host: &str, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
}

/// Waits for something, a while.
fn eventually<T>(mut seen: impl FnMut() -> Option<T>) -> T {
    for _ in 0..400 {
        if let Some(seen) = seen() {
            return seen;
        }
        sleep(Duration::from_millis(25));
    }
    panic!("not within ten seconds");
}

fn ended(child: &mut Child) -> Option<i32> {
    eventually(|| child.try_wait().unwrap()).code()
}

#[test]
fn a_request_under_way_is_answered_after_nothing_new_is_accepted_and_the_end_is_a_good_one() {
    let mut served = serve_in(folder());
    let host = served.address();
    let mut stream = served.connect().unwrap();
    let body = r#"{"client_name":"Late","redirect_uris":["http://127.0.0.1/cb"],"token_endpoint_auth_method":"none"}"#;
    let request = format!(
        "POST /register HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    assert!(ask(&mut stream, &request).starts_with("HTTP/1.1 100"), "it is under way");
    tell_to_stop(&served.child);
    eventually(|| served.connect().is_err().then_some(()));
    let answer = ask(&mut stream, body);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert_eq!(ended(&mut served.child), Some(0));
}

#[test]
fn connections_on_which_nothing_is_under_way_hold_up_no_stop() {
    let mut served = serve_in(folder());
    let silent = served.connect().unwrap();
    let mut idle = served.connect().unwrap();
    let answer = ask(&mut idle, &get(&served.address(), "/healthz"));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    tell_to_stop(&served.child);
    // Ten seconds; what is under way would have thirty.
    assert_eq!(ended(&mut served.child), Some(0));
    drop((silent, idle));
}

#[test]
fn a_load_balancer_is_told_in_time_and_a_second_signal_ends_the_wait() {
    let mut served = serve_in(folder().with("COUNTERSIGN_STOP_DELAY", "5m"));
    let host = served.address();
    let look = |path: &str| ask(&mut served.connect().unwrap(), &get(&host, path));
    assert!(look("/readyz").starts_with("HTTP/1.1 200"));
    tell_to_stop(&served.child);
    let told = eventually(|| Some(look("/readyz")).filter(|told| !told.contains(" 200 ")));
    assert!(told.starts_with("HTTP/1.1 503"), "{told}");
    assert!(look("/healthz").starts_with("HTTP/1.1 200"), "still answering");
    tell_to_stop(&served.child);
    assert_eq!(ended(&mut served.child), Some(0));
}

/// Two programs on one database; a third, the command line, ends what the second has seen.
#[tokio::test]
async fn a_running_node_refuses_by_itself_what_was_ended_elsewhere() {
    let first = tokio::task::spawn_blocking(|| serve_in(folder())).await.unwrap();
    let port = free_port();
    let mut second = first.folder.command();
    let second = second
        .args(["serve", "--json"])
        .env("COUNTERSIGN_LISTEN", format!("127.0.0.1:{port}"))
        .env("COUNTERSIGN_DEV_IDP_LISTEN", format!("127.0.0.1:{}", free_port()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut second = second.spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(second.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let token = login(&first.folder, &["login", "--print-token"], "alice").await.out;
    let host = first.folder.variables()[1].1.clone();
    let call = || {
        let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{body}",
            token.trim(),
            body.len()
        );
        ask(&mut stream, &request)
    };
    assert!(!call().contains(" 401 "), "{}", call());
    let users = first.folder.run(&["user", "list", "--json"]).json();
    let id = users[0]["id"].as_str().unwrap();
    assert_eq!(first.folder.run(&["user", "sign-out", id]).code, 0);
    eventually(|| call().contains(" 401 ").then_some(()));
    second.kill().unwrap();
    second.wait().unwrap();
}
