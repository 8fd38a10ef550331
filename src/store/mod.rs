//! Floor 3: the store, a handful of verbs over records.
//!
//! A record is put, taken, spent or swapped, each in one durable transaction; there is no
//! read-then-write. It knows records, never rules.

pub mod issued;
pub mod keyring;
mod migrations;
pub mod nodes;
pub mod people;
pub mod postgres;
mod rows;
mod sql;
pub mod sqlite;
pub mod tables;
mod values;

pub use self::{
    issued::Issued,
    keyring::{Keyring, Resealed},
    nodes::{Epoch, MOVING, Nodes, SWEEPING},
    people::{Linked, People, Person},
};

use async_trait::async_trait;

use crate::{
    ambient::Timestamp,
    engine::record::{Client, Code, Consent, Grant, SignIn},
    protocol::{
        id::{ClientId, GrantId, ProviderId},
        secret::Digest,
    },
};

/// The store could not do its work; nothing was half done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine cannot be reached, or refused: try again later (503).
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A stored record cannot be read: the database was damaged or written by something else.
    #[error("a stored record cannot be read: {0}")]
    Damaged(String),
}

/// What spending a code found (RFC 6749 §4.1.2: a code is used once).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spent {
    /// It was unspent, and is spent now.
    First,
    /// It was spent before; the grant it opened is in danger.
    Again(GrantId),
    /// There is no such code.
    Unknown,
}

/// What stands behind a code or a grant that a client presents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented<T> {
    /// The client that the request names.
    pub client: Option<Client>,
    /// What it presents.
    pub record: Option<T>,
    /// Who is behind that; nobody when there is no record.
    pub person: Person,
}

/// The store's verbs, with those of [`People`], [`Issued`], [`Keyring`] and [`Nodes`]. Two engines implement them and pass one conformance suite.
#[async_trait]
pub trait Store: People + Issued + Keyring + Nodes {
    /// Writes a client, replacing one of the same id but for its end, if that is the later one.
    async fn put_client(&self, client: &Client) -> Result<(), StoreError>;
    /// Writes a client, or prolongs the life of the one that has its id already; as it now stands.
    async fn register_client(&self, client: &Client) -> Result<Client, StoreError>;
    /// The client, unless it expired before `now`.
    async fn client(&self, id: &ClientId, now: Timestamp) -> Result<Option<Client>, StoreError>;
    /// Every client, newest first.
    async fn clients(&self) -> Result<Vec<Client>, StoreError>;
    /// Forgets a client with its consents and unspent codes, and revokes its grants; false when there
    /// was no such client.
    async fn remove_client(&self, id: &ClientId, now: Timestamp) -> Result<bool, StoreError>;

    /// Writes a sign-in under way.
    async fn put_sign_in(&self, sign_in: &SignIn) -> Result<(), StoreError>;
    /// Reads such a sign-in without taking it.
    async fn sign_in(
        &self,
        state: &Digest,
        browser: &Digest,
        provider: &ProviderId,
        now: Timestamp,
    ) -> Result<Option<SignIn>, StoreError>;
    /// Takes (reads and deletes) the sign-in whose state, browser and provider all agree and that has
    /// not lapsed at `now`. When any disagrees nothing is changed.
    async fn take_sign_in(
        &self,
        state: &Digest,
        browser: &Digest,
        provider: &ProviderId,
        now: Timestamp,
    ) -> Result<Option<SignIn>, StoreError>;

    /// Writes a code together with the consent it came from.
    async fn put_code(&self, code: &Code, consent: &Consent) -> Result<(), StoreError>;
    /// Reads a code without spending it; also one already spent. Its record never changes.
    async fn code(&self, digest: &Digest) -> Result<Option<Code>, StoreError>;
    /// Spends a code and, when this is the first time and `opens` is given, writes that grant and has
    /// its client live until `client_until` at least: all in one transaction.
    async fn spend(
        &self,
        digest: &Digest,
        opens: Option<&Grant>,
        client_until: Option<Timestamp>,
    ) -> Result<Spent, StoreError>;

    /// All that a token request is judged by, at one moment: the client it names, unless that expired
    /// before `now`; the code, also one already spent; and the person behind it.
    async fn present_code(
        &self,
        client: Option<&ClientId>,
        code: &Digest,
        now: Timestamp,
    ) -> Result<Presented<Code>, StoreError>;
    /// The same for a grant, revoked or not.
    async fn present_grant(
        &self,
        client: Option<&ClientId>,
        grant: &GrantId,
        now: Timestamp,
    ) -> Result<Presented<Grant>, StoreError>;

    /// The grant, revoked or not.
    async fn grant(&self, id: &GrantId) -> Result<Option<Grant>, StoreError>;
    /// Moves a grant on (its scopes, tokens and idle end) if it is unrevoked and still stands at
    /// `before`'s generation and graces; false when it moved on meanwhile.
    async fn swap_grant(&self, before: &Grant, after: &Grant) -> Result<bool, StoreError>;
    /// Revokes a grant in one row; false when it is unknown or already revoked.
    async fn revoke_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool, StoreError>;
    /// Grants revoked at or after `since`.
    async fn revoked_since(&self, since: Timestamp) -> Result<Vec<GrantId>, StoreError>;

    /// Remembers `digest` until `until`; false when it was remembered already (single use).
    async fn once(&self, digest: &Digest, until: Timestamp) -> Result<bool, StoreError>;

    /// Proves that the store takes writes.
    async fn probe(&self, now: Timestamp) -> Result<(), StoreError>;
    /// Deletes at most `most` rows that lapsed before `now`; how many it deleted. Codes and grants are
    /// kept 24 h longer, so that a replay is recognised and a revocation outlives every token it is
    /// about; single-use digests one hour, so that no leeway between clocks outlives them.
    async fn sweep(&self, now: Timestamp, most: u32) -> Result<u64, StoreError>;
}
