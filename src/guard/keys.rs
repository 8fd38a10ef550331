//! Where the keys to check signatures come from.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::{
    guard::{refusal::GuardRefusal, remote::RemoteKeys},
    jose::keys::KeySet,
};

/// Keys and the number of the set they belong to; a kept verification is worth nothing under
/// another number.
pub(super) struct KeysAt {
    pub(super) keys: KeySet,
    pub(super) generation: u64,
}

pub(super) enum KeySource {
    Local(LocalKeys),
    Remote(Arc<RemoteKeys>),
}

impl KeySource {
    pub(super) fn generation(&self) -> u64 {
        match self {
            Self::Local(keys) => keys.held().1,
            Self::Remote(_) => 0,
        }
    }

    pub(super) async fn keys_for(&self, kid: &str) -> Result<KeysAt, GuardRefusal> {
        match self {
            Self::Local(keys) => {
                let (keys, generation) = keys.held().clone();
                Ok(KeysAt { keys, generation })
            }
            Self::Remote(keys) => Ok(KeysAt { keys: keys.keys_for(kid).await?, generation: 0 }),
        }
    }
}

/// The authorization server's own public keys, shared with whoever rotates them; cloning shares.
#[derive(Clone)]
pub struct LocalKeys(Arc<RwLock<(KeySet, u64)>>);

impl LocalKeys {
    /// Starts with `keys`.
    #[must_use]
    pub fn new(keys: KeySet) -> Self {
        Self(Arc::new(RwLock::new((keys, 0))))
    }

    /// Replaces the whole set. Tokens under a key that is gone are refused from the next call on.
    pub fn replace(&self, keys: KeySet) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *held = (keys, held.1.wrapping_add(1));
    }

    fn held(&self) -> RwLockReadGuard<'_, (KeySet, u64)> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
