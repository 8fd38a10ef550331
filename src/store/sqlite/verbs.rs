//! The store's verbs over one connection. Each runs inside a transaction that is its caller's.

use rusqlite::Connection;

use super::ask::{all, one, run};
use crate::{
    ambient::Timestamp,
    engine::record::{Client, Code, Consent, Grant, SignIn},
    protocol::{
        id::{ClientId, GrantId, ProviderId},
        secret::Digest,
    },
    store::{
        Spent, StoreError, rows, sql,
        values::{self, values},
    },
};

pub(super) fn put_client(db: &Connection, client: &Client) -> Result<(), StoreError> {
    write_client(db, sql::PUT_CLIENT, client).map(drop)
}

pub(super) fn register_client(db: &Connection, client: &Client) -> Result<Client, StoreError> {
    let kept = write_client(db, sql::REGISTER_CLIENT, client)?;
    kept.ok_or_else(rows::lost)
}

fn write_client(db: &Connection, sql: &str, client: &Client) -> Result<Option<Client>, StoreError> {
    one(db, sql, &values::client(client)?, rows::client)
}

pub(super) fn client(
    db: &Connection,
    id: &ClientId,
    now: Timestamp,
) -> Result<Option<Client>, StoreError> {
    one(db, sql::CLIENT, &values![id.as_str(), now], rows::client)
}

pub(super) fn clients(db: &Connection) -> Result<Vec<Client>, StoreError> {
    all(db, sql::CLIENTS, &[], rows::client)
}

/// The codes go first: one that is being spent at this moment has opened its grant, or never will.
pub(super) fn remove_client(
    db: &Connection,
    id: &ClientId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let id = id.as_str();
    let there = run(db, sql::REMOVE_CLIENT, &values![id])? > 0;
    run(db, sql::REMOVE_CONSENTS_OF_CLIENT, &values![id])?;
    run(db, sql::REMOVE_LIVE_CODES_OF_CLIENT, &values![id, now])?;
    run(db, sql::REVOKE_GRANTS_OF_CLIENT, &values![now, id])?;
    Ok(there)
}

pub(super) fn put_sign_in(db: &Connection, sign_in: &SignIn) -> Result<(), StoreError> {
    run(db, sql::PUT_SIGN_IN, &values::sign_in(sign_in)).map(drop)
}

pub(super) fn sign_in(
    db: &Connection,
    state: Digest,
    browser: Digest,
    provider: &ProviderId,
    now: Timestamp,
) -> Result<Option<SignIn>, StoreError> {
    let key = values![&state, &browser, provider.as_str(), now];
    let found = one(db, sql::SIGN_IN, &key, rows::sealed)?;
    Ok(found.map(|(sealed, expires_at)| {
        let provider = provider.clone();
        SignIn { state, browser, provider, sealed, expires_at }
    }))
}

/// Ends a sign-in that was found; gives it to the one who did.
pub(super) fn end_sign_in(db: &Connection, found: SignIn) -> Result<Option<SignIn>, StoreError> {
    Ok((run(db, sql::END_SIGN_IN, &values![&found.state])? > 0).then_some(found))
}

pub(super) fn put_code(db: &Connection, code: &Code, consent: &Consent) -> Result<(), StoreError> {
    run(db, sql::PUT_CODE, &values::code(code))?;
    run(db, sql::PUT_CONSENT, &values::consent(consent)).map(drop)
}

pub(super) fn code(db: &Connection, digest: Digest) -> Result<Option<Code>, StoreError> {
    one(db, sql::CODE, &values![&digest], rows::code)
}

pub(super) fn spend(
    db: &Connection,
    digest: Digest,
    opens: Option<&Grant>,
    client_until: Option<Timestamp>,
) -> Result<Spent, StoreError> {
    if run(db, sql::SPEND, &values![&digest])? == 0 {
        let opened = one(db, sql::GRANT_OF_CODE, &values![&digest], rows::grant_id)?;
        return Ok(opened.map_or(Spent::Unknown, Spent::Again));
    }
    if let Some(grant) = opens {
        put_grant(db, grant)?;
        if let Some(until) = client_until {
            run(db, sql::CLIENT_USED, &values![until, &digest])?;
        }
    }
    Ok(Spent::First)
}

pub(super) fn put_grant(db: &Connection, grant: &Grant) -> Result<(), StoreError> {
    run(db, sql::PUT_GRANT, &values::grant(grant)).map(drop)
}

pub(super) fn grant(db: &Connection, id: GrantId) -> Result<Option<Grant>, StoreError> {
    one(db, sql::GRANT, &values![&id], rows::grant)
}

pub(super) fn swap_grant(
    db: &Connection,
    before: &Grant,
    after: &Grant,
) -> Result<bool, StoreError> {
    let (sql, values) = values::swapped(before, after);
    Ok(run(db, sql, &values)? > 0)
}

pub(super) fn revoke_grant(
    db: &Connection,
    id: GrantId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(run(db, sql::REVOKE_GRANT, &values![now, &id])? > 0)
}

pub(super) fn revoked_since(db: &Connection, since: Timestamp) -> Result<Vec<GrantId>, StoreError> {
    all(db, sql::REVOKED_SINCE, &values![since], rows::grant_id)
}

pub(super) fn once(db: &Connection, digest: Digest, until: Timestamp) -> Result<bool, StoreError> {
    Ok(run(db, sql::ONCE, &values![&digest, until])? > 0)
}

pub(super) fn probe(db: &Connection, now: Timestamp) -> Result<(), StoreError> {
    run(db, sql::PROBE, &values![now]).map(drop)
}

pub(super) fn sweep(db: &Connection, now: Timestamp, most: u32) -> Result<u64, StoreError> {
    let mut left = most;
    for sweep in &sql::SWEEPS {
        let before = now.unix().saturating_sub(sweep.kept);
        let gone = run(db, sweep.sql, &values![before, left])?;
        left = left.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
    }
    Ok(u64::from(most - left))
}
