//! A whole database to another engine: copied table by table, and then compared row by row.
//!
//! Nothing is unsealed on the way: what is sealed in one database is sealed in the other, with the same
//! master key.

mod sum;

use std::{sync::Arc, time::Duration};

use serde::Serialize;

use self::sum::{Sum, hex, shown};
use crate::{
    ambient::{Clock, Timestamp},
    store::{
        MOVING, SWEEPING, StoreError,
        tables::{Cells, Table, Tables, digest},
    },
};

/// Why nothing was moved, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum MoveFault {
    /// A node works on one of the two.
    #[error(
        "a node is running on the database {which}, or was killed less than a minute ago: stop every node, and try again in {seconds} s"
    )]
    Running {
        /// `to move` or `to move to`.
        which: &'static str,
        /// Until its lease has lapsed.
        seconds: u64,
    },
    /// The target holds something that is not from an earlier attempt.
    #[error(
        "the database to move to holds other data (table {0}); give an empty one, or the one of an earlier attempt"
    )]
    Foreign(&'static str),
    /// The progress noted in the target cannot be read.
    #[error("the note of the earlier attempt cannot be read; empty the database to move to")]
    Note,
    /// An engine.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is going on, for whoever watches.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// Rows are copied.
    Copying,
    /// Rows are compared.
    Comparing,
}

/// Told after each page: the stage, how many rows of it are done, of how many.
pub type Watch<'a> = &'a mut (dyn FnMut(Stage, u64, u64) + Send);

/// What became of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Its name.
    pub table: &'static str,
    /// How many rows the source has.
    pub from: u64,
    /// How many the target has.
    pub to: u64,
    /// The sum of the digests of all rows of the source, in hexadecimal.
    pub digest: String,
    /// Whether the rows of the target have the same.
    pub same: bool,
    /// The keys of rows that differ, or are in one of them only; the first few.
    pub unlike: Vec<String>,
}

/// A move from one engine to another.
pub struct Moving {
    /// What is moved.
    pub from: Arc<dyn Tables>,
    /// Where it goes.
    pub to: Arc<dyn Tables>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// This process, unlike any other; also a name for a source that has none.
    pub holder: String,
}

impl Moving {
    /// Copies what is not copied yet, and compares everything. May be cut off at any moment and begun
    /// again.
    ///
    /// # Errors
    /// [`MoveFault`]. Tables that differ are none: they are told.
    pub async fn run(&self, watch: Watch<'_>) -> Result<Vec<Compared>, MoveFault> {
        self.hold_both().await?;
        let moved = self.copy_and_compare(watch).await;
        for engine in [&self.from, &self.to] {
            for lease in [SWEEPING, MOVING] {
                engine.release(lease, &self.holder).await?;
            }
        }
        moved
    }

    async fn copy_and_compare(&self, watch: Watch<'_>) -> Result<Vec<Compared>, MoveFault> {
        let source = self.from.named(&self.holder).await?;
        let mut noted = self.to.moved(&source).await?;
        if noted.is_empty() {
            self.is_empty().await?;
            self.to.note_moved(&source, "", "to").await?;
        }
        let mut all = 0;
        for table in Table::all() {
            all += self.from.count(table).await?;
        }
        let (mut copied, mut compared) = (0, 0);
        for table in Table::all() {
            let at = noted.iter().position(|(name, _)| name == table.name());
            let after = at.map(|at| noted.swap_remove(at).1);
            let after = after.map(|text| serde_json::from_str(&text));
            let after = after.transpose().map_err(|_| MoveFault::Note)?;
            let mut seen = |rows| {
                copied += rows;
                watch(Stage::Copying, copied, all);
            };
            self.copy(&source, table, after, &mut seen).await?;
        }
        let mut tables = Vec::new();
        for table in Table::all() {
            let mut seen = |rows| {
                compared += rows;
                watch(Stage::Comparing, compared, all);
            };
            tables.push(self.compare(table, &mut seen).await?);
        }
        Ok(tables)
    }

