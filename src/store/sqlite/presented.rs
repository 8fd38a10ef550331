//! Reading at one moment all that a request is judged by.

use rusqlite::{Connection, Params};

use super::rows::{self, Columns, one};
use crate::{
    ambient::Timestamp,
    engine::record::{Code, Grant, IdentityKey},
    protocol::{
        id::{ClientId, GrantId, UserId},
        secret::Digest,
    },
    store::{
        Person, Presented, StoreError,
        sql::presented::{self as sql, width},
    },
};

pub(super) fn code(
    db: &Connection,
    client: Option<&ClientId>,
    digest: Digest,
    now: Timestamp,
) -> Result<Presented<Code>, StoreError> {
    let key = (client.map(ClientId::as_str), now.unix(), digest.as_bytes());
    presented(db, sql::PRESENT_CODE, key, width::CODE, rows::code)
}

pub(super) fn grant(
    db: &Connection,
    client: Option<&ClientId>,
    id: GrantId,
    now: Timestamp,
) -> Result<Presented<Grant>, StoreError> {
    let key = (client.map(ClientId::as_str), now.unix(), id.as_bytes());
    presented(db, sql::PRESENT_GRANT, key, width::GRANT, rows::grant)
}

pub(super) fn person(
    db: &Connection,
    id: &UserId,
    key: &IdentityKey,
) -> Result<Person, StoreError> {
    let key = [key.provider.as_str(), &key.issuer, &key.subject, id.as_str()];
    one(db, sql::PERSON, key, behind).map(Option::unwrap_or_default)
}

fn presented<T>(
    db: &Connection,
    sql: &str,
    key: impl Params,
    width: usize,
    record: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Presented<T>, StoreError> {
    let found = one(db, sql, key, |row| {
        Ok(Presented {
            client: row.part(width::CLIENT, rows::client)?,
            record: row.part(width, &record)?,
            person: behind(row)?,
        })
    });
    found?.ok_or_else(super::verbs::lost)
}

fn behind(row: &mut Columns<'_>) -> Result<Person, StoreError> {
    Ok(Person {
        user: row.part(width::USER, rows::user)?,
        identity: row.part(width::IDENTITY, rows::identity)?,
    })
}
