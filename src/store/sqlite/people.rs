//! The verbs about people over one connection. Each runs inside a transaction that is its caller's.

use async_trait::async_trait;
use rusqlite::Connection;

use super::{
    Sqlite,
    ask::{all, one, run},
    presented, verbs,
};
use crate::{
    ambient::Timestamp,
    engine::record::{Code, Consent, Grant, HeldIdentity, IdentityKey, Session, User},
    protocol::{
        id::{ClientId, ServerId, UserId},
        secret::Digest,
    },
    store::{
        Linked, People, Person, StoreError, rows,
        sql::people as sql,
        values::{self, Values, values},
    },
};

#[async_trait]
impl People for Sqlite {
    async fn admit(
        &self,
        key: &IdentityKey,
        fresh: &User,
        claims: &[u8],
    ) -> Result<User, StoreError> {
        let fresh = fresh.clone();
        let held = HeldIdentity {
            key: key.clone(),
            user: fresh.id.clone(),
            claims: Some(claims.to_vec()),
            created_at: fresh.created_at,
            seen_at: fresh.seen_at,
        };
        self.writer.run(move |db| admit(db, &held, &fresh)).await
    }

    async fn hold_claims(&self, key: &IdentityKey, claims: &[u8]) -> Result<(), StoreError> {
        let (key, claims) = (key.clone(), claims.to_vec());
        let work = move |db: &Connection| {
            run(db, sql::HOLD_CLAIMS, &values::claims(&claims, &key)).map(drop)
        };
        self.writer.run(work).await
    }

    async fn person(&self, id: &UserId, key: &IdentityKey) -> Result<Person, StoreError> {
        let (id, key) = (id.clone(), key.clone());
        self.read(move |db| presented::person(db, &id, &key)).await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        let id = id.clone();
        self.read(move |db| one(db, sql::USER, &values![id.as_str()], rows::user)).await
    }

    async fn users(&self) -> Result<Vec<User>, StoreError> {
        self.read_all(move |db| all(db, sql::USERS, &[], rows::user)).await
    }

    async fn disable(
        &self,
        id: &UserId,
        disabled: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let id = id.clone();
        let work = move |db: &Connection| {
            let there = run(db, sql::DISABLE_USER, &values![disabled, id.as_str()])? > 0;
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
        let work = move |db: &Connection| {
            one(db, sql::IDENTITY, &values::identity_key(&key), rows::identity)
        };
        self.read(work).await
    }

    async fn identities_of(&self, user: &UserId) -> Result<Vec<HeldIdentity>, StoreError> {
        let user = user.clone();
        self.read(move |db| all(db, sql::IDENTITIES_OF, &values![user.as_str()], rows::identity))
            .await
    }

    async fn link(&self, identity: &HeldIdentity) -> Result<Linked, StoreError> {
        let identity = identity.clone();
        let work = move |db: &Connection| {
            let theirs = run(db, sql::LINK_IDENTITY, &values::identity(&identity))? > 0;
            Ok(if theirs { Linked::Theirs } else { Linked::SomebodyElses })
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
        code: Option<(&Code, &Consent)>,
    ) -> Result<(), StoreError> {
        let (session, replaces) = (session.clone(), replaces.copied());
        let code = code.map(|(code, consent)| (code.clone(), consent.clone()));
        let work = move |db: &Connection| {
            put_session(db, &session, replaces)?;
            code.as_ref().map_or(Ok(()), |(code, consent)| verbs::put_code(db, code, consent))
        };
        self.writer.run(work).await
    }

    async fn session(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let digest = *digest;
        let key =
            move |db: &Connection| one(db, sql::SESSION, &values![&digest, now], rows::session);
        self.read(key).await
    }

    async fn sessions_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let user = user.clone();
        let work = move |db: &Connection| {
            all(db, sql::SESSIONS_OF, &values![user.as_str(), now], rows::session)
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
            run(db, sql::TOUCH_SESSION, &values![seen_at, ends_at, &digest]).map(drop)
        };
        self.writer.run(work).await
    }

    async fn end_session(&self, digest: &Digest) -> Result<bool, StoreError> {
        let digest = *digest;
        self.writer.run(move |db| Ok(run(db, sql::END_SESSION, &values![&digest])? > 0)).await
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
            let key = values![user.as_str(), client.as_str(), server.as_str(), &host];
            one(db, sql::CONSENT, &key, rows::consent)
        };
        self.read(work).await
    }

    async fn consents_of(&self, user: &UserId) -> Result<Vec<Consent>, StoreError> {
        let user = user.clone();
        self.read(move |db| all(db, sql::CONSENTS_OF, &values![user.as_str()], rows::consent)).await
    }

    async fn grants_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<Grant>, StoreError> {
        let user = user.clone();
        let work = move |db: &Connection| {
            all(db, sql::GRANTS_OF, &values![user.as_str(), now], rows::grant)
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

fn admit(db: &Connection, held: &HeldIdentity, fresh: &User) -> Result<User, StoreError> {
    run(db, sql::ADMIT_IDENTITY, &values::identity(held))?;
    let id: Option<String> =
        one(db, sql::USER_OF_IDENTITY, &values::identity_key(&held.key), rows::value)?;
    let id = id.ok_or_else(rows::lost)?;
    let mut person = Values::from(values![&id]);
    person.extend(values::person(fresh));
    run(db, sql::ADMIT_USER, &person)?;
    one(db, sql::USER, &values![&id], rows::user)?.ok_or_else(rows::lost)
}

/// The codes go first: one that is being spent at this moment has opened its grant, or never will.
fn sign_out(db: &Connection, id: &UserId, now: Timestamp) -> Result<(), StoreError> {
    let id = id.as_str();
    run(db, sql::REMOVE_LIVE_CODES_OF, &values![id, now])?;
    run(db, sql::END_SESSIONS_OF, &values![id])?;
    run(db, sql::REVOKE_GRANTS_OF, &values![now, id]).map(drop)
}

fn unlink(
    db: &Connection,
    key: &IdentityKey,
    user: &UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if run(db, sql::UNLINK_IDENTITY, &values::identity_of(key, user))? == 0 {
        return Ok(false);
    }
    end_identity(db, key, now)?;
    Ok(true)
}

fn end_identity(db: &Connection, key: &IdentityKey, now: Timestamp) -> Result<(), StoreError> {
    run(db, sql::END_SESSIONS_OF_IDENTITY, &values::identity_key(key))?;
    run(db, sql::REVOKE_GRANTS_OF_IDENTITY, &values::ended(now, key)).map(drop)
}

fn put_session(
    db: &Connection,
    session: &Session,
    replaces: Option<Digest>,
) -> Result<(), StoreError> {
    if let Some(old) = replaces {
        run(db, sql::END_SESSION, &values![&old])?;
    }
    run(db, sql::PUT_SESSION, &values::session(session))?;
    run(db, sql::END_SURPLUS_SESSIONS, &values![session.user.as_str()]).map(drop)
}

fn disconnect(
    db: &Connection,
    user: &UserId,
    client: &ClientId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (user, client) = (user.as_str(), client.as_str());
    run(db, sql::REMOVE_LIVE_CODES_OF_APP, &values![user, client, now])?;
    run(db, sql::REMOVE_CONSENTS_OF_APP, &values![user, client])?;
    run(db, sql::REVOKE_GRANTS_OF_APP, &values![now, user, client]).map(drop)
}
