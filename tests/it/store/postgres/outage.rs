//! Servers and networks that go away and come back.

use std::{sync::Arc, time::Duration};

use countersign::{
    protocol::secret::Digest,
    store::{Spent, Store as _, StoreError, postgres::Postgres},
};
use futures_util::future::join_all;
use tokio::{sync::Mutex, task::JoinHandle};

use super::super::samples::*;
use crate::harness::{
    postgres::{Server, open},
    proxy::{Network, Proxy},
};

/// Until the store works again, with what it said meanwhile. The service is to be back within ten
/// seconds; whoever shares the machine with other tests may take longer.
async fn recovered(store: &Postgres) -> Vec<StoreError> {
    let mut faults = Vec::new();
    while let Err(fault) = store.probe(NOW).await {
        faults.push(fault);
        assert!(faults.len() < 300, "it does not recover: {faults:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    faults
}

async fn own_server(settings: &'static str) -> Server {
    tokio::task::spawn_blocking(|| Server::start(settings)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_is_told_at_once_and_recovered_from_when_it_is_back() {
    let mut server = own_server("").await;
    let store = open(&server.database().await.url).await.unwrap();
    store.put_client(&client("before")).await.unwrap();
    server.stop();
    for _ in 0..3 {
        let refused = join_all((0..64).map(|_| store.probe(NOW))).await;
        assert!(refused.iter().all(|end| matches!(end, Err(StoreError::Unavailable(_)))));
    }
    let told = store.probe(NOW).await.unwrap_err().to_string();
    assert!(told.contains("start it, or correct the host and the port"), "{told}");
    tokio::task::block_in_place(|| server.restart());
    recovered(&store).await;
    assert_eq!(store.clients().await.unwrap(), [client("before")]);
}

/// A store behind a network of its own, every connection of which is in use once.
async fn behind_a_network() -> (Proxy, Arc<Postgres>) {
    let database = crate::harness::postgres::Database::fresh().await;
    let proxy = Proxy::before(database.port()).await;
    let store = Arc::new(open(&database.at(&[proxy.port])).await.unwrap());
    let probes = join_all((0..64).map(|_| store.probe(NOW))).await;
    assert!(probes.iter().all(Result::is_ok));
    (proxy, store)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_is_cut_is_told_and_recovered_from() {
    let (proxy, store) = behind_a_network().await;
    proxy.set(Network::Cut);
    let faults = join_all((0..64).map(|_| store.probe(NOW))).await;
    assert!(faults.iter().all(|end| matches!(end, Err(StoreError::Unavailable(_)))), "{faults:?}");
    proxy.set(Network::Whole);
    recovered(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_falls_silent_is_given_up_and_recovered_from() {
    let (proxy, store) = behind_a_network().await;
    proxy.set(Network::Silent);
    let faults = join_all((0..64).map(|_| store.probe(NOW))).await;
    assert!(faults.iter().all(|end| matches!(end, Err(StoreError::Unavailable(_)))), "{faults:?}");
    let told: Vec<_> = faults.into_iter().map(|end| end.unwrap_err().to_string()).collect();
    let silent = "the store is unavailable: PostgreSQL did not answer in time; whether the change \
        was made is unknown";
    assert!(told.iter().any(|told| told == silent), "{told:?}");
    // Whoever asks now is not kept waiting for what is known to be silent.
    let told = store.probe(NOW).await.unwrap_err().to_string();
    assert!(told.contains("does not answer") || told == silent, "{told}");
    proxy.set(Network::Whole);
    recovered(&store).await;
}

/// The connection is lost while a statement waits: nobody can tell whether it was done, so it is an
/// error, and it is not asked again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_whose_answer_was_lost_is_an_error_and_is_made_once_at_most() {
    let (proxy, store) = behind_a_network().await;
    let (given, opens) = (code(1, "c"), grant(1, "c"));
    store.put_code(&given, &consent("c")).await.unwrap();
    let spending = {
        let (store, opens) = (Arc::clone(&store), opens.clone());
        tokio::spawn(async move { store.spend(&code(1, "c").digest, Some(&opens), None).await })
    };
    tokio::task::yield_now().await;
    proxy.set(Network::Silent);
    let lost = spending.await.unwrap();
    proxy.set(Network::Cut);
    proxy.set(Network::Whole);
    recovered(&store).await;
    let opened = store.grant(&opens.id).await.unwrap();
    let again = store.spend(&given.digest, Some(&opens), None).await.unwrap();
    match lost {
        Ok(first) => assert_eq!((first, again), (Spent::First, Spent::Again(opens.id))),
        Err(_) if opened.is_some() => assert_eq!(again, Spent::Again(opens.id)),
        Err(_) => assert_eq!(again, Spent::First),
    }
    let once_more = store.spend(&given.digest, Some(&opens), None).await.unwrap();
    assert_eq!(once_more, Spent::Again(opens.id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_becomes_read_only_is_left_for_one_that_takes_writes() {
    let (mut first, second) = (own_server("").await, own_server("").await);
    for server in [&first, &second] {
        let make = "CREATE ROLE ada LOGIN; CREATE DATABASE ada OWNER ada";
        for one in make.split(';') {
            server.admin().await.batch_execute(one).await.unwrap();
        }
        drop(open(&server.url("ada", "ada")).await.unwrap());
    }
    let both = format!("postgres://ada@127.0.0.1:{},127.0.0.1:{}/ada", first.port, second.port);
    let store = open(&both).await.unwrap();
    store.put_client(&client("on the first")).await.unwrap();
    let admin = first.admin().await;
    let demote = "ALTER SYSTEM SET default_transaction_read_only = on";
    admin.batch_execute(demote).await.unwrap();
    admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let told = loop {
        match store.probe(NOW).await {
            Ok(()) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(fault) => break fault.to_string(),
        }
    };
    assert!(told.contains("read-only transaction (25006)"), "{told}");
    recovered(&store).await;
    store.put_client(&client("on the second")).await.unwrap();
    assert_eq!(store.clients().await.unwrap(), [client("on the second")]);
    first.stop();
    store.probe(NOW).await.unwrap();
}

/// Writes until told to stop; what was answered.
struct Writers {
    answered: Arc<Mutex<Vec<Digest>>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Writers {
    fn start(store: &Arc<Postgres>) -> Self {
        let answered = Arc::new(Mutex::new(Vec::new()));
        let task = |writer: u32| {
            let (store, answered) = (Arc::clone(store), Arc::clone(&answered));
            tokio::spawn(async move {
                for number in 0_u64.. {
                    let digest = Digest::of(&format!("{writer} {number}"));
                    match store.once(&digest, later(600)).await {
                        Ok(fresh) => {
                            assert!(fresh, "nobody else writes it");
                            answered.lock().await.push(digest);
                        }
                        Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                    }
                }
            })
        };
        let tasks = (0..8).map(task).collect();
        Self { answered, tasks }
    }

    async fn count(&self) -> usize {
        self.answered.lock().await.len()
    }

    async fn more(&self, than: usize) {
        while self.count().await <= than {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn stop(self) -> Vec<Digest> {
        for task in self.tasks {
            task.abort();
            assert!(task.await.is_err_and(|end| end.is_cancelled()), "no writer fell");
        }
        Arc::try_unwrap(self.answered).unwrap().into_inner()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_standby_is_found_and_has_every_write_that_was_answered() {
    let mut primary = own_server("").await;
    let database = primary.database().await;
    let standby = primary.standby().await;
    let both = database.at(&[standby.port, primary.port]);
    let store = Arc::new(open(&both).await.unwrap());
    let writers = Writers::start(&store);
    writers.more(200).await;
    primary.stop();
    let before = writers.count().await;
    standby.promote().await;
    writers.more(before + 200).await;
    let answered = writers.stop().await;
    for digest in &answered {
        assert!(!store.once(digest, later(600)).await.unwrap(), "an answered write is lost");
    }
}
