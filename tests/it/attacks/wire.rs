//! Requests that no router is ever given: they go over a connection to the service as it listens.

use std::time::Duration;

use countersign::web::serve::{bind, serve};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::harness::{Browser, Service};

/// The status with which this target is answered, asked for with this browser's cookies; none when the
/// service hung up.
pub(super) async fn status_of(service: &Service, browser: &Browser, target: &str) -> Option<u16> {
    let listeners = bind(&["127.0.0.1:0".parse().unwrap()]).await.unwrap();
    let address = listeners[0].local_addr().unwrap();
    let serving = tokio::spawn(serve(
        listeners,
        service.router(),
        std::future::pending(),
        Duration::from_secs(1),
    ));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let pairs: Vec<String> = browser.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let head = format!(
        "GET {target} HTTP/1.1\r\nhost: localhost:8000\r\ncookie: {}\r\nconnection: close\r\n\r\n",
        pairs.join("; ")
    );
    // It may be answered, and the connection closed, before all of it was sent.
    let _sent = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let _read = stream.read_to_end(&mut answer).await;
    serving.abort();
    let answer = String::from_utf8_lossy(&answer);
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}
