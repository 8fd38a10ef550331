//! The store's verbs about people: their identities, their signed-in browsers, and what they allowed.

use async_trait::async_trait;

use super::StoreError;
use crate::{
    ambient::Timestamp,
    engine::record::{Code, Consent, Grant, HeldIdentity, IdentityKey, Session, User},
    protocol::{
        id::{ClientId, ServerId, UserId},
        secret::Digest,
    },
};

/// What became of a second identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// It is this person's now, or was before.
    Theirs,
    /// It is somebody else's, and stays so.
    SomebodyElses,
}

/// A person as they came: the account, and the identity that they signed in with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub user: Option<User>,
    /// The identity, if it is still that account's.
    pub identity: Option<HeldIdentity>,
}

/// The half of the store that is about people.
#[async_trait]
pub trait People: Send + Sync + 'static {
    /// Finds the user of an identity, or makes `fresh` that user; one user per identity whatever the
    /// interleaving. Name, e-mail and `seen_at` follow `fresh`, the identity's claims follow `claims`;
    /// id, `created_at` and `disabled` stay.
    async fn admit(
        &self,
        key: &IdentityKey,
        fresh: &User,
        claims: &[u8],
    ) -> Result<User, StoreError>;
    /// Replaces the claims of an identity that is known; makes nobody.
    async fn hold_claims(&self, key: &IdentityKey, claims: &[u8]) -> Result<(), StoreError>;
    /// The account of this id with the identity of this key, if that is its own: both at one moment.
    async fn person(&self, id: &UserId, key: &IdentityKey) -> Result<Person, StoreError>;
    /// The user.
    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError>;
    /// Every user, latest sign-in first.
    async fn users(&self) -> Result<Vec<User>, StoreError>;
    /// Locks a person out or lets them in again; false when there is no such person. Locking out ends
    /// what [`Self::sign_out`] ends.
    async fn disable(
        &self,
        id: &UserId,
        disabled: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Ends every signed-in browser, unspent code and grant of a person.
    async fn sign_out(&self, id: &UserId, now: Timestamp) -> Result<(), StoreError>;

    /// An identity.
    async fn identity(&self, key: &IdentityKey) -> Result<Option<HeldIdentity>, StoreError>;
    /// A person's identities, oldest first.
    async fn identities_of(&self, user: &UserId) -> Result<Vec<HeldIdentity>, StoreError>;
    /// Makes an identity this person's too; one of somebody else's never moves.
    async fn link(&self, identity: &HeldIdentity) -> Result<Linked, StoreError>;
    /// Takes an identity from a person, with the sessions and grants that came by it; never the last
    /// one. False when nothing was taken.
    async fn unlink(
        &self,
        key: &IdentityKey,
        user: &UserId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Ends the sessions and grants that came by an identity; the identity stays.
    async fn end_identity(&self, key: &IdentityKey, now: Timestamp) -> Result<(), StoreError>;

    /// Writes a session with what the person signed in for, a code and the consent it came from; and
    /// ends the session that it replaces in the same browser. Who is locked out keeps no session, and
    /// nobody more than twenty.
    async fn put_session(
        &self,
        session: &Session,
        replaces: Option<&Digest>,
        code: Option<(&Code, &Consent)>,
    ) -> Result<(), StoreError>;
    /// The session, unless it ended before `now`.
    async fn session(&self, digest: &Digest, now: Timestamp)
    -> Result<Option<Session>, StoreError>;
    /// The live sessions of a person, latest use first.
    async fn sessions_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<Session>, StoreError>;
    /// Notes a use.
    async fn touch_session(
        &self,
        digest: &Digest,
        seen_at: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreError>;
    /// Ends a session; false when there was none.
    async fn end_session(&self, digest: &Digest) -> Result<bool, StoreError>;

    /// What a person agreed to.
    async fn consent(
        &self,
        user: &UserId,
        client: &ClientId,
        server: &ServerId,
        redirect_host: &str,
    ) -> Result<Option<Consent>, StoreError>;
    /// Everything a person agreed to, the latest first.
    async fn consents_of(&self, user: &UserId) -> Result<Vec<Consent>, StoreError>;
    /// The live grants of a person to clients, latest use first; personal tokens are no clients.
    async fn grants_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<Grant>, StoreError>;
    /// Ends everything a person allowed a client, the memory of their consent included.
    async fn disconnect(
        &self,
        user: &UserId,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
