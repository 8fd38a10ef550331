//! The verbs about keys.

use async_trait::async_trait;

use super::{Postgres, run::Step};
use crate::{
    ambient::Timestamp,
    engine::record::{HeldIdentity, IdentityKey, SigningKeyRecord},
    protocol::id::KeyId,
    store::{
        Keyring, Resealed, StoreError, rows,
        sql::keyring as sql,
        values::{self, values},
    },
};

#[async_trait]
impl Keyring for Postgres {
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        self.all(sql::SIGNING_KEYS, &[], rows::signing_key).await
    }

    async fn put_signing_key(&self, key: &SigningKeyRecord) -> Result<bool, StoreError> {
        Ok(self.change(sql::PUT_SIGNING_KEY, &values::signing_key(key)).await? > 0)
    }

    async fn activate_signing_key(&self, id: &KeyId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.change(sql::ACTIVATE_SIGNING_KEY, &values![at, id.as_str()]).await? > 0)
    }

    async fn remove_signing_key(&self, id: &KeyId) -> Result<bool, StoreError> {
        Ok(self.change(sql::REMOVE_SIGNING_KEY, &values![id.as_str()]).await? > 0)
    }

    async fn reseal_signing_key(
        &self,
        id: &KeyId,
        before: &[u8],
        after: &[u8],
    ) -> Result<bool, StoreError> {
        let values = values![after, id.as_str(), before];
        Ok(self.change(sql::RESEAL_SIGNING_KEY, &values).await? > 0)
    }

    async fn identities_after(
        &self,
        last: Option<&IdentityKey>,
        most: u32,
    ) -> Result<Vec<HeldIdentity>, StoreError> {
        self.all(sql::IDENTITIES_AFTER, &values::after(last, most), rows::identity).await
    }

    async fn reseal_claims(&self, resealed: &[Resealed]) -> Result<u64, StoreError> {
        let values: Vec<_> = resealed.iter().map(values::resealed).collect();
        let steps: Vec<_> = values.iter().map(|values| Step(sql::RESEAL_CLAIMS, values)).collect();
        self.change_each(&steps).await
    }
}
