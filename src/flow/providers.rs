//! The identity providers at work: where to send a person, and what came back.

use std::sync::Arc;

use url::Url;
use zeroize::Zeroizing;

use crate::{
    ambient::Clock,
    jose::{
        id_token::{VerifiedIdToken, precheck_id_token, verify_id_token},
        refusal::Refusal,
    },
    protocol::{id::ProviderId, pkce::Verifier},
    provider::{Adapter, UpstreamAsk, identity::Identity},
    upstream::{
        discovery::{Discovery, ProviderMetadata},
        exchange::{CodeExchange, ExchangeFault, exchange},
        http::Fetcher,
        jwks::{JwksCache, KeysFault},
    },
};

/// One configured provider and the hands it needs.
pub struct Provider {
    /// Its rules and quirks.
    pub adapter: Arc<dyn Adapter>,
    /// Its metadata, kept last-good.
    pub discovery: Arc<Discovery>,
    /// Its keys.
    pub keys: Arc<JwksCache>,
    /// Its HTTP client.
    pub fetcher: Fetcher,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// `{issuer}/callback/{id}`, as registered at the provider.
    pub callback: String,
}

/// Why a provider's answer led nowhere.
#[derive(Debug, thiserror::Error)]
pub enum ProviderFault {
    /// It cannot be reached, or its keys cannot be had: another way, or later.
    #[error("the provider cannot be reached: {0}")]
    Unavailable(String),
    /// It refused the code.
    #[error("the provider refused the code: {0}")]
    RefusedCode(String),
    /// Its statement is not to be trusted.
    #[error("the ID token was refused: {0}")]
    Token(#[from] Refusal),
    /// Its statement is good, but not about a person we may let in.
    #[error("the identity was refused: {0}")]
    Identity(String),
    /// RFC 9207 §2.4: the answer names another issuer.
    #[error("the answer came from another issuer")]
    MixUp,
}

impl Provider {
    /// The provider's id.
    #[must_use]
    pub fn id(&self) -> &ProviderId {
        &self.adapter.settings().id
    }

    /// Its metadata.
    ///
    /// # Errors
    /// [`ProviderFault::Unavailable`] when it was never seen or is too old.
    pub async fn metadata(&self) -> Result<Arc<ProviderMetadata>, ProviderFault> {
        let issuer = self.adapter.settings().discovery_issuer();
        let found = self.discovery.metadata(issuer).await;
        found.map_err(|fault| ProviderFault::Unavailable(fault.to_string()))
    }

    /// Where to send the person (OpenID Connect Core §3.1.2.1).
    ///
    /// # Errors
    /// [`ProviderFault::Unavailable`].
    pub async fn authorize_url(
        &self,
        state: &str,
        nonce: &str,
        verifier: &Verifier,
        login_hint: Option<&str>,
    ) -> Result<Url, ProviderFault> {
        let metadata = self.metadata().await?;
        let ask = UpstreamAsk {
            state,
            nonce,
            challenge: verifier.challenge(),
            redirect_uri: &self.callback,
            login_hint,
        };
        Ok(self.adapter.authorize_url(&metadata.authorization_endpoint, &ask))
    }

    /// RFC 9207 §2.4: an `iss` in the answer must be this provider's; one that promised to send it
    /// must have sent it.
    ///
    /// # Errors
    /// [`ProviderFault::MixUp`] or [`ProviderFault::Unavailable`].
    pub async fn check_issuer(&self, iss: Option<&str>) -> Result<(), ProviderFault> {
        let metadata = self.metadata().await?;
        match iss {
            Some(iss) if iss == metadata.issuer => Ok(()),
            None if !metadata.sends_iss => Ok(()),
            _ => Err(ProviderFault::MixUp),
        }
    }

    /// Trades a code for a verified identity: exchange, keys, signature, claims, adapter.
    ///
    /// # Errors
    /// Any [`ProviderFault`].
    pub async fn identity(
        &self,
        code: &str,
        verifier: &Verifier,
        nonce: &str,
    ) -> Result<Identity, ProviderFault> {
        let metadata = self.metadata().await?;
        let settings = self.adapter.settings();
        let answer = exchange(&self.fetcher, &CodeExchange {
            token_endpoint: &metadata.token_endpoint,
            client_id: &settings.client_id,
            client_secret: settings.client_secret.as_ref().map(|secret| secret.reveal()),
            auth: settings.auth,
            code,
            redirect_uri: &self.callback,
            verifier,
        })
        .await
        .map_err(exchange_fault)?;
        let access = answer.access_token.as_deref().map(String::as_str);
        let token = self.verified(&answer.id_token, nonce, access, &metadata.jwks_uri).await?;
        let identity = self.adapter.identity(&token);
        identity.map_err(|refusal| ProviderFault::Identity(refusal.to_string()))
    }

    async fn verified(
        &self,
        raw: &Zeroizing<String>,
        nonce: &str,
        access_token: Option<&str>,
        jwks_uri: &Url,
    ) -> Result<VerifiedIdToken, ProviderFault> {
        let expect = self.adapter.expectations(nonce, access_token);
        let now = self.clock.now();
        // The cheap checks first: a forged token must not cost a fetch.
        let kid = precheck_id_token(raw, &expect, now)?;
        let keys = self.keys.keys_for(jwks_uri, kid.as_deref()).await.map_err(keys_fault)?;
        Ok(verify_id_token(raw, &keys, &expect, now)?)
    }
}

fn exchange_fault(fault: ExchangeFault) -> ProviderFault {
    match fault {
        ExchangeFault::Unavailable(why) => ProviderFault::Unavailable(why),
        other => ProviderFault::RefusedCode(other.to_string()),
    }
}

fn keys_fault(fault: KeysFault) -> ProviderFault {
    match fault {
        KeysFault::UnknownKey => ProviderFault::Token(Refusal::UnknownKey),
        KeysFault::Unavailable { .. } | KeysFault::NotYetJudged { .. } => {
            ProviderFault::Unavailable("its signing keys cannot be had right now".to_owned())
        }
    }
}
