//! Reading at one moment all that a request is judged by.

use rusqlite::Connection;

use super::ask::one;
use crate::{
    ambient::Timestamp,
    engine::record::{Code, Grant, IdentityKey},
    protocol::{
        id::{ClientId, GrantId, UserId},
        secret::Digest,
    },
    store::{Person, Presented, StoreError, rows, sql::presented as sql, values},
};

pub(super) fn code(
    db: &Connection,
    client: Option<&ClientId>,
    digest: Digest,
    now: Timestamp,
) -> Result<Presented<Code>, StoreError> {
    let key = values::presented(client, now, &digest);
    one(db, sql::PRESENT_CODE, &key, rows::presented_code)?.ok_or_else(rows::lost)
}

pub(super) fn grant(
    db: &Connection,
    client: Option<&ClientId>,
    id: GrantId,
    now: Timestamp,
) -> Result<Presented<Grant>, StoreError> {
    let key = values::presented(client, now, &id);
    one(db, sql::PRESENT_GRANT, &key, rows::presented_grant)?.ok_or_else(rows::lost)
}

pub(super) fn person(
    db: &Connection,
    id: &UserId,
    key: &IdentityKey,
) -> Result<Person, StoreError> {
    let key = values::identity_of(key, id);
    one(db, sql::PERSON, &key, rows::person).map(Option::unwrap_or_default)
}
