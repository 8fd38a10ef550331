//! The posted intake: a page of ours runs the Firebase SDK and posts the ID token, and the person
//! confirms which account it is for before a code exists.
//!
//! Such a token carries no nonce and may have been made for any page of the project, so each stage
//! holds what the one before proved: the pending sign-in of this browser, then the confirmation.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ambient::random,
    engine::record::SignIn,
    flow::{
        authorizer::denied,
        callback::{CallbackFault, Callbacks, Finished, To, Unidentified},
        pending::{Pending, Purpose, cookie_suffix},
        providers::Provider,
        session::Visitor,
    },
    protocol::{
        error::AuthorizationError,
        id::ProviderId,
        redirect::RedirectUri,
        secret::{BrowserToken, Digest, UpstreamState},
    },
    provider::{Intake, settings::ProviderSettings},
    store::StoreError,
};

/// What the page with the SDK is made of.
pub struct SdkPage<'a> {
    /// The provider.
    pub provider: &'a ProviderSettings,
    /// Who asks.
    pub client_name: String,
    /// The way back, to choose another provider.
    pub again: String,
}

/// What the person confirms.
#[derive(Debug)]
pub struct Confirmation {
    /// The account's name.
    pub name: Option<String>,
    /// Its address as claimed, shown to its own claimant.
    pub email: Option<String>,
    /// Who asks.
    pub client_name: String,
    /// Where the browser returns to; none for the person's own page.
    pub redirect: Option<RedirectUri>,
    /// Whether the account is added to whoever is signed in here.
    pub link: bool,
    /// The way back, to use another account.
    pub again: String,
}

/// Where the page goes on.
#[derive(Debug)]
pub struct ToConfirm {
    /// The state of the confirmation.
    pub state: UpstreamState,
    /// The suffix of its cookie.
    pub suffix: String,
}

/// Why a posted token led nowhere; said on the page, which stays.
#[derive(Debug, thiserror::Error)]
pub enum PostFault {
    /// State, browser and provider do not agree, or the sign-in lapsed or was finished before.
    #[error("This sign-in has expired, was already used, or was started in another browser.")]
    NoSignIn,
    /// The token, or the person.
    #[error("{0}")]
    Refused(AuthorizationError),
    /// The provider's keys or its word on the account cannot be had just now.
    #[error("The account cannot be checked right now. Try again in a minute.")]
    Down,
    /// The token was used before.
    #[error("This sign-in was used before. Press the button to sign in again.")]
    Replayed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A sign-in whose token was accepted and whose person is yet to confirm, as sealed in the store.
#[derive(Serialize, Deserialize)]
struct Confirming {
    pending: Pending,
    token: String,
    name: Option<String>,
    email: Option<String>,
}

const CONFIRMING: &str = "sign-in-confirmation";

impl Callbacks {
    /// `GET /sign-in/{provider}`: what its page shows. Changes nothing.
    ///
    /// # Errors
    /// [`CallbackFault`] for the person.
    pub async fn sdk_page(
        &self,
        id: &ProviderId,
        state: Option<&UpstreamState>,
        browser: Option<&BrowserToken>,
    ) -> Result<SdkPage<'_>, CallbackFault> {
        let provider = self.posting(id).ok_or(CallbackFault::NoSignIn)?;
        let pending = self.peek(provider, state, browser).await?.ok_or(CallbackFault::NoSignIn)?;
        let provider = provider.adapter.settings();
        Ok(SdkPage { provider, again: pending.purpose.again(), client_name: pending.client_name })
    }

    /// `POST /callback/{provider}`: takes the ID token of the page. Only a token that stands ends the
    /// pending sign-in, so that the person may try another account.
    ///
    /// # Errors
    /// [`PostFault`] for the page.
    pub async fn posted(
        &self,
        id: &ProviderId,
        state: Option<&UpstreamState>,
        browser: Option<&BrowserToken>,
        token: &str,
    ) -> Result<ToConfirm, PostFault> {
        let provider = self.posting(id).ok_or(PostFault::NoSignIn)?;
        let (Some(state), Some(browser)) = (state, browser) else {
            return Err(PostFault::NoSignIn);
        };
        let pending = self.peek(provider, Some(state), Some(browser)).await?;
        let pending = pending.ok_or(PostFault::NoSignIn)?;
        let identity = provider.confirmed_identity(token, pending.at).await;
        let identity = identity.map_err(Unidentified::from)?;
        let (name, email) =
            (identity.name().map(str::to_owned), identity.email_claim().map(str::to_owned));
        self.principal(provider, identity).await?;
        // Nobody has us ask Google who is refused without.
        provider.posted_identity(token, pending.at).await.map_err(Unidentified::from)?;
        self.spend_token(token).await?;
        let (digest, now) = (state.digest(), self.clock.now());
        let ended = self.store.take_sign_in(&digest, &browser.digest(), id, now).await?;
        ended.ok_or(PostFault::NoSignIn)?;
        let confirming = Confirming { pending, token: token.to_owned(), name, email };
        Ok(self.keep(provider, browser, &confirming).await?)
    }