    /// The service of neither may work meanwhile: it would see, or leave behind, half of the records.
    async fn hold(&self, engine: &dyn Tables, which: &'static str) -> Result<(), MoveFault> {
        let now = self.clock.now();
        for lease in [SWEEPING, MOVING] {
            if !engine.lease(lease, &self.holder, now, now.plus(HELD)).await? {
                let until = engine.leased_until(lease).await?;
                let seconds = until.map_or(0, |until| until.since(now).as_secs()) + 1;
                return Err(MoveFault::Running { which, seconds });
            }
        }
        Ok(())
    }

    async fn hold_both(&self) -> Result<Timestamp, MoveFault> {
        let now = self.clock.now();
        self.hold(&*self.from, "to move").await?;
        self.hold(&*self.to, "to move to").await?;
        Ok(now)
    }

    async fn keep_holding(&self, since: &mut Timestamp) -> Result<(), MoveFault> {
        if self.clock.now().since(*since) >= HELD / 4 {
            *since = self.hold_both().await?;
        }
        Ok(())
    }

    async fn is_empty(&self) -> Result<(), MoveFault> {
        for table in Table::all() {
            if !self.to.page(table, None).await?.is_empty() {
                return Err(MoveFault::Foreign(table.name()));
            }
        }
        Ok(())
    }

    async fn copy(
        &self,
        source: &str,
        table: &'static Table,
        mut after: Option<Cells>,
        seen: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), MoveFault> {
        let mut held = self.hold_both().await?;
        loop {
            let rows = self.from.page(table, after.as_deref()).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            self.to.put(table, &rows).await?;
            let key = table.key(last).to_vec();
            let note = serde_json::to_string(&key).map_err(|_| MoveFault::Note)?;
            // After the rows: what is noted is there.
            self.to.note_moved(source, table.name(), &note).await?;
            seen(rows.len() as u64);
            after = Some(key);
            self.keep_holding(&mut held).await?;
        }
    }

    async fn compare(
        &self,
        table: &'static Table,
        seen: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Compared, MoveFault> {
        let from = self.sum(&*self.from, table, seen).await?;
        let to = self.sum(&*self.to, table, &mut |_| {}).await?;
        let same = from == to;
        let mut unlike = Vec::new();
        if !same {
            self.name_unlike(&*self.from, &*self.to, table, &mut unlike).await?;
            self.name_unlike(&*self.to, &*self.from, table, &mut unlike).await?;
        }
        let digest = hex(&from.digest);
        Ok(Compared { table: table.name(), from: from.rows, to: to.rows, digest, same, unlike })
    }

    /// Two engines may order texts differently, so the sum is of a kind that knows no order.
    async fn sum(
        &self,
        engine: &dyn Tables,
        table: &'static Table,
        seen: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Sum, MoveFault> {
        let (mut sum, mut after, mut held) =
            (Sum::default(), None::<Cells>, self.hold_both().await?);
        loop {
            let rows = engine.page(table, after.as_deref()).await?;
            let Some(last) = rows.last() else { return Ok(sum) };
            for row in &rows {
                sum.add(digest(row));
            }
            seen(rows.len() as u64);
            after = Some(table.key(last).to_vec());
            self.keep_holding(&mut held).await?;
        }
    }

    /// The rows of one that the other has not, or has otherwise.
    async fn name_unlike(
        &self,
        one: &dyn Tables,
        other: &dyn Tables,
        table: &'static Table,
        unlike: &mut Vec<String>,
    ) -> Result<(), MoveFault> {
        let (mut after, mut held) = (None::<Cells>, self.hold_both().await?);
        while unlike.len() < NAMED {
            let rows = one.page(table, after.as_deref()).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(table.key(last).to_vec());
            for row in &rows {
                let key = table.key(row);
                let name = shown(key);
                if other.find(table, key).await?.as_ref() != Some(row) && !unlike.contains(&name) {
                    unlike.push(name);
                }
            }
            self.keep_holding(&mut held).await?;
        }
        unlike.truncate(NAMED);
        Ok(())
    }
}

/// How long the leases last; renewed in time.
const HELD: Duration = Duration::from_mins(1);
/// How many rows that differ are named.
const NAMED: usize = 10;
