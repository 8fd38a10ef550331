//! What PostgreSQL alone promises: many nodes, a network, servers that go away and come back.

mod gathered;
mod meanwhile;
mod outage;
mod schema;
mod starts;
mod strain;
mod tls;

use std::{sync::Arc, time::Duration};

use countersign::store::postgres::Postgres;
use tokio::time::sleep;

use crate::harness::postgres::Database;

async fn opened() -> (Database, Arc<Postgres>) {
    let database = Database::fresh().await;
    let store = Arc::new(database.open().await);
    (database, store)
}

/// Until so many of the database's connections wait for a lock; they do for three seconds at most.
async fn waiting(database: &Database, count: i64) {
    let asked = database.client().await;
    let sql = "SELECT COUNT(*) FROM pg_stat_activity \
        WHERE usename = current_user AND wait_event_type = 'Lock'";
    while asked.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) < count {
        sleep(Duration::from_millis(5)).await;
    }
}
