//! The store's verbs by which several nodes on one database agree.

use async_trait::async_trait;

use super::StoreError;
use crate::ambient::Timestamp;

/// The time since the last restored backup. What was issued before it began is worth nothing in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// How many backups were restored until then.
    pub number: u32,
    /// When it began.
    pub began_at: Timestamp,
}

/// The part of the store that is about the nodes.
#[async_trait]
pub trait Nodes: Send + Sync + 'static {
    /// Takes or prolongs the lease `name` until then; false while somebody else holds it.
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Gives a lease back before it lapses.
    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError>;
    /// Until when the lease `name` is held, by whomever.
    async fn leased_until(&self, name: &str) -> Result<Option<Timestamp>, StoreError>;

    /// The present epoch; none before the first restore.
    async fn epoch(&self) -> Result<Option<Epoch>, StoreError>;
    /// Begins an epoch in one transaction: forgets every grant, code, session, token, sign-in under way,
    /// signing key and lease. People, clients and consents stay.
    async fn begin_epoch(&self, now: Timestamp) -> Result<Epoch, StoreError>;
}

/// The lease of the node that removes what has lapsed. Whoever looks for running nodes looks here.
pub const SWEEPING: &str = "sweep";
/// The lease of whoever moves the whole database elsewhere: no node starts on it meanwhile.
pub const MOVING: &str = "move";
