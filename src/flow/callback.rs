//! The second half of a sign-in: the provider's answer becomes an identity, the identity a principal,
//! and the principal what the sign-in was for. There is one way to become a principal, and it is here.

mod complete;

use std::sync::Arc;

pub use self::complete::{Finished, To};
use crate::{
    ambient::{Clock, Entropy},
    engine::{limits::Limits, record::SignIn},
    flow::{
        authorizer::{Authorizer, denied},
        pending::{PENDING, Pending, cookie_suffix},
        providers::{CodeAnswer, Provider, ProviderFault},
        session::{Sessions, Visitor},
    },
    jose::seal::Vault,
    protocol::{
        error::{AuthorizationError, AuthorizationErrorCode as ErrorCode},
        form::Params,
        id::ProviderId,
        pkce::Verifier,
        secret::{BrowserToken, UpstreamState},
    },
    provider::{
        Intake,
        identity::Identity,
        policy::{Decision, Principal, decide},
    },
    store::{Store, StoreError},
};

/// Finishes sign-ins.
pub struct Callbacks {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Opens the pending sign-in.
    pub vault: Arc<Vault>,
    /// Who may vouch.
    pub providers: Arc<[Provider]>,
    /// Admits people and issues codes.
    pub authorizer: Arc<Authorizer>,
    /// Opens sessions.
    pub sessions: Arc<Sessions>,
    /// How long things live.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
}

/// Why the answer leads to a page and not to the client.
#[derive(Debug, thiserror::Error)]
pub enum CallbackFault {
    /// State, browser and provider do not agree, or the sign-in lapsed or was finished before.
    #[error("This sign-in has expired, was already used, or was started in another browser.")]
    NoSignIn,
    /// The provider cannot be reached just now.
    #[error("{provider} cannot be reached right now.")]
    ProviderDown {
        /// Its label.
        provider: String,
        /// The way back to the page, to choose another.
        again: String,
    },
    /// The person may not enter, and no client is there to be told.
    #[error("{0}")]
    NotAdmitted(AuthorizationError),
    /// The identity that was to be added is another person's.
    #[error("This account belongs to another person here, so it was not added to yours.")]
    SomebodyElses,
    /// Whoever began to add an identity is no longer signed in in this browser.
    #[error("You are no longer signed in here, so nothing was added.")]
    SignedOut,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The cookie suffix that belongs to a callback's `state`.
#[must_use]
pub fn suffix_of(params: &Params) -> Option<String> {
    params.one("state").and_then(UpstreamState::parse).map(|state| cookie_suffix(&state))
}

impl Callbacks {
    /// `GET /callback/{provider}`.
    ///
    /// # Errors
    /// [`CallbackFault`] for the person; everything else is answered to the client.
    pub async fn finish(
        &self,
        provider: &ProviderId,
        params: &Params,
        browser: Option<&BrowserToken>,
        visitor: &Visitor,
    ) -> Result<Finished, CallbackFault> {
        let (provider, pending) = self.take(provider, params, browser).await?;
        let identified = self.identify(provider, params, &pending).await;
        self.conclude(provider, identified, &pending.purpose, visitor).await
    }

    async fn take(
        &self,
        id: &ProviderId,
        params: &Params,
        browser: Option<&BrowserToken>,
    ) -> Result<(&Provider, Pending), CallbackFault> {
        // Where tokens are posted nothing is awaited here: neither taken, nor is anybody asked.
        let provider = self.provider(id).filter(|it| it.adapter.intake() == Intake::Redirect);
        let provider = provider.ok_or(CallbackFault::NoSignIn)?;
        let state = params.one("state").and_then(UpstreamState::parse);
        let (Some(state), Some(browser)) = (state, browser) else {
            return Err(CallbackFault::NoSignIn);
        };
        let now = self.clock.now();
        let taken = self.store.take_sign_in(&state.digest(), &browser.digest(), id, now).await?;
        let pending = taken.and_then(|sign_in| self.opened(&sign_in));
        Ok((provider, pending.ok_or(CallbackFault::NoSignIn)?))
    }

