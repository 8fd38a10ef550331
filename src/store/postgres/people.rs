//! The verbs about people.

use async_trait::async_trait;

use super::{Postgres, may_be, run::Step};
use crate::{
    ambient::Timestamp,
    engine::record::{Code, Consent, Grant, HeldIdentity, IdentityKey, Session, User},
    protocol::{
        id::{ClientId, ServerId, UserId},
        secret::Digest,
    },
    store::{
        Linked, People, Person, StoreError, rows,
        sql::{joined, people as sql, presented},
        values::{self, values},
    },
};

#[async_trait]
impl People for Postgres {
    async fn admit(
        &self,
        key: &IdentityKey,
        fresh: &User,
        claims: &[u8],
    ) -> Result<User, StoreError> {
        let mut both = values::identity_key(key);
        both.extend(values![fresh.id.as_str(), claims, fresh.created_at, fresh.seen_at]);
        both.extend(values::person(fresh));
        self.one(joined::ADMIT, &both, rows::user).await?.ok_or_else(rows::lost)
    }

    async fn hold_claims(&self, key: &IdentityKey, claims: &[u8]) -> Result<(), StoreError> {
        self.change(sql::HOLD_CLAIMS, &values::claims(claims, key)).await.map(drop)
    }

    async fn person(&self, id: &UserId, key: &IdentityKey) -> Result<Person, StoreError> {
        let found =
            self.one(presented::PERSON, &values::identity_of(key, id), rows::person).await?;
        Ok(found.unwrap_or_default())
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.one(sql::USER, &values![id.as_str()], rows::user).await
    }

    async fn users(&self) -> Result<Vec<User>, StoreError> {
        self.all(sql::USERS, &[], rows::user).await
    }

    async fn disable(
        &self,
        id: &UserId,
        disabled: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (lock, person) = (values![disabled, id.as_str()], values![id.as_str(), now]);
        let locked = Step(sql::DISABLE_USER, &lock);
        let [there] = if disabled {
            let [codes, rest] = end_person(&person);
            let [there, ..] = self.together([locked, codes, rest]).await?;
            [there]
        } else {
            self.together([locked]).await?
        };
        Ok(there > 0)
    }

    async fn sign_out(&self, id: &UserId, now: Timestamp) -> Result<(), StoreError> {
        let (lock, person) = (values![id.as_str()], values![id.as_str(), now]);
        let [codes, rest] = end_person(&person);
        // A session that is being written comes with its code, and both end here or neither is there yet.
        self.together([Step(joined::LOCK_USER, &lock), codes, rest]).await.map(drop)
    }

    async fn identity(&self, key: &IdentityKey) -> Result<Option<HeldIdentity>, StoreError> {
        self.one(sql::IDENTITY, &values::identity_key(key), rows::identity).await
    }

    async fn identities_of(&self, user: &UserId) -> Result<Vec<HeldIdentity>, StoreError> {
        self.all(sql::IDENTITIES_OF, &values![user.as_str()], rows::identity).await
    }

    async fn link(&self, identity: &HeldIdentity) -> Result<Linked, StoreError> {
        let theirs = self.change(sql::LINK_IDENTITY, &values::identity(identity)).await?;
        Ok(if theirs > 0 { Linked::Theirs } else { Linked::SomebodyElses })
    }

    async fn unlink(
        &self,
        key: &IdentityKey,
        user: &UserId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (person, mut identity) = (values![user.as_str()], values::ended(now, key));
        identity.extend(values![user.as_str()]);
        let steps = [Step(joined::LOCK_IDENTITIES_OF, &person), Step(joined::UNLINK, &identity)];
        let [_, taken] = self.together(steps).await?;
        Ok(taken > 0)
    }

    async fn end_identity(&self, key: &IdentityKey, now: Timestamp) -> Result<(), StoreError> {
        self.change(joined::END_IDENTITY, &values::ended(now, key)).await.map(drop)
    }

    async fn put_session(
        &self,
        session: &Session,
        replaces: Option<&Digest>,
        code: Option<(&Code, &Consent)>,
    ) -> Result<(), StoreError> {
        let (person, row) = (values![session.user.as_str()], values::session(session));
        // No digest is empty, so that none is ended when none is replaced.
        let old = values![replaces.map_or(&[][..], |digest| digest.as_bytes())];
        let code = code.map(|(code, consent)| values::code_and_consent(code, consent));
        // The code first, as everywhere: who ends both begins with the codes.
        let mut steps = vec![Step(joined::LOCK_USER, &person)];
        steps.extend(code.as_ref().map(|code| Step(joined::PUT_CODE_AND_CONSENT, code)));
        steps.extend([
            Step(sql::END_SESSION, &old),
            Step(sql::PUT_SESSION, &row),
            Step(sql::END_SURPLUS_SESSIONS, &person),
        ]);
        self.change_each(&steps).await.map(drop)
    }

    async fn session(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        self.one(sql::SESSION, &values![digest, now], rows::session).await
    }

    async fn sessions_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.all(sql::SESSIONS_OF, &values![user.as_str(), now], rows::session).await
    }

    async fn touch_session(
        &self,
        digest: &Digest,
        seen_at: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(sql::TOUCH_SESSION, &values![seen_at, ends_at, digest]).await.map(drop)
    }

    async fn end_session(&self, digest: &Digest) -> Result<bool, StoreError> {
        Ok(self.change(sql::END_SESSION, &values![digest]).await? > 0)
    }

    async fn consent(
        &self,
        user: &UserId,
        client: &ClientId,
        server: &ServerId,
        redirect_host: &str,
    ) -> Result<Option<Consent>, StoreError> {
        let key = values![user.as_str(), client.as_str(), server.as_str(), redirect_host];
        self.one(sql::CONSENT, &key, rows::consent).await
    }

    async fn consents_of(&self, user: &UserId) -> Result<Vec<Consent>, StoreError> {
        self.all(sql::CONSENTS_OF, &values![user.as_str()], rows::consent).await
    }

    async fn grants_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<Grant>, StoreError> {
        self.all(sql::GRANTS_OF, &values![user.as_str(), now], rows::grant).await
    }

    async fn disconnect(
        &self,
        user: &UserId,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !may_be(client) {
            return Ok(());
        }
        let app = values![user.as_str(), client.as_str(), now];
        let steps = [Step(sql::REMOVE_LIVE_CODES_OF_APP, &app), Step(joined::END_APP, &app)];
        self.together(steps).await.map(drop)
    }
}

/// The codes go first: one that is being spent at this moment has opened its grant, which the second
/// statement sees, or never will.
fn end_person<'a>(person: &'a [values::Value<'a>]) -> [Step<'a>; 2] {
    [Step(sql::REMOVE_LIVE_CODES_OF, person), Step(joined::END_PERSON, person)]
}
