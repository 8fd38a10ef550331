//! A server that breaks HTTP in the ways that a well-behaved mock cannot.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// How to treat a request.
#[derive(Clone)]
pub(crate) enum Manner {
    /// Send these bytes and close.
    Raw(Vec<u8>),
    /// Read the request and never answer.
    Hang,
    /// Break the connection.
    Reset,
    /// Send a byte of the body every 50 ms, without end.
    Trickle,
    /// Send a body without end.
    Endless,
}

pub(crate) struct FaultServer {
    pub(crate) url: Url,
    manner: Arc<Mutex<Manner>>,
    hits: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl FaultServer {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/document", listener.local_addr().unwrap()).parse().unwrap();
        let server = Self {
            url,
            manner: Arc::new(Mutex::new(manner)),
            hits: Arc::default(),
            ended: Arc::default(),
        };
        let (manner, hits) = (Arc::clone(&server.manner), Arc::clone(&server.hits));
        let ended = Arc::clone(&server.ended);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                hits.fetch_add(1, Ordering::SeqCst);
                let manner = manner.lock().unwrap().clone();
                let ended = Arc::clone(&ended);
                tokio::spawn(async move {
                    treat(stream, manner).await;
                    ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    /// 200 with JSON.
    pub(crate) fn json(body: &str) -> Manner {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        Manner::Raw([head.as_bytes(), body.as_bytes()].concat())
    }

    /// An empty answer of this status line.
    pub(crate) fn status(line: &str) -> Manner {
        let text = format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        Manner::Raw(text.into_bytes())
    }

    pub(crate) fn become_so(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// Fails when a connection is still open after a while.
    pub(crate) async fn is_left_alone(&self) {
        for _ in 0..200 {
            if self.ended.load(Ordering::SeqCst) == self.hits() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a connection is still open");
    }

    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

async fn treat(mut stream: TcpStream, manner: Manner) {
    if matches!(manner, Manner::Reset) {
        // Closing with the request unread makes the kernel send RST.
        tokio::time::sleep(Duration::from_millis(5)).await;
        return;
    }
    let mut request = [0; 4096];
    let _read = stream.read(&mut request).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";
    match manner {
        Manner::Raw(bytes) => {
            let _sent = stream.write_all(&bytes).await;
            let _closed = stream.shutdown().await;
        }
        Manner::Hang => tokio::time::sleep(Duration::from_mins(1)).await,
        Manner::Trickle => drip(stream, head, " ", Duration::from_millis(50)).await,
        Manner::Endless => drip(stream, head, &" ".repeat(8192), Duration::ZERO).await,
        Manner::Reset => {}
    }
}

async fn drip(mut stream: TcpStream, head: &str, drop: &str, pause: Duration) {
    let mut next = head.as_bytes();
    while stream.write_all(next).await.is_ok() {
        next = drop.as_bytes();
        tokio::time::sleep(pause).await;
    }
}
