//! The statements of the token endpoint, each for all who ask it at the same time: a parameter is an
//! array, of one value for each of them, and a row begins with the number of whom it answers.

use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio_postgres::Row;

use super::{
    batch::{Batch, Refused},
    fault::Fault,
    run::{Line, Step, has_nul},
};
use crate::store::{
    StoreError,
    rows::{Columns, Row as _},
    sql::{gathered, presented},
    values::{Value, Values},
};

/// The statements that are asked together.
pub(super) struct Gathered {
    pub(super) present_code: Asked,
    pub(super) present_grant: Asked,
    pub(super) spend: Asked,
    pub(super) swap: Asked,
}

impl Gathered {
    pub(super) fn over(line: &Line) -> Self {
        Self {
            present_code: Asked::new(line, presented::PRESENT_CODES),
            present_grant: Asked::new(line, presented::PRESENT_GRANTS),
            spend: Asked::new(line, gathered::SPEND_AND_OPEN),
            swap: Asked::new(line, gathered::SWAP_GRANT),
        }
    }
}

/// A statement over arrays.
pub(super) struct Asked(Batch<Values<'static>, Option<Row>>);

impl Asked {
    fn new(line: &Line, sql: &'static str) -> Self {
        let line = line.clone();
        let ask = move |rows: Arc<[_]>| {
            let line = line.clone();
            async move { Ok(together(&line, sql, &rows).await?) }.boxed()
        };
        Self(Batch::new(LANES, ask))
    }

    /// The row that answers these values, read. A text with a NUL stands in no row, and would spoil the
    /// statement for all.
    pub(super) async fn one<T>(
        &self,
        values: impl IntoIterator<Item = Value<'_>>,
        read: fn(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let values: Values<'static> = values.into_iter().map(Value::into_owned).collect();
        if has_nul(&values) {
            return Ok(None);
        }
        let row = self.0.ask(values).await?;
        row.map(|row| read(&mut Columns::after(&row, NUMBER))).transpose()
    }
}

/// The row that answers each, if any does.
async fn together(
    line: &Line,
    sql: &'static str,
    asked: &[Values<'static>],
) -> Result<Vec<Option<Row>>, Fault> {
    let done = line.run(&[Step(sql, &columns(asked))]).await?;
    let mut answers: Vec<_> = asked.iter().map(|_| None).collect();
    for row in done.into_iter().flat_map(|done| done.rows) {
        if let Some(answer) = number(&row).and_then(|number| answers.get_mut(number)) {
            *answer = Some(row);
        }
    }
    Ok(answers)
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self { by_one: fault.is_of_a_row(), error: fault.into() }
    }
}

/// What stands in each column.
fn columns<'a>(rows: &'a [Values<'static>]) -> Vec<Vec<&'a Value<'static>>> {
    let width = rows.first().map_or(0, Vec::len);
    (0..width).map(|column| rows.iter().filter_map(|row| row.get(column)).collect()).collect()
}

/// Whom a row answers: `WITH ORDINALITY` counts from one.
fn number(row: &Row) -> Option<usize> {
    let number = row.int(0).ok().flatten()?;
    usize::try_from(number).ok()?.checked_sub(1)
}

/// How many columns stand before those of the answer.
const NUMBER: usize = 1;
/// How many batches of one statement are under way at a time: while the server commits or sends the one,
/// it works on the other. A third would make them smaller, and keep one more connection from the rest.
const LANES: usize = 2;
