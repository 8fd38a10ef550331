//! What an operator does to the keys.

use super::{KeyManager, KeysError};
use crate::{
    ambient::Timestamp,
    engine::{
        keys::{Ring, Stage},
        record::SigningKeyRecord,
    },
    jose::keys::KeySet,
    protocol::id::KeyId,
};

/// The next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Its id.
    pub id: KeyId,
    /// From when it signs.
    pub signs_from: Timestamp,
    /// Whether anything changed; not when there was such a key already.
    pub changed: bool,
}

/// A key that is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// Where it stood in its life.
    pub was: Stage,
    /// The key that signs in its place, if it did.
    pub successor: Option<KeyId>,
}

impl KeyManager {
    /// Makes the next key before its time: to sign when verifiers have had the time to learn it, or at
    /// once. One that is announced already is that key.
    ///
    /// # Errors
    /// [`KeysError`].
    pub async fn rotate(&self, at_once: bool) -> Result<Rotated, KeysError> {
        let mut wanted = None;
        for _ in 0..ATTEMPTS {
            let (records, now) = (self.checked().await?, self.clock.now());
            let ring = self.ring(&records, now);
            if let Some(known) = known(&ring, wanted, at_once) {
                return Ok(known);
            }
            if let Some(next) = ring.announced().next() {
                if self.store.activate_signing_key(&next.id, now).await? {
                    return Ok(Rotated { id: next.id.clone(), signs_from: now, changed: true });
                }
                continue;
            }
            let lead = !at_once && ring.signer().is_some();
            let at = if lead { now.plus(self.limits.key_announce) } else { now };
            let generation = ring.next_generation();
            if let Some(made) = self.another(&ring, generation, at).await? {
                return Ok(Rotated { id: made.id, signs_from: at, changed: true });
            }
            wanted = Some(generation);
        }
        Err(KeysError::Contended)
    }

    /// Removes a key at once: it is published no more, and every node refuses what it signed from its next
    /// tick on. If it was the one that signs, the announced one does from now on, or a new one.
    ///
    /// # Errors
    /// [`KeysError`]; [`KeysError::Unknown`] says which keys there are.
    pub async fn retire(&self, id: &KeyId) -> Result<Retired, KeysError> {
        let mut successor = None;
        for _ in 0..ATTEMPTS {
            let (records, now) = (self.checked().await?, self.clock.now());
            let ring = self.ring(&records, now);
            let key = records.iter().find(|key| key.id == *id);
            let key = key.ok_or_else(|| unknown(id, &records))?;
            let was = ring.life(key).stage;
            // The successor first: whatever happens in between, somebody signs.
            if ring.signer().is_some_and(|signer| signer.id == *id) {
                successor = self.succeed(&ring, id, now).await?;
                continue;
            }
            self.store.remove_signing_key(id).await?;
            tracing::warn!(key = %id, "signing key retired by the operator");
            let was = if successor.is_some() { Stage::Active } else { was };
            return Ok(Retired { was, successor });
        }
        Err(KeysError::Contended)
    }

    async fn succeed(
        &self,
        ring: &Ring<'_>,
        id: &KeyId,
        now: Timestamp,
    ) -> Result<Option<KeyId>, KeysError> {
        if let Some(next) = ring.announced().find(|next| next.id != *id) {
            let activated = self.store.activate_signing_key(&next.id, now).await?;
            return Ok(activated.then(|| next.id.clone()));
        }
        Ok(self.make(ring.next_generation(), now).await?.map(|made| made.id))
    }

    async fn another(
        &self,
        ring: &Ring<'_>,
        generation: u32,
        at: Timestamp,
    ) -> Result<Option<SigningKeyRecord>, KeysError> {
        let published = ring.published().count();
        if published >= MOST {
            return Err(KeysError::TooMany(published));
        }
        self.make(generation, at).await
    }

    /// The records, after a proof that the master key is the right one: a key sealed with another would
    /// be of no use to the nodes.
    async fn checked(&self) -> Result<Vec<SigningKeyRecord>, KeysError> {
        let records = self.store.signing_keys().await?;
        self.openable(&records)?;
        Ok(records)
    }
}

/// What is there already: a key announced, or the one that somebody else made at the same moment.
fn known(ring: &Ring<'_>, wanted: Option<u32>, at_once: bool) -> Option<Rotated> {
    let announced = ring.announced().next().filter(|_| !at_once);
    let theirs = || {
        let signer = ring.signer()?;
        wanted.filter(|wanted| signer.generation >= *wanted).map(|_| signer)
    };
    let key = announced.or_else(theirs)?;
    Some(Rotated { id: key.id.clone(), signs_from: key.active_at, changed: false })
}

fn unknown(id: &KeyId, records: &[SigningKeyRecord]) -> KeysError {
    let known = records.iter().map(|key| key.id.to_string()).collect();
    KeysError::Unknown { id: id.to_string(), known }
}

/// How often somebody else may be quicker.
const ATTEMPTS: usize = 8;
/// The most keys that an operator may publish: half of what verifiers like ours read.
const MOST: usize = KeySet::MAX_KEYS / 2;
