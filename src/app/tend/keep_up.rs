//! Whether the broom keeps up, by hand: `cargo test --release --lib keep_up -- --ignored --nocapture`.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use super::broom::Broom;
use crate::{
    ambient::{Clock as _, OsEntropy, SystemClock, Timestamp},
    engine::record::{Authorization, Code, Consent, Grant, IdentityKey, SignIn},
    protocol::{
        id::{ClientId, GrantId, ProviderId, ServerId, UserId},
        pkce::Verifier,
        resource::Resource,
        scope::Scopes,
        secret::Digest,
    },
    store::{
        Store,
        postgres::{Address, Postgres},
        sqlite::Sqlite,
    },
};

/// What lapses in three minutes: sign-ins, codes, grants and single-use digests, a quarter each.
const LAPSED: u32 = 300_000;
const WRITERS: u32 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "fills a database for some minutes; prints figures"]
async fn the_broom_keeps_up_with_sqlite_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("keep_up.db")).unwrap();
    keeps_up("SQLite", Arc::new(store)).await;
}

/// In an empty database, whose URL stands in `KEEP_UP_POSTGRES`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "fills a database for some minutes; prints figures"]
#[expect(clippy::disallowed_methods, reason = "run by hand")]
async fn the_broom_keeps_up_with_postgresql_while_others_write() {
    let url = std::env::var("KEEP_UP_POSTGRES").expect("KEEP_UP_POSTGRES=postgres://…");
    let address = Address::parse(&url, Path::new("/")).unwrap();
    let store = Postgres::open(&address, 16, Arc::new(OsEntropy)).await.unwrap();
    keeps_up("PostgreSQL", Arc::new(store)).await;
}

async fn keeps_up(engine: &str, store: Arc<dyn Store>) {
    let now = SystemClock.now();
    fill(&store, now).await;
    let alone = Load::start(&store, now, 1);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let alone = alone.stop().await;
    let beside = Load::start(&store, now, 2);
    let mut broom = Broom::new(Arc::clone(&store), Arc::new(SystemClock), "keep up".to_owned());
    let began = Instant::now();
    let swept = broom.sweep().await.unwrap().unwrap();
    let took = began.elapsed();
    let beside = beside.stop().await;
    assert!(swept >= u64::from(LAPSED));
    let per_minute = 60.0 * f64::from(LAPSED) / took.as_secs_f64();
    println!("{engine}: {swept} rows in {took:.1?}, {per_minute:.0} a minute");
    println!("  exchanges without the broom: {alone}");
    println!("  exchanges beside it:         {beside}");
}

async fn fill(store: &Arc<dyn Store>, now: Timestamp) {
    let long_ago = now.minus(Duration::from_hours(72));
    let mut tasks = Vec::new();
    for part in 0..64 {
        let store = Arc::clone(store);
        tasks.push(tokio::spawn(async move {
            for row in (part..LAPSED / 4).step_by(64) {
                lapsed(&*store, row, long_ago).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

/// One row of each kind, all of which ended long ago.
async fn lapsed(store: &dyn Store, row: u32, end: Timestamp) {
    let key = Key { round: 0, writer: 0, row };
    let digest = key.digest();
    let provider = ProviderId::new("auth0");
    let sign_in =
        SignIn { state: digest, browser: digest, provider, sealed: vec![7; 300], expires_at: end };
    store.put_sign_in(&sign_in).await.unwrap();
    store.once(&digest, end).await.unwrap();
    exchange(store, key, end).await;
}

/// A code written and spent: what each sign-in costs the store.
async fn exchange(store: &dyn Store, key: Key, end: Timestamp) {
    let (digest, grant) = (key.digest(), key.grant());
    let code = Code {
        digest,
        grant,
        authorization: authorization(),
        redirect_uri: "http://127.0.0.1:4711/callback".to_owned(),
        challenge: Verifier::from_entropy([1; 32]).challenge(),
        expires_at: end,
    };
    store.put_code(&code, &consent(end)).await.unwrap();
    let grant = Grant {
        id: grant,
        authorization: authorization(),
        generation: 0,
        current: Some(digest),
        previous: None,
        successor: None,
        graces: 0,
        rotated_at: end,
        idle_at: end,
        expires_at: end,
        revoked_at: None,
    };
    store.spend(&digest, Some(&grant), None).await.unwrap();
}

#[derive(Clone, Copy)]
struct Key {
    round: u32,
    writer: u32,
    row: u32,
}

impl Key {
    fn digest(self) -> Digest {
        Digest::of(&format!("{} {} {}", self.round, self.writer, self.row))
    }

    fn grant(self) -> GrantId {
        let mut id = [0; 16];
        id.copy_from_slice(&self.digest().as_bytes()[..16]);
        GrantId::from_bytes(id)
    }
}

fn authorization() -> Authorization {
    Authorization {
        user: UserId::from_entropy([1; 16]),
        client: ClientId::new("https://client.example/metadata.json"),
        server: ServerId::new("demo"),
        resource: Resource::new("https://mcp.example/mcp"),
        scopes: Scopes::parse("read write").unwrap(),
        identity: IdentityKey {
            provider: ProviderId::new("auth0"),
            issuer: "https://tenant.eu.auth0.com/".to_owned(),
            subject: "auth0|65f1c0ffee65f1c0ffee".to_owned(),
        },
        auth_time: Timestamp::from_unix(1),
    }
}

fn consent(at: Timestamp) -> Consent {
    let Authorization { user, client, server, scopes, .. } = authorization();
    Consent { user, client, server, redirect_host: "127.0.0.1".to_owned(), scopes, at }
}

/// Writers that go on until they are stopped.
struct Load {
    began: Instant,
    enough: CancellationToken,
    writers: Vec<JoinHandle<Vec<Duration>>>,
}

impl Load {
    fn start(store: &Arc<dyn Store>, now: Timestamp, round: u32) -> Self {
        let (end, enough) = (now.plus(Duration::from_hours(24)), CancellationToken::new());
        let writer = |writer| {
            let (store, enough) = (Arc::clone(store), enough.clone());
            tokio::spawn(async move {
                let (mut took, mut row) = (Vec::new(), 0);
                while !enough.is_cancelled() {
                    let began = Instant::now();
                    exchange(&*store, Key { round, writer, row }, end).await;
                    took.push(began.elapsed());
                    row += 1;
                }
                took
            })
        };
        let writers = (0..WRITERS).map(writer).collect();
        Self { began: Instant::now(), enough, writers }
    }

    /// How many a second, and how long they took.
    async fn stop(self) -> String {
        self.enough.cancel();
        let span = self.began.elapsed();
        let mut all = Vec::new();
        for writer in self.writers {
            all.extend(writer.await.unwrap());
        }
        all.sort();
        let at = |hundredth: usize| all[all.len() * hundredth / 100];
        let rate = f64::from(u32::try_from(all.len()).unwrap()) / span.as_secs_f64();
        format!("{rate:.0} a second, p50 {:.1?}, p99 {:.1?}", at(50), at(99))
    }
}
