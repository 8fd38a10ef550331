//! The verbs about keys over one connection.

use async_trait::async_trait;
use rusqlite::Connection;

use super::{
    Sqlite,
    ask::{all, run},
};
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
impl Keyring for Sqlite {
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        self.read(|db: &Connection| all(db, sql::SIGNING_KEYS, &[], rows::signing_key)).await
    }

    async fn put_signing_key(&self, key: &SigningKeyRecord) -> Result<bool, StoreError> {
        let key = key.clone();
        let work = move |db: &Connection| {
            Ok(run(db, sql::PUT_SIGNING_KEY, &values::signing_key(&key))? > 0)
        };
        self.writer.run(work).await
    }

    async fn activate_signing_key(&self, id: &KeyId, at: Timestamp) -> Result<bool, StoreError> {
        let id = id.clone();
        let work = move |db: &Connection| {
            Ok(run(db, sql::ACTIVATE_SIGNING_KEY, &values![at, id.as_str()])? > 0)
        };
        self.writer.run(work).await
    }

    async fn remove_signing_key(&self, id: &KeyId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.writer
            .run(move |db| Ok(run(db, sql::REMOVE_SIGNING_KEY, &values![id.as_str()])? > 0))
            .await
    }

    async fn reseal_signing_key(
        &self,
        id: &KeyId,
        before: &[u8],
        after: &[u8],
    ) -> Result<bool, StoreError> {
        let (id, before, after) = (id.clone(), before.to_vec(), after.to_vec());
        let work = move |db: &Connection| {
            Ok(run(db, sql::RESEAL_SIGNING_KEY, &values![&after, id.as_str(), &before])? > 0)
        };
        self.writer.run(work).await
    }

    async fn identities_after(
        &self,
        last: Option<&IdentityKey>,
        most: u32,
    ) -> Result<Vec<HeldIdentity>, StoreError> {
        let last = last.cloned();
        let work = move |db: &Connection| {
            all(db, sql::IDENTITIES_AFTER, &values::after(last.as_ref(), most), rows::identity)
        };
        self.read(work).await
    }

    async fn reseal_claims(&self, resealed: &[Resealed]) -> Result<u64, StoreError> {
        let resealed = resealed.to_vec();
        self.writer.run(move |db| reseal_claims(db, &resealed)).await
    }
}

fn reseal_claims(db: &Connection, resealed: &[Resealed]) -> Result<u64, StoreError> {
    let mut changed = 0;
    for one in resealed {
        changed += u64::from(run(db, sql::RESEAL_CLAIMS, &values::resealed(one))? > 0);
    }
    Ok(changed)
}
