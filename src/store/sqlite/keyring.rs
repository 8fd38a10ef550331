//! The verbs about keys over one connection.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::{
    Sqlite,
    rows::{self, all, run},
};
use crate::{
    ambient::Timestamp,
    engine::record::{HeldIdentity, IdentityKey, SigningKeyRecord},
    protocol::id::KeyId,
    store::{Keyring, Resealed, StoreError, sql::keyring as sql},
};

#[async_trait]
impl Keyring for Sqlite {
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        self.read(|db: &Connection| all(db, sql::SIGNING_KEYS, [], rows::signing_key)).await
    }

    async fn put_signing_key(&self, key: &SigningKeyRecord) -> Result<bool, StoreError> {
        let key = key.clone();
        self.writer.run(move |db| put_signing_key(db, &key)).await
    }

    async fn activate_signing_key(&self, id: &KeyId, at: Timestamp) -> Result<bool, StoreError> {
        let id = id.clone();
        let work = move |db: &Connection| {
            Ok(run(db, sql::ACTIVATE_SIGNING_KEY, params![at.unix(), id.as_str()])? > 0)
        };
        self.writer.run(work).await
    }

    async fn remove_signing_key(&self, id: &KeyId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.writer.run(move |db| Ok(run(db, sql::REMOVE_SIGNING_KEY, [id.as_str()])? > 0)).await
    }

    async fn reseal_signing_key(
        &self,
        id: &KeyId,
        before: &[u8],
        after: &[u8],
    ) -> Result<bool, StoreError> {
        let (id, before, after) = (id.clone(), before.to_vec(), after.to_vec());
        let work = move |db: &Connection| {
            Ok(run(db, sql::RESEAL_SIGNING_KEY, params![after, id.as_str(), before])? > 0)
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
            // No identity has an empty provider: the first ones come after this.
            let [provider, issuer, subject] = last.as_ref().map_or([""; 3], rows::named);
            let key = params![provider, issuer, subject, most];
            all(db, sql::IDENTITIES_AFTER, key, rows::identity)
        };
        self.read(work).await
    }

    async fn reseal_claims(&self, resealed: &[Resealed]) -> Result<u64, StoreError> {
        let resealed = resealed.to_vec();
        self.writer.run(move |db| reseal_claims(db, &resealed)).await
    }
}

fn put_signing_key(db: &Connection, key: &SigningKeyRecord) -> Result<bool, StoreError> {
    let row = params![
        key.id.as_str(),
        key.algorithm,
        key.generation,
        key.sealed,
        key.created_at.unix(),
        key.active_at.unix(),
        key.retired_at.map(Timestamp::unix),
    ];
    Ok(run(db, sql::PUT_SIGNING_KEY, row)? > 0)
}

fn reseal_claims(db: &Connection, resealed: &[Resealed]) -> Result<u64, StoreError> {
    let mut changed = 0;
    for Resealed { key, before, after } in resealed {
        let [provider, issuer, subject] = rows::named(key);
        let row = params![after, provider, issuer, subject, before];
        changed += u64::from(run(db, sql::RESEAL_CLAIMS, row)? > 0);
    }
    Ok(changed)
}
