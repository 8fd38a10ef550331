//! Rows to records, whichever engine gives them.

mod columns;
mod people;
mod presented;

use serde::{
    Deserialize as _,
    de::{
        IntoDeserializer as _,
        value::{Error as ValueError, StrDeserializer},
    },
};

use self::{columns::damaged, people::identity_key};
pub(super) use self::{
    columns::{Column, Columns, Row},
    people::{consent, identity, session, user},
    presented::{person, presented_code, presented_grant},
};
use crate::{
    ambient::Timestamp,
    engine::record::{
        Authorization, Client, ClientKind, Code, Grant, PersonalToken, SigningKeyRecord,
    },
    protocol::{
        access::AccessClaims,
        id::{ClientId, GrantId, KeyId, ServerId, UserId},
        pkce::Challenge,
        resource::Resource,
    },
    store::{Epoch, StoreError},
};

/// The next column, whatever it is.
pub(super) fn value<T: Column>(row: &mut Columns<'_>) -> Result<T, StoreError> {
    row.take()
}

/// A moment, and nothing else.
pub(super) fn moment(row: &mut Columns<'_>) -> Result<Timestamp, StoreError> {
    row.time()
}

pub(super) fn epoch(row: &mut Columns<'_>) -> Result<Epoch, StoreError> {
    Ok(Epoch { number: row.take()?, began_at: row.time()? })
}

/// A number, and nothing else.
pub(super) fn number(row: &mut Columns<'_>) -> Result<i64, StoreError> {
    row.take()
}

/// A word, and nothing else.
pub(super) fn word(row: &mut Columns<'_>) -> Result<String, StoreError> {
    row.take()
}

/// Two words.
pub(super) fn words(row: &mut Columns<'_>) -> Result<(String, String), StoreError> {
    Ok((row.take()?, row.take()?))
}

/// What is sealed in a sign-in, and when that lapses.
pub(super) fn sealed(row: &mut Columns<'_>) -> Result<(Vec<u8>, Timestamp), StoreError> {
    Ok((row.take()?, row.time()?))
}

pub(super) fn grant_id(row: &mut Columns<'_>) -> Result<GrantId, StoreError> {
    row.take().map(GrantId::from_bytes)
}

/// The grant that a code opens, and whether it was unspent until now.
pub(super) fn spent(row: &mut Columns<'_>) -> Result<(GrantId, bool), StoreError> {
    Ok((grant_id(row)?, row.take()?))
}

pub(super) fn client(row: &mut Columns<'_>) -> Result<Client, StoreError> {
    Ok(Client {
        id: ClientId::new(row.text()?),
        kind: client_kind(row.text()?)?,
        name: row.take()?,
        uri: row.maybe()?,
        redirect_uris: row.json("redirect URIs")?,
        auth_methods: row.json("authentication methods")?,
        secret: row.maybe_digest()?,
        keys: row.maybe_json("client keys")?,
        refreshes: row.take()?,
        created_at: row.time()?,
        expires_at: row.maybe_time()?,
    })
}

fn client_kind(text: &str) -> Result<ClientKind, StoreError> {
    let kind: StrDeserializer<'_, ValueError> = text.into_deserializer();
    ClientKind::deserialize(kind).map_err(|_| damaged("client kind"))
}

pub(super) fn code(row: &mut Columns<'_>) -> Result<Code, StoreError> {
    Ok(Code {
        digest: row.digest()?,
        grant: grant_id(row)?,
        authorization: authorization(row)?,
        redirect_uri: row.take()?,
        challenge: Challenge::parse(row.text()?).ok_or_else(|| damaged("challenge"))?,
        expires_at: row.time()?,
    })
}

pub(super) fn grant(row: &mut Columns<'_>) -> Result<Grant, StoreError> {
    Ok(Grant {
        id: grant_id(row)?,
        authorization: authorization(row)?,
        generation: row.take()?,
        current: row.maybe_digest()?,
        previous: row.maybe_digest()?,
        successor: row.maybe()?,
        graces: row.take()?,
        rotated_at: row.time()?,
        idle_at: row.time()?,
        expires_at: row.time()?,
        revoked_at: row.maybe_time()?,
    })
}

pub(super) fn signing_key(row: &mut Columns<'_>) -> Result<SigningKeyRecord, StoreError> {
    Ok(SigningKeyRecord {
        id: KeyId::new(row.text()?),
        algorithm: row.take()?,
        generation: row.take()?,
        sealed: row.take()?,
        created_at: row.time()?,
        active_at: row.time()?,
        retired_at: row.maybe_time()?,
    })
}

fn authorization(row: &mut Columns<'_>) -> Result<Authorization, StoreError> {
    Ok(Authorization {
        user: UserId::new(row.text()?),
        client: ClientId::new(row.text()?),
        server: ServerId::new(row.text()?),
        resource: Resource::new(row.text()?),
        scopes: row.scopes()?,
        identity: identity_key(row)?,
        auth_time: row.time()?,
    })
}

pub(super) fn access_claims(row: &mut Columns<'_>) -> Result<AccessClaims, StoreError> {
    row.json("claims of a token")
}

pub(super) fn personal_token(row: &mut Columns<'_>) -> Result<PersonalToken, StoreError> {
    Ok(PersonalToken {
        digest: row.digest()?,
        name: row.take()?,
        created_at: row.time()?,
        grant: grant(row)?,
    })
}

/// A statement that always gives a row gave none.
pub(super) fn lost() -> StoreError {
    damaged("a row just written is missing")
}
