//! The verbs about people over one connection. Each runs inside a transaction that is its caller's.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::{
    Sqlite, presented,
    rows::{self, all, named, one, run},
    verbs::lost,
};
use crate::{
    ambient::Timestamp,
    engine::record::{Consent, Grant, HeldIdentity, IdentityKey, Session, User},
    protocol::{
        id::{ClientId, ServerId, UserId},
        secret::Digest,
    },
    store::{Linked, People, Person, StoreError, sql::people as sql},
};

#[async_trait]
impl People for Sqlite {
    async fn admit(
        &self,
        key: &IdentityKey,
        fresh: &User,
        claims: &[u8],
    ) -> Result<User, StoreError> {
        let (key, fresh, claims) = (key.clone(), fresh.clone(), claims.to_vec());
        self.writer.run(move |db| admit(db, key, fresh, claims)).await
    }

    async fn hold_claims(&self, key: &IdentityKey, claims: &[u8]) -> Result<(), StoreError> {
        let (key, claims) = (key.clone(), claims.to_vec());
        let work = move |db: &Connection| {
            let [provider, issuer, subject] = named(&key);
            run(db, sql::HOLD_CLAIMS, params![claims, provider, issuer, subject]).map(drop)
        };
        self.writer.run(work).await
    }

    async fn person(&self, id: &UserId, key: &IdentityKey) -> Result<Person, StoreError> {
        let (id, key) = (id.clone(), key.clone());
        self.read(move |db| presented::person(db, &id, &key)).await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        let id = id.clone();
        self.read(move |db| one(db, sql::USER, [id.as_str()], rows::user)).await
    }

    async fn users(&self) -> Result<Vec<User>, StoreError> {
        self.read(move |db| all(db, sql::USERS, [], rows::user)).await
    }

    async fn disable(
        &self,
        id: &UserId,
        disabled: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let id = id.clone();
        let work = move |db: &Connection| {
            let there = run(db, sql::DISABLE_USER, params![disabled, id.as_str()])? > 0;
            if disabled {
                sign_out(db, &id, now)?;
            }
            Ok(there)
        };
        self.writer.run(work).await
    }

    async fn sign_out(&self, id: &UserId, now: Timestamp) -> Result<(), StoreError> {
        let id = id.clone();
        self.writer.run(move |db| sign_out(db, &id, now)).await
    }

    async fn identity(&self, key: &IdentityKey) -> Result<Option<HeldIdentity>, StoreError> {
        let key = key.clone();
        let work = move |db: &Connection| one(db, sql::IDENTITY, named(&key), rows::identity);
        self.read(work).await
    }

    async fn identities_of(&self, user: &UserId) -> Result<Vec<HeldIdentity>, StoreError> {
        let user = user.clone();
        self.read(move |db| all(db, sql::IDENTITIES_OF, [user.as_str()], rows::identity)).await
    }

    async fn link(&self, identity: &HeldIdentity) -> Result<Linked, StoreError> {
        let identity = identity.clone();
        let work = move |db: &Connection| {
            let theirs: Option<String> = put_identity(db, sql::LINK_IDENTITY, &identity)?;
            Ok(theirs.map_or(Linked::SomebodyElses, |_| Linked::Theirs))
        };
        self.writer.run(work).await
    }

    async fn unlink(
        &self,
        key: &IdentityKey,
        user: &UserId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (key, user) = (key.clone(), user.clone());
        self.writer.run(move |db| unlink(db, &key, &user, now)).await
    }

    async fn end_identity(&self, key: &IdentityKey, now: Timestamp) -> Result<(), StoreError> {
        let key = key.clone();
        self.writer.run(move |db| end_identity(db, &key, now)).await
    }

    async fn put_session(
        &self,
        session: &Session,
        replaces: Option<&Digest>,
    ) -> Result<(), StoreError> {
        let (session, replaces) = (session.clone(), replaces.copied());
        self.writer.run(move |db| put_session(db, &session, replaces)).await
    }

    async fn session(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let digest = *digest;
        let key = move || (*digest.as_bytes(), now.unix());
        self.read(move |db| one(db, sql::SESSION, key(), rows::session)).await
    }