    /// `GET /confirm/{provider}`: which account, for whom. Changes nothing.
    ///
    /// # Errors
    /// [`CallbackFault`] for the person.
    pub async fn confirmation(
        &self,
        id: &ProviderId,
        state: Option<&UpstreamState>,
        browser: Option<&BrowserToken>,
    ) -> Result<Confirmation, CallbackFault> {
        let (Some(state), Some(browser)) = (state, browser) else {
            return Err(CallbackFault::NoSignIn);
        };
        let (digest, now) = (state.digest(), self.clock.now());
        let found = self.store.sign_in(&digest, &browser.digest(), id, now).await?;
        let Confirming { pending, name, email, .. } = self.confirming(found)?;
        Ok(Confirmation {
            name,
            email,
            again: pending.purpose.again(),
            link: matches!(pending.purpose, Purpose::Link { .. }),
            redirect: pending.purpose.asked().map(|asked| asked.redirect_uri.clone()),
            client_name: pending.client_name,
        })
    }

    /// `POST /confirm/{provider}`: the person says that this is their account. The token is judged once
    /// more: what lies in the store between two requests is data, not a proof.
    ///
    /// # Errors
    /// [`CallbackFault`] for the person; everything else is answered to the client.
    pub async fn confirm(
        &self,
        id: &ProviderId,
        state: Option<&UpstreamState>,
        browser: Option<&BrowserToken>,
        agreed: bool,
        visitor: &Visitor,
    ) -> Result<Finished, CallbackFault> {
        let provider = self.posting(id).ok_or(CallbackFault::NoSignIn)?;
        let (Some(state), Some(browser)) = (state, browser) else {
            return Err(CallbackFault::NoSignIn);
        };
        let (digest, now) = (state.digest(), self.clock.now());
        let taken = self.store.take_sign_in(&digest, &browser.digest(), id, now).await?;
        let Confirming { pending, token, .. } = self.confirming(taken)?;
        if !agreed {
            let cancelled = || Err(denied("The person cancelled."));
            let asked = pending.purpose.asked();
            let to = asked.map_or(To::Account, |asked| To::Client(asked.answer(cancelled())));
            return Ok(Finished { to, session: None });
        }
        let identity = provider.confirmed_identity(&token, pending.at).await;
        let identified = match identity.map_err(Unidentified::from) {
            Ok(identity) => self.principal(provider, identity).await,
            Err(fault) => Err(fault),
        };
        self.conclude(provider, identified, &pending.purpose, visitor).await
    }

    fn posting(&self, id: &ProviderId) -> Option<&Provider> {
        self.provider(id).filter(|provider| provider.adapter.intake() == Intake::Posted)
    }

    async fn peek(
        &self,
        provider: &Provider,
        state: Option<&UpstreamState>,
        browser: Option<&BrowserToken>,
    ) -> Result<Option<Pending>, StoreError> {
        let (Some(state), Some(browser)) = (state, browser) else { return Ok(None) };
        let (state, browser, now) = (state.digest(), browser.digest(), self.clock.now());
        let found = self.store.sign_in(&state, &browser, provider.id(), now).await?;
        Ok(found.and_then(|sign_in| self.opened(&sign_in)))
    }

    /// Once and never again. The signed part has one spelling, since other encodings were refused; the
    /// signature is left out, so that another signature over the same statement is no other token.
    async fn spend_token(&self, token: &str) -> Result<(), PostFault> {
        let statement = token.rsplit_once('.').map_or(token, |(statement, _)| statement);
        let until = self.clock.now().plus(self.limits.id_token_lifetime);
        let first = self.store.once(&Digest::of(statement), until).await?;
        first.then_some(()).ok_or(PostFault::Replayed)
    }

    async fn keep(
        &self,
        provider: &Provider,
        browser: &BrowserToken,
        confirming: &Confirming,
    ) -> Result<ToConfirm, StoreError> {
        let state = UpstreamState::from_entropy(random(&*self.entropy));
        let plain = Zeroizing::new(serde_json::to_vec(confirming).unwrap_or_default());
        let sign_in = SignIn {
            state: state.digest(),
            browser: browser.digest(),
            provider: provider.id().clone(),
            sealed: self.vault.seal(CONFIRMING, &plain, random(&*self.entropy)),
            expires_at: self.clock.now().plus(self.limits.sign_in),
        };
        self.store.put_sign_in(&sign_in).await?;
        Ok(ToConfirm { suffix: cookie_suffix(&state), state })
    }

    fn confirming(&self, found: Option<SignIn>) -> Result<Confirming, CallbackFault> {
        let plain = found.and_then(|sign_in| self.vault.open(CONFIRMING, &sign_in.sealed));
        let read = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        read.ok_or(CallbackFault::NoSignIn)
    }
}

impl From<Unidentified> for PostFault {
    fn from(why: Unidentified) -> Self {
        match why {
            Unidentified::Down(fault) => {
                tracing::warn!(%fault, "posted sign-in interrupted");
                Self::Down
            }
            Unidentified::Refused(error) => Self::Refused(error),
            Unidentified::Store(error) => Self::from(error),
        }
    }
}
