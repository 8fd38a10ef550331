//! Looking after the keys: every node does the same from the same table, at every tick.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Keys, KeysError, SigningKeys, published};
use crate::{
    ambient::{Clock, Entropy, Timestamp, random},
    engine::{keys::Ring, limits::Limits, record::SigningKeyRecord},
    jose::{
        algorithm::Algorithm,
        keys::KeySet,
        seal::{Reseal, Vault},
        sign::SigningKey,
    },
    store::Store,
};

/// Makes, opens, publishes and removes signing keys.
pub struct KeyManager {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Seals private keys.
    pub vault: Arc<Vault>,
    /// What this node signs with.
    pub algorithm: Algorithm,
    /// How long keys live.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
}

/// Records and what was in them.
type Opened = Vec<(SigningKeyRecord, SigningKey)>;

impl KeyManager {
    /// The keys at a start; an empty store gets its first one. A key that cannot be opened refuses the
    /// start: what it signed could not be verified here.
    ///
    /// # Errors
    /// [`KeysError`] when the store fails or the master key is not the one.
    pub async fn open(&self) -> Result<Keys, KeysError> {
        let mut records = self.store.signing_keys().await?;
        if self.ring(&records, self.clock.now()).signer().is_none() {
            self.make_what_is_due(&records).await?;
            records = self.store.signing_keys().await?;
        }
        Ok(Keys::new(self.ready(self.openable(&records)?)?))
    }

    /// The public keys in the store; makes none. None when there is none.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn look(&self) -> Result<Option<KeySet>, KeysError> {
        let opened = self.openable(&self.store.signing_keys().await?)?;
        let keys: Vec<_> = opened.into_iter().map(|(_, key)| key).collect();
        if keys.is_empty() { Ok(None) } else { Ok(Some(published(&keys)?.0)) }
    }

    /// One tick: takes over what the store says, makes the next key when it is time, seals with the first
    /// master key what another one sealed, and removes what is gone.
    ///
    /// # Errors
    /// [`KeysError`]; `keys` are as good as they were, and a next tick may succeed.
    pub async fn tend(&self, keys: &Keys) -> Result<(), KeysError> {
        let records = self.store.signing_keys().await?;
        // First of all, so that a key retired in an emergency dies even if nothing can be written.
        let renewed = self.renew(keys, &records);
        if self.make_what_is_due(&records).await? {
            self.renew(keys, &self.store.signing_keys().await?)?;
        } else {
            renewed?;
        }
        self.seal_anew(&records).await?;
        for gone in self.ring(&records, self.clock.now()).gone() {
            if self.store.remove_signing_key(&gone.id).await? {
                tracing::info!(key = %gone.id, "signing key removed at its end");
            }
        }
        Ok(())
    }

    /// How many private keys were sealed anew with the first master key, and how many cannot be opened.
    pub(super) async fn seal_anew(
        &self,
        records: &[SigningKeyRecord],
    ) -> Result<(u64, u64), KeysError> {
        let (mut done, mut closed) = (0, 0);
        for record in records {
            match self.vault.reseal(PURPOSE, &record.sealed, random(&*self.entropy)) {
                Reseal::Needless => {}
                Reseal::Closed => closed += 1,
                Reseal::Done(sealed) => {
                    let (id, before) = (&record.id, &record.sealed);
                    if self.store.reseal_signing_key(id, before, &sealed).await? {
                        tracing::info!(key = %id, "signing key sealed with the first master key");
                        done += 1;
                    }
                }
            }
        }
        Ok((done, closed))
    }

    /// Whether somebody, this node or another, may just have made a key.
    async fn make_what_is_due(&self, records: &[SigningKeyRecord]) -> Result<bool, KeysError> {
        let ring = self.ring(records, self.clock.now());
        let Some(at) = ring.due() else { return Ok(false) };
        self.make(ring.next_generation(), at).await?;
        Ok(true)
    }

    /// Makes a key, unless another node has made the one of this generation.
    pub(super) async fn make(
        &self,
        generation: u32,
        active_at: Timestamp,
    ) -> Result<Option<SigningKeyRecord>, KeysError> {
        let record = self.fresh(generation, active_at)?;
        let made = self.store.put_signing_key(&record).await?;
        if made {
            tracing::info!(key = %record.id, signs_from = %active_at, "signing key made");
        }
        Ok(made.then_some(record))
    }

    fn fresh(&self, generation: u32, at: Timestamp) -> Result<SigningKeyRecord, KeysError> {
        let made = SigningKey::generate(self.algorithm).map_err(|_| KeysError::Unusable)?;
        let (key, private) = made;
        Ok(SigningKeyRecord {
            id: key.kid().clone(),
            algorithm: self.algorithm.to_string(),
            generation,
            sealed: self.vault.seal(PURPOSE, &private, random(&*self.entropy)),
            created_at: self.clock.now(),
            active_at: at,
            retired_at: None,
        })
    }

    /// Every published key, or the fault of the first that cannot be opened.
    pub(super) fn openable(&self, records: &[SigningKeyRecord]) -> Result<Opened, KeysError> {
        let ring = self.ring(records, self.clock.now());
        ring.published().map(|record| Ok((record.clone(), self.unsealed(record)?))).collect()
    }

    /// What was opened once stays open. A key that cannot be opened here, because another node has a
    /// newer master key, is left out, and the others serve.
    fn renew(&self, keys: &Keys, records: &[SigningKeyRecord]) -> Result<(), KeysError> {
        let held = keys.now();
        let mut opened = Vec::new();
        for record in self.ring(records, self.clock.now()).published() {
            let key = held.opened(&record.id).cloned().map_or_else(|| self.unsealed(record), Ok);
            match key {
                Ok(key) => opened.push((record.clone(), key)),
                Err(error) => tracing::error!(key = %record.id, %error, "signing key left out"),
            }
        }
        keys.replace(self.ready(opened)?);
        Ok(())
    }

    fn ready(&self, opened: Opened) -> Result<SigningKeys, KeysError> {
        let (records, keys): (Vec<_>, Vec<_>) = opened.into_iter().unzip();
        let signer = self.ring(&records, self.clock.now()).signer();
        let signer = signer.and_then(|record| keys.iter().find(|key| *key.kid() == record.id));
        SigningKeys::new(signer.ok_or(KeysError::Unusable)?.clone(), keys)
    }

    fn unsealed(&self, record: &SigningKeyRecord) -> Result<SigningKey, KeysError> {
        let algorithm = record.algorithm.parse().map_err(|_| KeysError::Unusable)?;
        let private: Zeroizing<Vec<u8>> =
            self.vault.open(PURPOSE, &record.sealed).ok_or(KeysError::Sealed)?;
        SigningKey::from_pkcs8(algorithm, &private).map_err(|_| KeysError::Unusable)
    }

    pub(super) fn ring<'a>(&'a self, records: &'a [SigningKeyRecord], now: Timestamp) -> Ring<'a> {
        Ring { records, algorithm: self.algorithm.name(), limits: &self.limits, now }
    }
}

const PURPOSE: &str = "signing-key";
