//! Sealing everything that rests for long with the first master key, so that the others may go.

use super::{KeyManager, KeysError};
use crate::{
    ambient::random,
    engine::record::{HeldIdentity, IdentityKey},
    flow::authorizer::claims_of,
    jose::seal::Reseal,
    store::Resealed,
};

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealing {
    /// Signing keys sealed anew.
    pub keys: u64,
    /// Identities looked at in this pass.
    pub looked_at: u64,
    /// Identities whose claims were sealed anew.
    pub claims: u64,
    /// What none of the master keys opens; their people sign in again.
    pub closed: u64,
    /// Whether nothing is left that another master key sealed and one of ours opens.
    pub complete: bool,
}

impl KeyManager {
    /// Seals signing keys and the claims of identities anew, in batches, while the service runs; `told`
    /// hears after every batch. It looks again until a whole pass finds nothing to do.
    ///
    /// # Errors
    /// [`KeysError`]; what was done stays done, and it may be run again.
    pub async fn reseal(&self, mut told: impl FnMut(&Resealing)) -> Result<Resealing, KeysError> {
        let mut so_far = Resealing::default();
        for _ in 0..PASSES {
            let before = (so_far.keys, so_far.claims);
            let left = self.pass(&mut so_far, &mut told).await?;
            so_far.complete = left == 0 && before == (so_far.keys, so_far.claims);
            if so_far.complete {
                break;
            }
        }
        Ok(so_far)
    }

    /// How many rows were moved by others between looking and writing.
    async fn pass(
        &self,
        so_far: &mut Resealing,
        told: &mut impl FnMut(&Resealing),
    ) -> Result<u64, KeysError> {
        let records = self.store.signing_keys().await?;
        let (keys, closed) = self.seal_anew(&records).await?;
        (so_far.keys, so_far.closed, so_far.looked_at) = (so_far.keys + keys, closed, 0);
        let (mut last, mut left): (Option<IdentityKey>, u64) = (None, 0);
        loop {
            let batch = self.store.identities_after(last.as_ref(), BATCH).await?;
            let Some(end) = batch.last() else { return Ok(left) };
            last = Some(end.key.clone());
            so_far.looked_at += batch.len() as u64;
            let anew: Vec<_> =
                batch.iter().filter_map(|held| self.claims_anew(held, so_far)).collect();
            if !anew.is_empty() {
                let done = self.store.reseal_claims(&anew).await?;
                left += anew.len() as u64 - done;
                so_far.claims += done;
            }
            told(so_far);
        }
    }

    fn claims_anew(&self, held: &HeldIdentity, so_far: &mut Resealing) -> Option<Resealed> {
        let before = held.claims.clone()?;
        let purpose = claims_of(&held.key);
        match self.vault.reseal(&purpose, &before, random(&*self.entropy)) {
            Reseal::Needless => None,
            Reseal::Done(after) => Some(Resealed { key: held.key.clone(), before, after }),
            Reseal::Closed => {
                so_far.closed += 1;
                None
            }
        }
    }
}

/// The most identities read and written at once.
const BATCH: u32 = 500;
/// A second pass finds nothing, unless a node still seals with another key.
const PASSES: usize = 3;
