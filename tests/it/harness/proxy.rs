//! A network between two programs that can be cut, or fall silent.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// It arrives.
    Whole,
    /// It does not, and nobody is told: connections stay open, new ones are made and lead nowhere.
    Silent,
    /// Every connection ends, also each new one.
    Cut,
}

/// Connections to its port lead to another.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    network: watch::Sender<Network>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// In front of this loopback port.
    pub(crate) async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (network, state) = watch::channel(Network::Whole);
        let behind = SocketAddr::from(([127, 0, 0, 1], port));
        let accepting = tokio::spawn(accept(listener, behind, state));
        Self { port: own, network, accepting }
    }

    pub(crate) fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, behind: SocketAddr, state: watch::Receiver<Network>) {
    loop {
        let Ok((near, _)) = listener.accept().await else { continue };
        let mut state = state.clone();
        tokio::spawn(async move {
            let serve = serve(near, behind, state.clone());
            tokio::select! {
                () = serve => {}
                _ = state.wait_for(|network| *network == Network::Cut) => {}
            }
        });
    }
}

async fn serve(near: TcpStream, behind: SocketAddr, state: watch::Receiver<Network>) {
    let Ok(far) = TcpStream::connect(behind).await else { return };
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    tokio::join!(
        pass(near_read, far_write, state.clone()),
        pass(far_read, near_write, state.clone())
    );
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<Network>,
) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        // What was sent into the silence is lost for as long as anybody waits for it.
        if *state.borrow() == Network::Silent {
            let _ = state.wait_for(|network| *network != Network::Silent).await;
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
