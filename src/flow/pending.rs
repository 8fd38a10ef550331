//! A sign-in under way: sealed in the store, tied to one browser by a cookie, taken once.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ambient::{Clock, Entropy, Timestamp, random},
    engine::{authorize::Asked, limits::Limits, record::SignIn},
    flow::{
        providers::{Provider, ProviderFault},
        sign_in::again,
    },
    jose::seal::Vault,
    protocol::{
        id::UserId,
        pkce::Verifier,
        secret::{BrowserToken, Digest, UpstreamState},
    },
    provider::Intake,
    store::{Store, StoreError},
};

/// What a sign-in is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Purpose {
    /// A client asked.
    Authorize(Asked),
    /// The person's own page.
    Account,
    /// A second identity for whoever is signed in with this session.
    Link {
        /// Who.
        user: UserId,
        /// Digest of their session.
        session: Digest,
    },
}

impl Purpose {
    /// Where to begin again.
    #[must_use]
    pub fn again(&self) -> String {
        match self {
            Self::Authorize(asked) => again(asked),
            Self::Account | Self::Link { .. } => "/account".to_owned(),
        }
    }

    /// What a client asked, when one did.
    #[must_use]
    pub fn asked(&self) -> Option<&Asked> {
        match self {
            Self::Authorize(asked) => Some(asked),
            Self::Account | Self::Link { .. } => None,
        }
    }
}

/// A sign-in under way, as sealed in the store.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) at: Timestamp,
    pub(super) client_name: String,
    pub(super) purpose: Purpose,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

/// Sends people to providers.
pub struct Departures {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Seals the pending sign-in.
    pub vault: Arc<Vault>,
    /// How long it lives.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
}

/// The way to a provider.
#[derive(Debug)]
pub struct Departure {
    /// The provider's authorization URL, or our page that runs its SDK.
    pub location: String,
    /// The cookie that binds the sign-in to this browser.
    pub cookie: SignInCookie,
}

/// The cookie of one sign-in under way.
#[derive(Debug)]
pub struct SignInCookie {
    /// Tells several sign-ins of one browser apart.
    pub suffix: String,
    /// Its value.
    pub token: BrowserToken,
}

/// Why nobody was sent anywhere.
#[derive(Debug, thiserror::Error)]
pub enum DepartureFault {
    /// The provider is down.
    #[error(transparent)]
    Provider(#[from] ProviderFault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Departures {
    /// Writes a pending sign-in and says where the browser goes.
    ///
    /// # Errors
    /// [`DepartureFault`]; nothing was written then.
    pub async fn leave(
        &self,
        provider: &Provider,
        purpose: Purpose,
        client_name: String,
    ) -> Result<Departure, DepartureFault> {
        let state = UpstreamState::from_entropy(random(&*self.entropy));
        let nonce = URL_SAFE_NO_PAD.encode(random::<32>(&*self.entropy));
        let verifier = Verifier::from_entropy(random(&*self.entropy));
        let hint = purpose.asked().and_then(|asked| asked.login_hint.as_deref());
        let location = match provider.adapter.intake() {
            Intake::Redirect => provider.authorize_url(&state, &nonce, &verifier, hint).await?,
            Intake::Posted => provider.page_url(&state)?,
        };
        let token = BrowserToken::from_entropy(random(&*self.entropy));
        let (at, verifier) = (self.clock.now(), verifier.reveal().to_owned());
        let pending = Pending { at, client_name, purpose, nonce, verifier };
        let plain = Zeroizing::new(serde_json::to_vec(&pending).unwrap_or_default());
        let sign_in = SignIn {
            state: state.digest(),
            browser: token.digest(),
            provider: provider.id().clone(),
            sealed: self.vault.seal(PENDING, &plain, random(&*self.entropy)),
            expires_at: at.plus(self.limits.sign_in),
        };
        self.store.put_sign_in(&sign_in).await?;
        let cookie = SignInCookie { suffix: cookie_suffix(&state), token };
        Ok(Departure { location: location.into(), cookie })
    }
}

/// The name of a sign-in's cookie follows from its state, so that the callback finds it.
#[must_use]
pub fn cookie_suffix(state: &UpstreamState) -> String {
    let short: Vec<u8> = state.digest().as_bytes().iter().copied().take(9).collect();
    URL_SAFE_NO_PAD.encode(short)
}

/// What a pending sign-in is sealed for.
pub(super) const PENDING: &str = "sign-in";
