//! Connections: how they are made, to whichever server takes writes, and when they are given up.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{Client, Config, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    address::Address,
    fault::{self, Fault},
    health::Health,
    tls,
};
use crate::store::StoreError;

/// One connection and the statements it has prepared.
pub(super) struct Connection {
    pub(super) client: Client,
    statements: HashMap<&'static str, Statement>,
    driver: JoinHandle<()>,
}

impl Connection {
    /// A statement of ours, prepared once.
    pub(super) async fn prepared(&mut self, sql: &'static str) -> Result<Statement, Fault> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The other end may never close it.
        self.driver.abort();
    }
}

/// Makes connections.
pub(super) struct Door {
    pub(super) address: Address,
    pub(super) health: Arc<Health>,
    tls: MakeRustlsConnect,
    /// The server that was connected to last.
    last: AtomicUsize,
}

impl Door {
    pub(super) fn new(address: Address, health: Arc<Health>) -> Result<Self, StoreError> {
        let tls = tls::connector(&address.trust)?;
        Ok(Self { address, health, tls, last: AtomicUsize::new(0) })
    }

    /// The server that was connected to last.
    pub(super) fn server(&self) -> Option<&Config> {
        self.address.servers.get(self.last.load(Ordering::Relaxed))
    }

    /// A connection to the first server that takes writes, beginning with the one that did last.
    pub(super) async fn open(&self, settings: &str) -> Result<Connection, Fault> {
        let (servers, first) = (&self.address.servers, self.last.load(Ordering::Relaxed));
        let mut why = Vec::new();
        for at in (0..servers.len()).map(|next| (first + next) % servers.len()) {
            let Some(server) = servers.get(at) else { continue };
            match self.try_open(server, settings).await {
                Ok(connection) => {
                    self.last.store(at, Ordering::Relaxed);
                    return Ok(connection);
                }
                Err(reason) => why.push(reason),
            }
        }
        let why = why.join("; ");
        self.health.failed(&why);
        Err(Fault::Down(why))
    }

    async fn try_open(&self, server: &Config, settings: &str) -> Result<Connection, String> {
        let patience = server.get_connect_timeout().copied().unwrap_or(HANDSHAKE) + HANDSHAKE;
        match timeout(patience, self.connect(server, settings)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(fault::no_connection(server, &error)),
            Err(_) => Err(fault::no_answer(server)),
        }
    }

    async fn connect(
        &self,
        server: &Config,
        settings: &str,
    ) -> Result<Connection, tokio_postgres::Error> {
        let (client, driver) = server.connect(self.tls.clone()).await?;
        let alive = self.health.connected();
        let driver = tokio::spawn(async move {
            // The client is told the same error.
            let _ = driver.await;
            drop(alive);
        });
        let connection = Connection { client, statements: HashMap::new(), driver };
        connection.client.batch_execute(settings).await?;
        Ok(connection)
    }
}

impl Manager for Door {
    type Type = Connection;
    type Error = Fault;

    async fn create(&self) -> Result<Connection, Fault> {
        self.open(SETTINGS).await
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<Fault> {
        if connection.client.is_closed() {
            return Err(RecycleError::message("it was closed"));
        }
        Ok(())
    }
}

/// What a server may take over TLS, the password and the settings once it accepted the connection.
const HANDSHAKE: Duration = Duration::from_secs(2);
/// No verb takes longer, unless something is wrong; another's lock is not waited for so long.
///
/// What is asked again and again goes by an index, in its order, also while the server thinks the table
/// too small for that: the plan outlives that moment. Where there is no index after all, it would take
/// the price it then gives for a reason to compile. Nor is it planned anew each time: that costs more than
/// all the rest, and the server does it as long as it thinks the arrays shorter than it takes them to be.
/// An engine that knows none of these is left alone.
const SETTINGS: &str = "SET statement_timeout = '5s'; SET lock_timeout = '3s'; \
    SET idle_in_transaction_session_timeout = '10s'; \
    SELECT set_config(name, ours.value, FALSE) FROM pg_settings JOIN (VALUES \
    ('enable_seqscan', 'off'), ('enable_bitmapscan', 'off'), ('jit', 'off'), \
    ('plan_cache_mode', 'force_generic_plan')) AS ours (name, value) USING (name)";
