//! Rows to records, and the two ways of asking for them.

use rusqlite::{
    Connection, Params, Row,
    types::{FromSql, ValueRef},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    ambient::Timestamp,
    engine::record::{
        Authorization, Client, Code, Consent, Grant, HeldIdentity, IdentityKey, PersonalToken,
        Session, SigningKeyRecord, User,
    },
    protocol::{
        access::AccessClaims,
        id::{ClientId, GrantId, KeyId, ProviderId, ServerId, UserId},
        pkce::Challenge,
        resource::Resource,
        scope::Scopes,
        secret::Digest,
    },
    store::{Epoch, StoreError},
};

/// The first row of a statement, read; the statement runs to its end.
pub(super) fn one<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    Ok(all(db, sql, params, read)?.into_iter().next())
}

/// Every row of a statement, read.
pub(super) fn all<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(&mut Columns { row, next: 0 })?);
    }
    Ok(found)
}

/// Runs a statement that gives no rows; how many it changed.
pub(super) fn run(db: &Connection, sql: &str, params: impl Params) -> Result<usize, StoreError> {
    Ok(db.prepare_cached(sql)?.execute(params)?)
}

/// The columns of one row, taken from left to right in the order in which the statement names them.
pub(super) struct Columns<'a> {
    row: &'a Row<'a>,
    next: usize,
}

impl Columns<'_> {
    pub(super) fn take<T: FromSql>(&mut self) -> Result<T, StoreError> {
        let value = self.row.get(self.next)?;
        self.next += 1;
        Ok(value)
    }

    /// The next `width` columns, unless the first of them is NULL: then they are missing.
    pub(super) fn part<T>(
        &mut self,
        width: usize,
        read: impl Fn(&mut Self) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if self.row.get_ref(self.next)? == ValueRef::Null {
            self.next += width;
            return Ok(None);
        }
        read(self).map(Some)
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.take().map(Timestamp::from_unix)
    }

    fn maybe_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.take::<Option<i64>>()?.map(Timestamp::from_unix))
    }

    fn digest(&mut self) -> Result<Digest, StoreError> {
        self.take().map(Digest::from_bytes)
    }

    fn maybe_digest(&mut self) -> Result<Option<Digest>, StoreError> {
        Ok(self.take::<Option<[u8; 32]>>()?.map(Digest::from_bytes))
    }

    fn scopes(&mut self) -> Result<Scopes, StoreError> {
        Scopes::parse(&self.take::<String>()?).map_err(|_| damaged("scopes"))
    }

    fn json<T: DeserializeOwned>(&mut self, what: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.take::<String>()?).map_err(|_| damaged(what))
    }
}

/// An identity as statements name it.
pub(super) fn named(key: &IdentityKey) -> [&str; 3] {
    [key.provider.as_str(), &key.issuer, &key.subject]
}

/// The next column, whatever it is.
pub(super) fn value<T: FromSql>(row: &mut Columns<'_>) -> Result<T, StoreError> {
    row.take()
}

pub(super) fn grant_id(row: &mut Columns<'_>) -> Result<GrantId, StoreError> {
    row.take().map(GrantId::from_entropy)
}

pub(super) fn client(row: &mut Columns<'_>) -> Result<Client, StoreError> {
    Ok(Client {
        id: ClientId::new(row.take::<String>()?),
        kind: serde_json::from_value(Value::String(row.take()?))
            .map_err(|_| damaged("client kind"))?,
        name: row.take()?,
        uri: row.take()?,
        redirect_uris: row.json("redirect URIs")?,
        auth_methods: row.json("authentication methods")?,
        secret: row.maybe_digest()?,
        keys: match row.take::<Option<String>>()? {
            Some(text) => serde_json::from_str(&text).map_err(|_| damaged("client keys"))?,
            None => None,
        },
        refreshes: row.take()?,
        created_at: row.time()?,
        expires_at: row.maybe_time()?,
    })
}

pub(super) fn user(row: &mut Columns<'_>) -> Result<User, StoreError> {
    Ok(User {
        id: UserId::new(row.take::<String>()?),
        name: row.take()?,
        email: row.take()?,
        disabled: row.take()?,
        created_at: row.time()?,
        seen_at: row.time()?,
    })
}

pub(super) fn code(row: &mut Columns<'_>) -> Result<Code, StoreError> {
    Ok(Code {
        digest: row.digest()?,
        grant: grant_id(row)?,
        authorization: authorization(row)?,
        redirect_uri: row.take()?,
        challenge: Challenge::parse(&row.take::<String>()?).ok_or_else(|| damaged("challenge"))?,
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
        successor: row.take()?,
        graces: row.take()?,
        rotated_at: row.time()?,
        idle_at: row.time()?,
        expires_at: row.time()?,
        revoked_at: row.maybe_time()?,
    })
}

pub(super) fn signing_key(row: &mut Columns<'_>) -> Result<SigningKeyRecord, StoreError> {
    Ok(SigningKeyRecord {
        id: KeyId::new(row.take::<String>()?),
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
        user: UserId::new(row.take::<String>()?),
        client: ClientId::new(row.take::<String>()?),
        server: ServerId::new(row.take::<String>()?),
        resource: Resource::new(row.take::<String>()?),
        scopes: row.scopes()?,
        identity: identity_key(row)?,
        auth_time: row.time()?,
    })
}

fn identity_key(row: &mut Columns<'_>) -> Result<IdentityKey, StoreError> {
    Ok(IdentityKey {
        provider: ProviderId::new(row.take::<String>()?),
        issuer: row.take()?,
        subject: row.take()?,
    })
}

pub(super) fn identity(row: &mut Columns<'_>) -> Result<HeldIdentity, StoreError> {
    Ok(HeldIdentity {
        key: identity_key(row)?,
        user: UserId::new(row.take::<String>()?),
        claims: row.take()?,
        created_at: row.time()?,
        seen_at: row.time()?,
    })
}

pub(super) fn session(row: &mut Columns<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        digest: row.digest()?,
        user: UserId::new(row.take::<String>()?),
        identity: identity_key(row)?,
        auth_time: row.time()?,
        label: row.take()?,
        created_at: row.time()?,
        seen_at: row.time()?,
        expires_at: row.time()?,
        ends_at: row.time()?,
    })
}

pub(super) fn consent(row: &mut Columns<'_>) -> Result<Consent, StoreError> {
    Ok(Consent {
        user: UserId::new(row.take::<String>()?),
        client: ClientId::new(row.take::<String>()?),
        server: ServerId::new(row.take::<String>()?),
        redirect_host: row.take()?,
        scopes: row.scopes()?,
        at: row.time()?,
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

pub(super) fn epoch(row: &mut Columns<'_>) -> Result<Epoch, StoreError> {
    Ok(Epoch { number: row.take()?, began_at: row.time()? })
}

pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}