    async fn sessions_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let user = user.clone();
        let work = move |db: &Connection| {
            all(db, sql::SESSIONS_OF, params![user.as_str(), now.unix()], rows::session)
        };
        self.read(work).await
    }

    async fn touch_session(
        &self,
        digest: &Digest,
        seen_at: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreError> {
        let digest = *digest;
        let work = move |db: &Connection| {
            let row = params![seen_at.unix(), ends_at.unix(), digest.as_bytes()];
            run(db, sql::TOUCH_SESSION, row).map(drop)
        };
        self.writer.run(work).await
    }

    async fn end_session(&self, digest: &Digest) -> Result<bool, StoreError> {
        let digest = *digest;
        self.writer.run(move |db| Ok(run(db, sql::END_SESSION, [digest.as_bytes()])? > 0)).await
    }

    async fn consent(
        &self,
        user: &UserId,
        client: &ClientId,
        server: &ServerId,
        redirect_host: &str,
    ) -> Result<Option<Consent>, StoreError> {
        let (user, client, server) = (user.clone(), client.clone(), server.clone());
        let host = redirect_host.to_owned();
        let work = move |db: &Connection| {
            let key = params![user.as_str(), client.as_str(), server.as_str(), host];
            one(db, sql::CONSENT, key, rows::consent)
        };
        self.read(work).await
    }

    async fn consents_of(&self, user: &UserId) -> Result<Vec<Consent>, StoreError> {
        let user = user.clone();
        self.read(move |db| all(db, sql::CONSENTS_OF, [user.as_str()], rows::consent)).await
    }

    async fn grants_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<Grant>, StoreError> {
        let user = user.clone();
        let work = move |db: &Connection| {
            all(db, sql::GRANTS_OF, params![user.as_str(), now.unix()], rows::grant)
        };
        self.read(work).await
    }

    async fn disconnect(
        &self,
        user: &UserId,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (user, client) = (user.clone(), client.clone());
        self.writer.run(move |db| disconnect(db, &user, &client, now)).await
    }
}

fn admit(
    db: &Connection,
    key: IdentityKey,
    fresh: User,
    claims: Vec<u8>,
) -> Result<User, StoreError> {
    let (created_at, seen_at) = (fresh.created_at, fresh.seen_at);
    let held = HeldIdentity { key, user: fresh.id, claims: Some(claims), created_at, seen_at };
    let id: String = put_identity(db, sql::ADMIT_IDENTITY, &held)?.ok_or_else(lost)?;
    let (created_at, seen_at) = (created_at.unix(), seen_at.unix());
    let person = params![id, fresh.name, fresh.email, fresh.disabled, created_at, seen_at];
    one(db, sql::ADMIT_USER, person, rows::user)?.ok_or_else(lost)
}

fn put_identity(
    db: &Connection,
    sql: &str,
    held: &HeldIdentity,
) -> Result<Option<String>, StoreError> {
    let row = params![
        held.key.provider.as_str(),
        held.key.issuer,
        held.key.subject,
        held.user.as_str(),
        held.claims,
        held.created_at.unix(),
        held.seen_at.unix(),
    ];
    one(db, sql, row, rows::value)
}

/// The codes go first: one that is being spent at this moment has opened its grant, or never will.
fn sign_out(db: &Connection, id: &UserId, now: Timestamp) -> Result<(), StoreError> {
    let (id, now) = (id.as_str(), now.unix());
    run(db, sql::REMOVE_LIVE_CODES_OF, params![id, now])?;
    run(db, sql::END_SESSIONS_OF, [id])?;
    run(db, sql::REVOKE_GRANTS_OF, params![now, id]).map(drop)
}

fn unlink(
    db: &Connection,
    key: &IdentityKey,
    user: &UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let [provider, issuer, subject] = named(key);
    let taken = params![provider, issuer, subject, user.as_str()];
    if run(db, sql::UNLINK_IDENTITY, taken)? == 0 {
        return Ok(false);
    }
    end_identity(db, key, now)?;
    Ok(true)
}

fn end_identity(db: &Connection, key: &IdentityKey, now: Timestamp) -> Result<(), StoreError> {
    let [provider, issuer, subject] = named(key);
    run(db, sql::END_SESSIONS_OF_IDENTITY, named(key))?;
    let grants = params![now.unix(), provider, issuer, subject];
    run(db, sql::REVOKE_GRANTS_OF_IDENTITY, grants).map(drop)
}

fn put_session(
    db: &Connection,
    session: &Session,
    replaces: Option<Digest>,
) -> Result<(), StoreError> {
    if let Some(old) = replaces {
        run(db, sql::END_SESSION, [old.as_bytes()])?;
    }
    let row = params![
        session.digest.as_bytes(),
        session.user.as_str(),
        session.identity.provider.as_str(),
        session.identity.issuer,
        session.identity.subject,
        session.auth_time.unix(),
        session.label,
        session.created_at.unix(),
        session.seen_at.unix(),
        session.expires_at.unix(),
        session.ends_at.unix(),
    ];
    run(db, sql::PUT_SESSION, row)?;
    run(db, sql::END_OLDEST_SESSIONS, [session.user.as_str()]).map(drop)
}

fn disconnect(
    db: &Connection,
    user: &UserId,
    client: &ClientId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (user, client, now) = (user.as_str(), client.as_str(), now.unix());
    run(db, sql::REMOVE_LIVE_CODES_OF_APP, params![user, client, now])?;
    run(db, sql::REMOVE_CONSENTS_OF_APP, [user, client])?;
    run(db, sql::REVOKE_GRANTS_OF_APP, params![now, user, client]).map(drop)
}