    pub(super) fn provider(&self, id: &ProviderId) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id() == id)
    }

    pub(super) fn opened(&self, sign_in: &SignIn) -> Option<Pending> {
        let plain = self.vault.open(PENDING, &sign_in.sealed)?;
        serde_json::from_slice(&plain).ok()
    }

    async fn identify(
        &self,
        provider: &Provider,
        params: &Params,
        pending: &Pending,
    ) -> Result<Principal, Unidentified> {
        provider.check_issuer(params.one("iss")).await?;
        let code = match (params.one("code"), params.one("error")) {
            (Some(code), None) if code.len() <= MAX_CODE_BYTES => code,
            (None, Some(error)) => return Err(declined(provider, error)),
            _ => return Err(server_error("The identity provider's answer is malformed.").into()),
        };
        let verifier = Verifier::parse(&pending.verifier);
        let verifier = verifier.ok_or_else(|| server_error("The sign-in cannot be resumed."))?;
        let began = pending.at;
        let answer = CodeAnswer { code, verifier: &verifier, nonce: &pending.nonce, began };
        self.principal(provider, provider.identity(answer).await?).await
    }

    /// The one way to become a principal, whatever way the identity came. Claims that keep somebody known
    /// out are kept like any others: what they granted before ends by them.
    pub(super) async fn principal(
        &self,
        provider: &Provider,
        identity: Identity,
    ) -> Result<Principal, Unidentified> {
        match decide(provider.adapter.settings(), identity.clone()) {
            Decision::Admitted(principal) => Ok(principal),
            Decision::NotAdmitted(reason) => {
                tracing::info!(provider = %provider.id(), %reason, "person not admitted");
                self.authorizer.hold(&identity).await?;
                Err(denied(
                    "This account is not admitted here. Ask the operator, or use another account.",
                )
                .into())
            }
        }
    }
}

/// Why there is no principal.
pub(super) enum Unidentified {
    Down(ProviderFault),
    Refused(AuthorizationError),
    Store(StoreError),
}

impl From<StoreError> for Unidentified {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<AuthorizationError> for Unidentified {
    fn from(error: AuthorizationError) -> Self {
        Self::Refused(error)
    }
}

impl From<ProviderFault> for Unidentified {
    fn from(fault: ProviderFault) -> Self {
        match fault {
            ProviderFault::Unavailable(_) => Self::Down(fault),
            ProviderFault::Identity(_) | ProviderFault::Revoked(_) => {
                tracing::warn!(%fault, "identity refused");
                denied("This account is not admitted here.").into()
            }
            ProviderFault::RefusedCode(_) | ProviderFault::Token(_) | ProviderFault::MixUp => {
                tracing::warn!(%fault, "provider's answer refused");
                server_error("The identity provider's answer could not be trusted.").into()
            }
        }
    }
}

/// RFC 6749 §4.1.2.1: the provider's error code decides, its words are never passed on.
fn declined(provider: &Provider, error: &str) -> Unidentified {
    let code: String = error.chars().filter(char::is_ascii_graphic).take(40).collect();
    tracing::info!(provider = %provider.id(), code, "the provider declined");
    let answer = match error {
        "access_denied" | "login_required" | "consent_required" | "interaction_required" => {
            denied("The sign-in was declined at the identity provider.")
        }
        "temporarily_unavailable" => AuthorizationError::new(
            ErrorCode::TemporarilyUnavailable,
            "The identity provider is busy; try again.",
        ),
        _ => server_error("The identity provider reported an error."),
    };
    answer.into()
}

fn server_error(why: &'static str) -> AuthorizationError {
    AuthorizationError::new(ErrorCode::ServerError, why)
}

const MAX_CODE_BYTES: usize = 4096;
