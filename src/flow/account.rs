//! A person's own page: their identities, the apps they allowed, and their signed-in browsers.

mod apps;
mod names;
mod tokens;

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

pub use self::names::{name_of_identity, name_of_session};
use self::tokens::by;
use crate::{
    ambient::{Clock, Entropy, random},
    engine::record::{Client, Consent, Grant, HeldIdentity, IdentityKey, PersonalToken, Session},
    flow::{
        clients::Clients,
        pending::{Departure, DepartureFault, Departures, Purpose},
        personal::{NoToken, PersonalTokens},
        providers::Provider,
        revoke::Revoker,
        session::{Live, Sessions},
    },
    jose::seal::Vault,
    protocol::{
        id::{ClientId, ProviderId, ServerId},
        scope::Scopes,
        secret::SessionToken,
    },
    store::{Store, StoreError},
};

/// Shows and changes what is a person's own.
pub struct Accounts {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Seals the page's form.
    pub vault: Arc<Vault>,
    /// Who is signed in.
    pub sessions: Arc<Sessions>,
    /// The way to providers.
    pub departures: Arc<Departures>,
    /// Who may vouch.
    pub providers: Arc<[Provider]>,
    /// What apps call themselves.
    pub clients: Arc<Clients>,
    /// Tokens made by hand.
    pub personal: Arc<PersonalTokens>,
    /// Ends grants.
    pub revoker: Arc<Revoker>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
}

/// What a person sees of themselves.
pub struct Overview {
    /// Who, and in which browser.
    pub live: Live,
    /// Their identities.
    pub identities: Vec<HeldIdentity>,
    /// What they allowed, latest use first, one entry per app.
    pub apps: Vec<App>,
    /// Tokens they made by hand, and that are good.
    pub tokens: Vec<PersonalToken>,
    /// Where they may make one, and what for.
    pub offers: Vec<(ServerId, Scopes)>,
    /// Their browsers.
    pub sessions: Vec<Session>,
    /// Ties the page's forms to this session.
    pub form: String,
}

/// An app that a person allowed.
pub struct App {
    /// Its id.
    pub id: ClientId,
    /// What is known of it; none when its registration has lapsed.
    pub client: Option<Client>,
    /// Its grants.
    pub grants: Vec<Grant>,
    /// What the person agreed to, by which it need not ask again.
    pub consents: Vec<Consent>,
}

