//! HTTP/1 and HTTP/2 as no honest client speaks them: bytes on a socket.

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use countersign::web::serve::{bind, serve};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const CONTINUATION: u8 = 9;
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// A frame (RFC 9113 §4.1).
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The fields of `GET /` or `POST /` (RFC 7541).
pub(super) fn fields(method: u8) -> Vec<u8> {
    let authority = b"localhost:8000";
    let length = u8::try_from(authority.len()).unwrap();
    [&[method, 0x86, 0x84, 0x41, length], &authority[..]].concat()
}

pub(super) const GET: u8 = 0x82;
pub(super) const POST: u8 = 0x83;

/// The service as it listens, for the rest of the test.
pub(super) async fn listening(router: Router) -> SocketAddr {
    let listeners = bind(&["127.0.0.1:0".parse().unwrap()]).await.unwrap();
    let address = listeners[0].local_addr().unwrap();
    tokio::spawn(serve(listeners, router, std::future::pending(), Duration::ZERO));
    address
}

/// Sends what `next` gives until the other side ends the connection; how many pieces were sent.
pub(super) async fn flood(address: SocketAddr, most: u32, next: impl Fn(u32) -> Vec<u8>) -> u32 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(PREFACE).await.unwrap();
    let (mut answers, mut sending) = stream.into_split();
    let ended = tokio::spawn(async move {
        let mut all = Vec::new();
        let _ended = answers.read_to_end(&mut all).await;
    });
    for number in 0..most {
        let piece = next(number);
        let sent = timeout(Duration::from_secs(10), sending.write_all(&piece)).await;
        if ended.is_finished() || !matches!(sent, Ok(Ok(()))) {
            return number;
        }
    }
    most
}

/// The status line with which a plain request is answered, within ten seconds.
pub(super) async fn asked(address: SocketAddr, path: &str) -> String {
    let answered = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    };
    timeout(Duration::from_secs(10), answered).await.unwrap_or_else(|_| "too late".to_owned())
}
