//! Grants that ended before their access tokens did. Kept in memory until the last token of the
//! grant has expired by itself.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::watch;

use crate::{ambient::Timestamp, protocol::id::GrantId};

/// The revoked grants, shared by everything that revokes and every guard; cloning shares.
#[derive(Clone, Debug, Default)]
pub struct Revocations(Arc<Ended>);

#[derive(Debug, Default)]
struct Ended {
    grants: RwLock<HashMap<GrantId, Timestamp>>,
    bell: watch::Sender<()>,
}

impl Revocations {
    /// Refuses every access token of `grant` from now on; forgotten after `until`, when the last of
    /// them has expired. Forgets what has passed by `now`.
    pub fn revoke(&self, grant: GrantId, until: Timestamp, now: Timestamp) {
        let mut ended = self.0.grants.write().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|_, end| *end >= now);
        let known = ended.insert(grant, until);
        if let Some(end) = known {
            ended.insert(grant, until.max(end));
        }
        drop(ended);
        if known.is_none() {
            self.0.bell.send_replace(());
        }
    }

    /// Rings whenever a grant is revoked from now on.
    #[must_use]
    pub fn bell(&self) -> watch::Receiver<()> {
        self.0.bell.subscribe()
    }

    /// Whether access tokens of `grant` are refused at `now`.
    #[must_use]
    pub fn is_revoked(&self, grant: GrantId, now: Timestamp) -> bool {
        let ended = self.0.grants.read().unwrap_or_else(PoisonError::into_inner);
        ended.get(&grant).is_some_and(|end| *end >= now)
    }

    /// How many grants are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.grants.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revoked_grant_is_remembered_until_its_last_token_has_expired() {
        let (early, end, late) =
            (Timestamp::from_unix(10), Timestamp::from_unix(20), Timestamp::from_unix(21));
        let (one, other) = (GrantId::from_entropy([1; 16]), GrantId::from_entropy([2; 16]));
        let revocations = Revocations::default();
        let bell = revocations.bell();
        revocations.clone().revoke(one, end, early);
        assert!(bell.has_changed().unwrap());
        assert!(revocations.is_revoked(one, end) && !revocations.is_revoked(other, end));
        assert!(!revocations.is_revoked(one, late));
        revocations.revoke(other, late, late);
        assert_eq!(revocations.len(), 1);
    }

    #[test]
    fn revoking_again_never_shortens_the_memory() {
        let grant = GrantId::from_entropy([1; 16]);
        let revocations = Revocations::default();
        revocations.revoke(grant, Timestamp::from_unix(20), Timestamp::from_unix(1));
        revocations.revoke(grant, Timestamp::from_unix(10), Timestamp::from_unix(1));
        assert!(revocations.is_revoked(grant, Timestamp::from_unix(20)));
    }
}