/// What a person wants changed.
pub enum Change {
    /// End everything an app was allowed.
    Disconnect(ClientId),
    /// End a token that was made by hand, named by its grant.
    Revoke(String),
    /// Take an identity away, named by [`name_of_identity`].
    Remove(String),
    /// Sign a browser out, named by [`name_of_session`].
    End(String),
    /// Sign this browser out.
    SignOut,
}

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was done.
    Done,
    /// This browser is signed out now.
    SignedOut,
    /// There was nothing to change, or it must stay.
    Nothing,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountFault {
    /// Nobody is signed in, or the form is another session's.
    #[error("This page has expired, or was opened in another browser.")]
    Form,
    /// The sign-in was too long ago to change how one signs in, or to make a token.
    #[error("For your safety, this can be done only shortly after signing in.")]
    TooLongAgo,
    /// There is no such provider.
    #[error("This way to sign in is not offered here.")]
    NoProvider,
    /// The provider is down.
    #[error("{0} cannot be reached right now.")]
    ProviderDown(String),
    /// The token that was wanted is not to be had.
    #[error(transparent)]
    NoToken(NoToken),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// `GET /account`: none when nobody is signed in.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn overview(
        &self,
        session: Option<&SessionToken>,
    ) -> Result<Option<Overview>, StoreError> {
        let Some(live) = self.sessions.live(session).await? else { return Ok(None) };
        let (user, now) = (&live.user.id, self.clock.now());
        let identities = self.store.identities_of(user).await?;
        let sessions = self.store.sessions_of(user, now).await?;
        let grants = self.store.grants_of(user, now).await?;
        let apps = self.apps(grants, self.store.consents_of(user).await?).await?;
        let tokens = self.personal.live(user).await?;
        let offers = self.personal.offers(user, &by(&live)).await?;
        let digest = live.session.digest.as_bytes();
        let sealed = self.vault.seal(FORM, digest, random(&*self.entropy));
        let form = URL_SAFE_NO_PAD.encode(sealed);
        Ok(Some(Overview { live, identities, apps, tokens, offers, sessions, form }))
    }

    /// One change, asked for by the page of this session.
    ///
    /// # Errors
    /// [`AccountFault`].
    pub async fn change(
        &self,
        session: Option<&SessionToken>,
        form: &str,
        change: Change,
    ) -> Result<Changed, AccountFault> {
        let live = self.owner(session, form).await?;
        let (user, now) = (&live.user.id, self.clock.now());
        let done = match change {
            Change::Disconnect(client) => {
                self.store.disconnect(user, &client, now).await?;
                true
            }
            Change::Revoke(name) => self.revoke(&live, &name).await?,
            Change::Remove(name) => self.remove(&live, &name).await?,
            Change::End(name) => self.end(&live, &name).await?,
            Change::SignOut => self.store.end_session(&live.session.digest).await?,
        };
        // What was revoked just now is refused by the guard at once.
        self.revoker.recall(now, now).await?;
        let still = self.store.session(&live.session.digest, now).await?.is_some();
        Ok(match (done, still) {
            (true, false) => Changed::SignedOut,
            (true, true) => Changed::Done,
            (false, _) => Changed::Nothing,
        })
    }

    /// The way to a provider, to sign in for this page.
    ///
    /// # Errors
    /// [`AccountFault`].
    pub async fn sign_in(&self, provider: &ProviderId) -> Result<Departure, AccountFault> {
        self.leave(provider, Purpose::Account).await
    }

    /// The way to a provider, to add an identity to whoever is signed in.
    ///
    /// # Errors
    /// [`AccountFault`].
    pub async fn add(
        &self,
        session: Option<&SessionToken>,
        form: &str,
        provider: &ProviderId,
    ) -> Result<Departure, AccountFault> {
        let live = self.owner(session, form).await?;
        self.recent(&live)?;
        let purpose = Purpose::Link { user: live.user.id, session: live.session.digest };
        self.leave(provider, purpose).await
    }

    async fn leave(&self, id: &ProviderId, purpose: Purpose) -> Result<Departure, AccountFault> {
        let provider = self.providers.iter().find(|provider| provider.id() == id);
        let provider = provider.ok_or(AccountFault::NoProvider)?;
        match self.departures.leave(provider, purpose, String::new()).await {
            Ok(departure) => Ok(departure),
            Err(DepartureFault::Store(error)) => Err(error.into()),
            Err(DepartureFault::Provider(fault)) => {
                tracing::warn!(provider = %id, %fault, "provider unreachable");
                Err(AccountFault::ProviderDown(provider.adapter.settings().label.clone()))
            }
        }
    }

    /// Whoever the form was made for, in the session it was made in.
    async fn owner(
        &self,
        session: Option<&SessionToken>,
        form: &str,
    ) -> Result<Live, AccountFault> {
        let sealed = URL_SAFE_NO_PAD.decode(form).ok();
        let made_for = sealed.and_then(|sealed| self.vault.open(FORM, &sealed));
        let live = self.sessions.live(session).await?;
        let live = live.filter(|live| {
            made_for.is_some_and(|bytes| bytes.as_slice() == live.session.digest.as_bytes())
        });
        live.ok_or(AccountFault::Form)
    }

    /// Whoever finds a browser open must not take the account over for good.
    fn recent(&self, live: &Live) -> Result<(), AccountFault> {
        let fresh = self.clock.now().since(live.session.created_at) < RECENT;
        fresh.then_some(()).ok_or(AccountFault::TooLongAgo)
    }

    async fn remove(&self, live: &Live, name: &str) -> Result<bool, AccountFault> {
        self.recent(live)?;
        match self.identity(live, name).await? {
            Some(key) => Ok(self.store.unlink(&key, &live.user.id, self.clock.now()).await?),
            None => Ok(false),
        }
    }

    async fn identity(&self, live: &Live, name: &str) -> Result<Option<IdentityKey>, StoreError> {
        let all = self.store.identities_of(&live.user.id).await?;
        Ok(all.into_iter().map(|held| held.key).find(|key| name_of_identity(key) == name))
    }

    async fn end(&self, live: &Live, name: &str) -> Result<bool, StoreError> {
        let all = self.store.sessions_of(&live.user.id, self.clock.now()).await?;
        match all.iter().find(|session| name_of_session(session) == name) {
            Some(session) => self.store.end_session(&session.digest).await,
            None => Ok(false),
        }
    }
}

const FORM: &str = "account-form";
/// How long after a sign-in the ways to sign in may be changed.
const RECENT: Duration = Duration::from_mins(10);
