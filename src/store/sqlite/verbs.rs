//! The store's verbs over one connection. Each runs inside a transaction that is its caller's.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::rows::{self, all, one, run};
use crate::{
    ambient::Timestamp,
    engine::record::{Client, ClientKind, Code, Consent, Grant, SignIn},
    protocol::{
        id::{ClientId, GrantId, ProviderId},
        secret::Digest,
    },
    store::{Spent, StoreError, sql},
};

pub(super) fn put_client(db: &Connection, client: &Client) -> Result<(), StoreError> {
    write_client(db, sql::PUT_CLIENT, client).map(drop)
}

pub(super) fn register_client(db: &Connection, client: &Client) -> Result<Client, StoreError> {
    let kept = write_client(db, sql::REGISTER_CLIENT, client)?;
    kept.ok_or_else(|| rows::damaged("client written"))
}

fn write_client(db: &Connection, sql: &str, client: &Client) -> Result<Option<Client>, StoreError> {
    let row = params![
        client.id.as_str(),
        kind(client.kind),
        client.name,
        client.uri,
        json(&client.redirect_uris)?,
        json(&client.auth_methods)?,
        client.secret.as_ref().map(Digest::as_bytes),
        client.keys.as_ref().map(json).transpose()?,
        client.refreshes,
        client.created_at.unix(),
        client.expires_at.map(Timestamp::unix),
    ];
    one(db, sql, row, rows::client)
}

pub(super) fn client(
    db: &Connection,
    id: &ClientId,
    now: Timestamp,
) -> Result<Option<Client>, StoreError> {
    one(db, sql::CLIENT, params![id.as_str(), now.unix()], rows::client)
}

pub(super) fn clients(db: &Connection) -> Result<Vec<Client>, StoreError> {
    all(db, sql::CLIENTS, [], rows::client)
}

/// The codes go first: one that is being spent at this moment has opened its grant, or never will.
pub(super) fn remove_client(
    db: &Connection,
    id: &ClientId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (id, now) = (id.as_str(), now.unix());
    let there = run(db, sql::REMOVE_CLIENT, [id])? > 0;
    run(db, sql::REMOVE_CONSENTS_OF_CLIENT, [id])?;
    run(db, sql::REMOVE_LIVE_CODES_OF_CLIENT, params![id, now])?;
    run(db, sql::REVOKE_GRANTS_OF_CLIENT, params![now, id])?;
    Ok(there)
}

pub(super) fn put_sign_in(db: &Connection, sign_in: &SignIn) -> Result<(), StoreError> {
    let row = params![
        sign_in.state.as_bytes(),
        sign_in.browser.as_bytes(),
        sign_in.provider.as_str(),
        sign_in.sealed,
        sign_in.expires_at.unix(),
    ];
    run(db, sql::PUT_SIGN_IN, row).map(drop)
}

/// Reads or takes, as `sql` says.
pub(super) fn sign_in(
    db: &Connection,
    sql: &str,
    state: Digest,
    browser: Digest,
    provider: ProviderId,
    now: Timestamp,
) -> Result<Option<SignIn>, StoreError> {
    let key = params![state.as_bytes(), browser.as_bytes(), provider.as_str(), now.unix()];
    let taken = one(db, sql, key, |row| Ok((row.take()?, row.time()?)))?;
    Ok(taken.map(|(sealed, expires_at)| SignIn { state, browser, provider, sealed, expires_at }))
}

pub(super) fn put_code(db: &Connection, code: &Code, consent: &Consent) -> Result<(), StoreError> {
    let what = &code.authorization;
    let row = params![
        code.digest.as_bytes(),
        code.grant.as_bytes(),
        what.user.as_str(),
        what.client.as_str(),
        what.server.as_str(),
        what.resource.as_str(),
        what.scopes.to_string(),
        what.identity.provider.as_str(),
        what.identity.issuer,
        what.identity.subject,
        what.auth_time.unix(),
        code.redirect_uri,
        code.challenge.as_str(),
        code.expires_at.unix(),
    ];
    run(db, sql::PUT_CODE, row)?;
    let row = params![
        consent.user.as_str(),
        consent.client.as_str(),
        consent.server.as_str(),
        consent.redirect_host,
        consent.scopes.to_string(),
        consent.at.unix(),
    ];
    run(db, sql::PUT_CONSENT, row).map(drop)
}

pub(super) fn code(db: &Connection, digest: Digest) -> Result<Option<Code>, StoreError> {
    one(db, sql::CODE, [digest.as_bytes()], rows::code)
}

