//! Rows about people to records.

use super::Columns;
use crate::{
    engine::record::{Consent, HeldIdentity, IdentityKey, Session, User},
    protocol::id::{ClientId, ProviderId, ServerId, UserId},
    store::StoreError,
};

pub(in crate::store) fn user(row: &mut Columns<'_>) -> Result<User, StoreError> {
    Ok(User {
        id: UserId::new(row.text()?),
        name: row.maybe()?,
        email: row.maybe()?,
        disabled: row.take()?,
        created_at: row.time()?,
        seen_at: row.time()?,
    })
}

pub(super) fn identity_key(row: &mut Columns<'_>) -> Result<IdentityKey, StoreError> {
    Ok(IdentityKey {
        provider: ProviderId::new(row.text()?),
        issuer: row.take()?,
        subject: row.take()?,
    })
}

pub(in crate::store) fn identity(row: &mut Columns<'_>) -> Result<HeldIdentity, StoreError> {
    Ok(HeldIdentity {
        key: identity_key(row)?,
        user: UserId::new(row.text()?),
        claims: row.maybe()?,
        created_at: row.time()?,
        seen_at: row.time()?,
    })
}

pub(in crate::store) fn session(row: &mut Columns<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        digest: row.digest()?,
        user: UserId::new(row.text()?),
        identity: identity_key(row)?,
        auth_time: row.time()?,
        label: row.take()?,
        created_at: row.time()?,
        seen_at: row.time()?,
        expires_at: row.time()?,
        ends_at: row.time()?,
    })
}

pub(in crate::store) fn consent(row: &mut Columns<'_>) -> Result<Consent, StoreError> {
    Ok(Consent {
        user: UserId::new(row.text()?),
        client: ClientId::new(row.text()?),
        server: ServerId::new(row.text()?),
        redirect_host: row.take()?,
        scopes: row.scopes()?,
        at: row.time()?,
    })
}
