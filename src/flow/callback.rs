//! The second half of a sign-in: the provider's answer becomes an identity, the identity a principal,
//! the principal's grant a code. There is one way to become a principal, and it is here.

use std::sync::Arc;

use crate::{
    ambient::{Clock, Entropy, random},
    engine::{
        authorize::Asked,
        limits::Limits,
        record::{Authorization, Code, Consent, SignIn, User},
    },
    flow::{
        providers::{CodeAnswer, Provider, ProviderFault},
        sign_in::{PENDING, Pending, again, cookie_suffix},
    },
    jose::seal::Vault,
    protocol::{
        error::{AuthorizationError, AuthorizationErrorCode as ErrorCode},
        form::Params,
        id::{GrantId, ProviderId, ServerId, UserId},
        pkce::Verifier,
        response::AuthorizationResponse,
        scope::Scopes,
        secret::{AuthorizationCode, BrowserToken, UpstreamState},
    },
    provider::{
        identity::Identity,
        policy::{Decision, Principal, decide},
    },
    store::{Store, StoreError},
};

/// Expands scopes by a server's `implies` rules.
pub type Expand = Arc<dyn Fn(&ServerId, &Scopes) -> Scopes + Send + Sync>;

/// Finishes sign-ins.
pub struct Callbacks {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Opens the pending sign-in.
    pub vault: Arc<Vault>,
    /// Who may vouch.
    pub providers: Arc<[Provider]>,
    /// What scopes imply.
    pub expand: Expand,
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
    ) -> Result<AuthorizationResponse, CallbackFault> {
        let (provider, pending) = self.take(provider, params, browser).await?;
        let identified = self.identify(provider, params, &pending).await;
        self.conclude(provider, identified, &pending).await
    }

    pub(super) async fn conclude(
        &self,
        provider: &Provider,
        identified: Result<Principal, Unidentified>,
        pending: &Pending,
    ) -> Result<AuthorizationResponse, CallbackFault> {
        let outcome = match identified {
            Ok(principal) => self.authorize(&principal, &pending.asked).await?,
            Err(Unidentified::Down(fault)) => {
                tracing::warn!(provider = %provider.id(), %fault, "sign-in interrupted");
                let label = provider.adapter.settings().label.clone();
                let again = again(&pending.asked);
                return Err(CallbackFault::ProviderDown { provider: label, again });
            }
            Err(Unidentified::Refused(error)) => Err(error),
        };
        Ok(pending.asked.answer(outcome))
    }

    async fn take(
        &self,
        id: &ProviderId,
        params: &Params,
        browser: Option<&BrowserToken>,
    ) -> Result<(&Provider, Pending), CallbackFault> {
        let provider = self.provider(id).ok_or(CallbackFault::NoSignIn)?;
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
        principal(provider, provider.identity(answer).await?)
    }

    /// Principal -> user -> granted scopes = asked ∩ server's ∩ principal's -> code.
    async fn authorize(
        &self,
        principal: &Principal,
        asked: &Asked,
    ) -> Result<Result<AuthorizationCode, AuthorizationError>, StoreError> {
        let has = (self.expand)(&asked.server, principal.scopes());
        let scopes = asked.scopes.intersection(&has);
        if scopes.is_empty() && !asked.scopes.is_empty() {
            return Ok(Err(denied("This account has none of the permissions asked for.")));
        }
        let user = self.admit(principal).await?;
        if user.disabled {
            return Ok(Err(denied("This account is disabled here.")));
        }
        let code = AuthorizationCode::from_entropy(random(&*self.entropy));
        let now = self.clock.now();
        let authorization = Authorization {
            user: user.id,
            client: asked.client.clone(),
            server: asked.server.clone(),
            resource: asked.resource.clone(),
            scopes,
            provider: principal.identity().key().provider.clone(),
            auth_time: principal.identity().auth_time(),
        };
        let consent = Consent {
            user: authorization.user.clone(),
            client: authorization.client.clone(),
            server: authorization.server.clone(),
            redirect_host: asked.redirect_uri.display_host(),
            scopes: authorization.scopes.clone(),
            at: now,
        };
        let record = Code {
            digest: code.digest(),
            grant: GrantId::from_entropy(random(&*self.entropy)),
            authorization,
            redirect_uri: asked.redirect_uri.as_str().to_owned(),
            challenge: asked.challenge.clone(),
            expires_at: now.plus(self.limits.code),
        };
        self.store.put_code(&record, &consent).await?;
        Ok(Ok(code))
    }

    async fn admit(&self, principal: &Principal) -> Result<User, StoreError> {
        let identity = principal.identity();
        let now = self.clock.now();
        let fresh = User {
            id: UserId::from_entropy(random(&*self.entropy)),
            name: identity.name().map(str::to_owned),
            email: identity.verified_email().map(str::to_owned),
            disabled: false,
            created_at: now,
            seen_at: now,
        };
        self.store.admit(identity.key(), &fresh).await
    }
}

/// The one way to become a principal.
pub(super) fn principal(
    provider: &Provider,
    identity: Identity,
) -> Result<Principal, Unidentified> {
    match decide(provider.adapter.settings(), identity) {
        Decision::Admitted(principal) => Ok(principal),
        Decision::NotAdmitted(reason) => {
            tracing::info!(provider = %provider.id(), %reason, "person not admitted");
            Err(denied(
                "This account is not admitted here. Ask the operator, or use another account.",
            )
            .into())
        }
    }
}

/// Why there is no principal.
pub(super) enum Unidentified {
    Down(ProviderFault),
    Refused(AuthorizationError),
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

pub(super) fn denied(why: &'static str) -> AuthorizationError {
    AuthorizationError::new(ErrorCode::AccessDenied, why)
}

fn server_error(why: &'static str) -> AuthorizationError {
    AuthorizationError::new(ErrorCode::ServerError, why)
}

const MAX_CODE_BYTES: usize = 4096;
