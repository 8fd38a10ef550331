//! One durable exchange in PostgreSQL: a code is spent and a grant written by one prepared statement, in
//! one round trip. As many connections as the service opens, each of which carries what comes next.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use countersign::protocol::secret::Digest;
use tokio_postgres::{Client, Statement};

use crate::cluster::{Cluster, connected};

/// Connections that are ready.
pub(super) struct Writer {
    connections: Vec<(Client, Statement)>,
    next: AtomicUsize,
}

impl Writer {
    pub(super) async fn open(url: &str) -> anyhow::Result<Self> {
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let client = connected(url).await?;
            let statement = client.prepare(EXCHANGE).await?;
            connections.push((client, statement));
        }
        Ok(Self { connections, next: AtomicUsize::new(0) })
    }

    /// Spends the code and writes a grant with that refresh token; returns when both are durable.
    pub(super) async fn exchange(&self, code: &str, refresh: &str) -> Result<(), String> {
        let at = self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len().max(1);
        let (client, statement) = self.connections.get(at).ok_or("no connection")?;
        let (code, refresh) = (Digest::of(code), Digest::of(refresh));
        let digests = [code.as_bytes().as_slice(), refresh.as_bytes().as_slice()];
        let written = client.execute(statement, &[&digests[0], &digests[1]]).await;
        match written {
            Ok(1) => Ok(()),
            Ok(_) => Err("there is no such code".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Makes the database with these codes, each with the id of its grant.
pub(crate) fn fill(
    cluster: &Cluster,
    database: &str,
    codes: impl Iterator<Item = (Digest, [u8; 16])>,
) -> anyhow::Result<()> {
    cluster.say("postgres", &[&format!("CREATE DATABASE \"{database}\"")])?;
    cluster.say(database, &[TABLES])?;
    let (digests, grants): (Vec<_>, Vec<_>) =
        codes.map(|(digest, grant)| (digest.as_bytes().to_vec(), grant.to_vec())).unzip();
    let url = cluster.url(database);
    crate::load::on_one_thread(async move {
        let client = connected(&url).await?;
        client.execute(PUT_CODES, &[&digests, &grants]).await.context("codes")?;
        Ok(())
    })
}

/// As many as the service has by default.
const CONNECTIONS: usize = 16;
const TABLES: &str = "
CREATE TABLE codes (
    digest BYTEA NOT NULL PRIMARY KEY, grant_id BYTEA NOT NULL, user_id TEXT NOT NULL,
    client_id TEXT NOT NULL, resource TEXT NOT NULL, scopes TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL, expires_at BIGINT NOT NULL, spent BOOLEAN NOT NULL
);
CREATE TABLE grants (
    id BYTEA NOT NULL PRIMARY KEY, user_id TEXT NOT NULL, client_id TEXT NOT NULL,
    resource TEXT NOT NULL, scopes TEXT NOT NULL, current BYTEA NOT NULL, expires_at BIGINT NOT NULL
);";
const PUT_CODES: &str = "INSERT INTO codes SELECT code, id, 'usr_AAAAAAAAAAAAAAAAAAAAAA', \
    'cs_cl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'http://localhost:8000/mcp', \
    'admin read write', 'http://127.0.0.1:7777/callback', \
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 4000000000, FALSE \
    FROM UNNEST($1::BYTEA[], $2::BYTEA[]) AS made (code, id)";
const EXCHANGE: &str = "WITH spent AS (UPDATE codes SET spent = TRUE \
    WHERE digest = $1 AND spent = FALSE RETURNING grant_id, user_id, client_id, resource, scopes) \
    INSERT INTO grants SELECT grant_id, user_id, client_id, resource, scopes, $2::BYTEA, 4000000000 \
    FROM spent";
