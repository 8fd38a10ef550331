//! Rows of all that a request is judged by; each part may be missing.

use super::{Columns, client, code, grant, identity, user};
use crate::{
    engine::record::{Code, Grant},
    store::{Person, Presented, StoreError, sql::presented::width},
};

pub(in crate::store) fn presented_code(
    row: &mut Columns<'_>,
) -> Result<Presented<Code>, StoreError> {
    presented(row, width::CODE, code)
}

pub(in crate::store) fn presented_grant(
    row: &mut Columns<'_>,
) -> Result<Presented<Grant>, StoreError> {
    presented(row, width::GRANT, grant)
}

/// A person and the identity they came by.
pub(in crate::store) fn person(row: &mut Columns<'_>) -> Result<Person, StoreError> {
    Ok(Person {
        user: row.part(width::USER, user)?,
        identity: row.part(width::IDENTITY, identity)?,
    })
}

fn presented<T>(
    row: &mut Columns<'_>,
    width: usize,
    record: fn(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Presented<T>, StoreError> {
    Ok(Presented {
        client: row.part(width::CLIENT, client)?,
        record: row.part(width, record)?,
        person: person(row)?,
    })
}
