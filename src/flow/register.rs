//! Dynamic client registration (RFC 7591).

use std::sync::Arc;

use crate::{
    ambient::{Clock, Entropy, random},
    engine::{limits::Limits, register::register},
    flow::store_trouble,
    protocol::{
        error::{TokenError, TokenErrorCode},
        registration::{RegistrationResponse, UnverifiedMetadata},
    },
    store::Store,
};

/// Registers clients.
pub struct Registrations {
    /// Records.
    pub store: Arc<dyn Store>,
    /// How long things live.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
}

impl Registrations {
    /// `POST /register`: the same public registration again finds the same record and keeps it alive.
    ///
    /// # Errors
    /// The error document of RFC 7591 §3.2.2.
    pub async fn register(&self, body: &[u8]) -> Result<RegistrationResponse, TokenError> {
        let not_json =
            || TokenError::new(TokenErrorCode::InvalidClientMetadata, "Send a JSON object.");
        let metadata = UnverifiedMetadata::read(body).ok_or_else(not_json)?;
        let now = self.clock.now();
        let mut registered = register(&metadata, random(&*self.entropy), &self.limits, now)?;
        let kept = self.store.register_client(&registered.client).await;
        registered.client = kept.map_err(|e| store_trouble(&e))?;
        Ok(registered.response())
    }
}