pub(super) fn spend(
    db: &Connection,
    digest: Digest,
    opens: Option<&Grant>,
    client_until: Timestamp,
) -> Result<Spent, StoreError> {
    let first: Option<String> = one(db, sql::SPEND, [digest.as_bytes()], rows::value)?;
    let Some(client) = first else {
        let opened = one(db, sql::GRANT_OF_CODE, [digest.as_bytes()], rows::grant_id)?;
        return Ok(opened.map_or(Spent::Unknown, Spent::Again));
    };
    if let Some(grant) = opens {
        put_grant(db, grant)?;
        run(db, sql::CLIENT_USED, params![client_until.unix(), client])?;
    }
    Ok(Spent::First)
}

pub(super) fn put_grant(db: &Connection, grant: &Grant) -> Result<(), StoreError> {
    let what = &grant.authorization;
    let row = params![
        grant.id.as_bytes(),
        what.user.as_str(),
        what.client.as_str(),
        what.server.as_str(),
        what.resource.as_str(),
        what.scopes.to_string(),
        what.identity.provider.as_str(),
        what.identity.issuer,
        what.identity.subject,
        what.auth_time.unix(),
        grant.generation,
        grant.current.as_ref().map(Digest::as_bytes),
        grant.previous.as_ref().map(Digest::as_bytes),
        grant.successor,
        grant.graces,
        grant.rotated_at.unix(),
        grant.idle_at.unix(),
        grant.expires_at.unix(),
        grant.revoked_at.map(Timestamp::unix),
        grant.idle_at.min(grant.expires_at).unix(),
    ];
    run(db, sql::PUT_GRANT, row).map(drop)
}

pub(super) fn grant(db: &Connection, id: GrantId) -> Result<Option<Grant>, StoreError> {
    one(db, sql::GRANT, [id.as_bytes()], rows::grant)
}

pub(super) fn swap_grant(
    db: &Connection,
    id: GrantId,
    generation: u32,
    graces: u8,
    after: &Grant,
) -> Result<bool, StoreError> {
    let what = &after.authorization;
    let row = params![
        what.user.as_str(),
        what.client.as_str(),
        what.server.as_str(),
        what.resource.as_str(),
        what.scopes.to_string(),
        what.identity.provider.as_str(),
        what.identity.issuer,
        what.identity.subject,
        what.auth_time.unix(),
        after.generation,
        after.current.as_ref().map(Digest::as_bytes),
        after.previous.as_ref().map(Digest::as_bytes),
        after.successor,
        after.graces,
        after.rotated_at.unix(),
        after.idle_at.unix(),
        after.expires_at.unix(),
        after.revoked_at.map(Timestamp::unix),
        after.idle_at.min(after.expires_at).unix(),
        id.as_bytes(),
        generation,
        graces,
    ];
    Ok(run(db, sql::SWAP_GRANT, row)? > 0)
}

pub(super) fn revoke_grant(
    db: &Connection,
    id: GrantId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(run(db, sql::REVOKE_GRANT, params![now.unix(), id.as_bytes()])? > 0)
}

pub(super) fn revoked_since(db: &Connection, since: Timestamp) -> Result<Vec<GrantId>, StoreError> {
    all(db, sql::REVOKED_SINCE, [since.unix()], rows::grant_id)
}

pub(super) fn once(db: &Connection, digest: Digest, until: Timestamp) -> Result<bool, StoreError> {
    Ok(run(db, sql::ONCE, params![digest.as_bytes(), until.unix()])? > 0)
}

pub(super) fn probe(db: &Connection, now: Timestamp) -> Result<(), StoreError> {
    run(db, sql::PROBE, [now.unix()]).map(drop)
}

pub(super) fn sweep(db: &Connection, now: Timestamp, most: u32) -> Result<u64, StoreError> {
    let mut left = most;
    for sweep in &sql::SWEEPS {
        let before = now.unix().saturating_sub(sweep.kept);
        let gone = run(db, sweep.sql, params![before, left])?;
        left = left.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
    }
    Ok(u64::from(most - left))
}

fn kind(kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::PreRegistered => "pre_registered",
        ClientKind::Dynamic => "dynamic",
        ClientKind::Document => "document",
    }
}

pub(super) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|cause| StoreError::Unavailable(cause.to_string()))
}

/// A statement that always gives a row gave none.
pub(super) fn lost() -> StoreError {
    StoreError::Damaged("a row just written is missing".to_owned())
}
