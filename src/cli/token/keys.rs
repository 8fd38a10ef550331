//! The keys that judge our tokens, as far as they are there; makes none.

use std::sync::Arc;

use super::Desk;
use crate::{
    app,
    cli::faults::Failure,
    config::MasterKeys,
    jose::{keys::KeySet, seal::Vault},
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
        let (Some(store), Some(_)) = (&self.store, self.vault()?) else { return Ok(None) };
        let manager =
            app::key_manager(&self.config, Arc::clone(store), app::clock(), app::entropy())?;
        Ok(manager.look().await.map_err(anyhow::Error::from)?)
    }
}
