//! Grants that ended before their access tokens did. Kept in memory until the last token of the
//! grant has expired by itself.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
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
    epoch: AtomicI64,
}

impl Revocations {
    /// Refuses every access token of `grant` from now on; forgotten after `until`, when the last of
    /// them has expired. Forgets what has passed by `now`.
    pub fn revoke(&self, grant: GrantId, until: Timestamp, now: Timestamp) {
        self.revoke_all([grant], until, now);
    }

    /// [`Self::revoke`] for many at once.
    pub fn revoke_all(
        &self,
        grants: impl IntoIterator<Item = GrantId>,
        until: Timestamp,
        now: Timestamp,
    ) {
        let mut news = false;
        let mut ended = self.0.grants.write().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|_, end| *end >= now);
        for grant in grants {
            let end = ended.entry(grant).or_insert_with(|| {
                news = true;
                until
            });
            *end = until.max(*end);
        }
        drop(ended);
        if news {
            self.0.bell.send_replace(());
        }
    }

    /// Refuses every access token issued at `moment` or before, whatever its grant: a restored backup
    /// knows nothing of what was revoked since it was taken.
    pub fn refuse_before(&self, moment: Timestamp) {
        let before = self.0.epoch.fetch_max(moment.unix(), Ordering::SeqCst);
        if before < moment.unix() {
            self.0.bell.send_replace(());
        }
    }

    /// Whether a token issued at `iat` is from before the last restore. Tokens of the configuration were
    /// never issued: their `iat` is 0.
    #[must_use]
    pub fn is_outdated(&self, iat: Timestamp) -> bool {
        (1..=self.0.epoch.load(Ordering::SeqCst)).contains(&iat.unix())
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
        let (one, other) = (GrantId::from_bytes([1; 16]), GrantId::from_bytes([2; 16]));
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
        let grant = GrantId::from_bytes([1; 16]);
        let revocations = Revocations::default();
        revocations.revoke(grant, Timestamp::from_unix(20), Timestamp::from_unix(1));
        revocations.revoke(grant, Timestamp::from_unix(10), Timestamp::from_unix(1));
        assert!(revocations.is_revoked(grant, Timestamp::from_unix(20)));
    }

    #[test]
    fn many_revoked_at_once_ring_once_and_again_not_at_all() {
        let (now, end) = (Timestamp::from_unix(1), Timestamp::from_unix(20));
        let grants = [1, 2, 3].map(|n| GrantId::from_bytes([n; 16]));
        let revocations = Revocations::default();
        let mut bell = revocations.bell();
        revocations.revoke_all(grants, end, now);
        assert!(grants.iter().all(|grant| revocations.is_revoked(*grant, end)));
        assert!(bell.has_changed().unwrap());
        bell.mark_unchanged();
        revocations.revoke_all(grants, end, now);
        assert!(!bell.has_changed().unwrap(), "nothing new");
    }

    #[test]
    fn what_was_issued_up_to_a_restore_is_refused_and_the_latest_restore_counts() {
        let revocations = Revocations::default();
        let at = Timestamp::from_unix;
        assert!(!revocations.is_outdated(at(5)));
        revocations.refuse_before(at(10));
        revocations.refuse_before(at(7));
        assert!(revocations.is_outdated(at(10)) && !revocations.is_outdated(at(11)));
        assert!(!revocations.is_outdated(at(0)), "a token of the configuration");
    }
}
