//! Listening: both loopback families for `localhost`, header time and size bounds, a graceful stop.

use std::{
    future::{Future, pending},
    io,
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use axum::{Router, extract::Request, extract::connect_info::ConnectInfo};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::timeout,
};
use tower::Service as _;

/// The other end of the connection, as the socket knows it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// The time a client has to send its head.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// Binds every address; one of several that the machine does not have (no IPv6) is passed over.
///
/// # Errors
/// The address that is taken by another program, or the last one when none could be bound.
pub async fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, (SocketAddr, io::Error)> {
    let mut listeners = Vec::new();
    let mut missing = None;
    for &address in addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err((address, error)),
            Err(error) => missing = Some((address, error)),
        }
    }
    match missing {
        Some(failure) if listeners.is_empty() => Err(failure),
        _ => Ok(listeners),
    }
}

/// Serves until `stop` resolves, then lets requests in flight finish, for as long as `drain`.
pub async fn serve(
    listeners: Vec<TcpListener>,
    router: Router,
    stop: impl Future<Output = ()> + Send,
    drain: Duration,
) {
    let (quit, _) = tokio::sync::watch::channel(false);
    let mut accepting = tokio::task::JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, router.clone(), quit.subscribe()));
    }
    stop.await;
    let _ = quit.send(true);
    let drained = async { while accepting.join_next().await.is_some() {} };
    if timeout(drain, drained).await.is_err() {
        tracing::warn!(after = ?drain, "requests were still under way; they were cut off");
    }
}

async fn accept(
    listener: TcpListener,
    router: Router,
    mut quit: tokio::sync::watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => connection(stream, peer, &router, &graceful),
                Err(error) => {
                    // Out of file descriptors, mostly: others must get on with theirs first.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            _ = quit.changed() => break,
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

fn connection(stream: TcpStream, peer: SocketAddr, router: &Router, graceful: &GracefulShutdown) {
    let _ = stream.set_nodelay(true);
    let (router, asked) = (router.clone(), Arc::new(Notify::new()));
    let asks = Arc::clone(&asked);
    let service = hyper::service::service_fn(move |mut request: Request<hyper::body::Incoming>| {
        asks.notify_one();
        request.extensions_mut().insert(ConnectInfo(Peer(peer)));
        let mut router = router.clone();
        async move { router.call(request).await }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(MAX_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(16 * 1024)
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(Duration::from_secs(20));
    let served = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    let watched = graceful.watch(served);
    tokio::spawn(async move {
        tokio::select! {
            ended = watched => if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            },
            () = silence(&asked) => tracing::debug!("a connection asked for nothing"),
        }
    });
}

/// Ends when no request came in time. The time for a head counts from its first byte, and not before
/// it is clear which version of HTTP is spoken: who sends nothing, or half of what HTTP/2 begins with,
/// would keep the connection for ever.
async fn silence(asked: &Notify) {
    if timeout(HEAD_TIME, asked.notified()).await.is_ok() {
        pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_never_comes_to_a_request_is_closed() {
        let listeners = bind(&["127.0.0.1:0".parse().unwrap()]).await.unwrap();
        let address = listeners[0].local_addr().unwrap();
        tokio::spawn(serve(listeners, Router::new(), pending(), HEAD_TIME));
        for begun in ["", "P", "PRI * HTTP/2.0\r\n"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(begun.as_bytes()).await.unwrap();
            assert_eq!(stream.read(&mut [0; 64]).await.unwrap_or(0), 0, "{begun:?}");
        }
    }
}
