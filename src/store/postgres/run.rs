//! Runs statements: one alone, or several in one transaction that is sent at once.

use std::{
    future::{Future as _, poll_fn},
    iter::once,
    pin::pin,
    task::Poll,
    time::Duration,
};

use deadpool::managed::{Object, Pool, PoolError};
use futures_util::{TryStreamExt as _, future::maybe_done};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::{Client, Row, Statement, types::ToSql};

use super::{
    Postgres, WAIT,
    connect::{Connection, Door},
    fault::Fault,
};
use crate::store::{StoreError, rows::Columns, values::Value};

/// One statement and its parameters.
pub(super) struct Step<'a, P = Value<'a>>(pub(super) &'static str, pub(super) &'a [P]);

/// What a statement gave, and how many rows it gave or changed.
pub(super) struct Done {
    pub(super) rows: Vec<Row>,
    count: u64,
}

/// Where statements are run: over one of a number of connections.
#[derive(Clone)]
pub(super) struct Line(pub(super) Pool<Door>);

impl Postgres {
    /// The first row of a statement, read.
    pub(super) async fn one<T>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        read: fn(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(sql, values, read).await?.into_iter().next())
    }

    /// Every row of a statement, read. A text with a NUL stands in no row: PostgreSQL takes none.
    pub(super) async fn all<T>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        read: fn(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        if has_nul(values) {
            return Ok(Vec::new());
        }
        let done = self.line.run(&[Step(sql, values)]).await?;
        let rows = done.iter().flat_map(|done| &done.rows);
        rows.map(|row| read(&mut Columns::of(row))).collect()
    }

    /// The first row of the last of several statements in one transaction, read.
    pub(super) async fn last<T>(
        &self,
        steps: &[Step<'_>],
        read: fn(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let done = self.line.run(steps).await?;
        let row = done.last().and_then(|done| done.rows.first());
        row.map(|row| read(&mut Columns::of(row))).transpose()
    }

    /// Runs a statement; how many rows it changed.
    pub(super) async fn change(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        let [changed] = self.together([Step(sql, values)]).await?;
        Ok(changed)
    }

    /// Runs statements in one transaction, each of which sees what was committed before it began; how
    /// many rows each gave or changed.
    pub(super) async fn together<const N: usize>(
        &self,
        steps: [Step<'_>; N],
    ) -> Result<[u64; N], StoreError> {
        let mut counts = [0; N];
        for (count, done) in counts.iter_mut().zip(self.line.run(&steps).await?) {
            *count = done.count;
        }
        Ok(counts)
    }

    /// How many rows any number of statements in one transaction changed.
    pub(super) async fn change_each(&self, steps: &[Step<'_>]) -> Result<u64, StoreError> {
        if steps.is_empty() {
            return Ok(0);
        }
        Ok(self.line.run(steps).await?.iter().map(|done| done.count).sum())
    }
}

impl Line {
    pub(super) fn door(&self) -> &Door {
        self.0.manager()
    }

    /// Runs statements in one transaction. What the server undid because of others is asked again, after a
    /// pause.
    pub(super) async fn run<P: ToSql + Sync>(
        &self,
        steps: &[Step<'_, P>],
    ) -> Result<Vec<Done>, Fault> {
        let mut pause = SHORTEST;
        for _ in 1..ATTEMPTS {
            match self.attempt(steps).await {
                Err(fault) if fault.is_undone() => {
                    sleep(self.door().health.jittered(pause)).await;
                    pause *= 3;
                }
                done => return done,
            }
        }
        self.attempt(steps).await
    }

    async fn attempt<P: ToSql + Sync>(&self, steps: &[Step<'_, P>]) -> Result<Vec<Done>, Fault> {
        self.door().health.check()?;
        let mut connection = self.connection().await?;
        let done = timeout(PATIENCE, work(&mut connection, steps)).await;
        let done = done.unwrap_or(Err(Fault::Silent));
        if let Err(fault) = &done {
            self.give_up(connection, fault);
        }
        done
    }

    /// A connection of the pool. While the server lets us have no more of them than we have, one of those.
    async fn connection(&self) -> Result<Object<Door>, Fault> {
        let until = Instant::now() + WAIT;
        loop {
            match self.0.get().await {
                Err(PoolError::Backend(_))
                    if self.door().health.is_connected() && Instant::now() < until =>
                {
                    sleep(SHORTEST).await;
                }
                done => return Ok(done?),
            }
        }
    }

    fn give_up(&self, connection: Object<Door>, fault: &Fault) {
        if fault.costs_the_connection() {
            drop(Object::take(connection));
        }
        if fault.costs_every_connection() {
            self.0.retain(|_, _| false);
        }
    }
}

/// Whether any of them is a text with a NUL.
pub(super) fn has_nul(values: &[Value<'_>]) -> bool {
    values.iter().any(|value| matches!(value, Value::Text(text) if text.contains('\0')))
}

async fn work<P: ToSql + Sync>(
    connection: &mut Connection,
    steps: &[Step<'_, P>],
) -> Result<Vec<Done>, Fault> {
    let mut statements = Vec::with_capacity(steps.len());
    for Step(sql, _) in steps {
        statements.push(connection.prepared(sql).await?);
    }
    let client = &connection.client;
    match (statements.as_slice(), steps) {
        ([statement], [step]) => Ok(vec![ask(client, statement, step).await?]),
        _ => transaction(client, &statements, steps).await,
    }
}

/// All of it is sent, in this order, before the first answer is here. When a step fails, the server
/// ignores those behind it, and takes our `COMMIT` for a `ROLLBACK`.
async fn transaction<P: ToSql + Sync>(
    client: &Client,
    statements: &[Statement],
    steps: &[Step<'_, P>],
) -> Result<Vec<Done>, Fault> {
    let asked = statements.iter().zip(steps).map(|(statement, step)| Said::Step(statement, step));
    let whole = once(Said::Word("BEGIN")).chain(asked).chain(once(Said::Word("COMMIT")));
    let mut whole: Vec<_> = whole.map(|said| Box::pin(maybe_done(say(client, said)))).collect();
    // What is asked for the first time is sent.
    poll_fn(|context| {
        for one in &mut whole {
            let _ = one.as_mut().poll(context);
        }
        Poll::Ready(())
    })
    .await;
    let mut done = Vec::with_capacity(whole.len());
    for mut one in whole {
        one.as_mut().await;
        done.extend(one.as_mut().take_output().transpose()?);
    }
    Ok(done.into_iter().skip(1).take(steps.len()).collect())
}

/// Something for the server to do.
enum Said<'a, P> {
    Word(&'static str),
    Step(&'a Statement, &'a Step<'a, P>),
}

async fn say<P: ToSql + Sync>(
    client: &Client,
    said: Said<'_, P>,
) -> Result<Done, tokio_postgres::Error> {
    match said {
        Said::Step(statement, step) => ask(client, statement, step).await,
        Said::Word(word) => {
            client.batch_execute(word).await?;
            Ok(Done { rows: Vec::new(), count: 0 })
        }
    }
}

async fn ask<P: ToSql + Sync>(
    client: &Client,
    statement: &Statement,
    Step(_, parameters): &Step<'_, P>,
) -> Result<Done, tokio_postgres::Error> {
    let mut stream = pin!(client.query_raw(statement, *parameters).await?);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        rows.push(row);
    }
    Ok(Done { rows, count: stream.rows_affected().unwrap_or(0) })
}

/// How often one and the same is asked.
const ATTEMPTS: u32 = 5;
const SHORTEST: Duration = Duration::from_millis(5);
/// Longer than the server gives a statement: whoever does not answer by then is not there.
const PATIENCE: Duration = Duration::from_secs(6);
