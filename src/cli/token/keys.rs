//! The keys that judge our tokens, as far as they are there; makes none.

use super::Desk;
use crate::{
    app,
    cli::faults::Failure,
    config::MasterKeys,
    flow::keys,
    jose::{keys::KeySet, seal::Vault},
    store::Store,
};

impl Desk {
    /// The master keys at work; none while there is no key file.
    pub(super) fn vault(&self) -> Result<Option<Vault>, Failure> {
        let source = &self.config.master_keys;
        if matches!(source, MasterKeys::File(path) if !path.exists()) {
            return Ok(None);
        }
        let master = source.obtain(&*app::entropy());
        Ok(Vault::new(master.map_err(|fault| Failure::Config(vec![fault]))?))
    }

    /// The public keys of the database.
    pub(super) async fn keys(&self) -> Result<Option<KeySet>, Failure> {
        match (&self.store, self.vault()?) {
            (Some(store), Some(vault)) => self.opened(&**store, &vault).await,
            _ => Ok(None),
        }
    }

    /// By an algorithm that has a key already, so that opening makes no new one.
    async fn opened(&self, store: &dyn Store, vault: &Vault) -> Result<Option<KeySet>, Failure> {
        let records = store.signing_keys().await?;
        let in_use = records.iter().rfind(|record| record.retired_at.is_none());
        let Some(algorithm) = in_use.and_then(|record| record.algorithm.parse().ok()) else {
            return Ok(None);
        };
        let opened = keys::open(store, vault, algorithm, &*app::entropy(), self.now).await;
        Ok(Some(opened.map_err(anyhow::Error::from)?.public))
    }
}
