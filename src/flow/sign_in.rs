//! The first half of a sign-in: the page, the person's consent, the way to the provider, or straight
//! back for a person who is signed in here.

mod question;

use std::sync::Arc;

use self::question::Shown;
pub use self::question::{Known, Question, again};
use crate::{
    ambient::{Clock, Entropy, random},
    engine::{
        authorize::{Asked, ClientPart, PageFault, Prompt, Terms},
        limits::Limits,
        record::{Client, Consent},
    },
    flow::{
        authorizer::Authorizer,
        clients::{Clients, LookupFault},
        pending::{Departure, DepartureFault, Departures, Purpose},
        providers::Provider,
        session::{Live, Sessions},
    },
    jose::seal::Vault,
    protocol::{
        error::{AuthorizationError, AuthorizationErrorCode},
        form::Params,
        response::AuthorizationResponse,
        secret::{BrowserToken, SessionToken},
    },
    store::{Store, StoreError},
};

/// Asks, and sends on.
pub struct SignIns {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Seals the form.
    pub vault: Arc<Vault>,
    /// Where clients are found.
    pub clients: Arc<Clients>,
    /// Who may vouch, in the order of the page.
    pub providers: Arc<[Provider]>,
    /// What is guarded.
    pub terms: Arc<[Terms]>,
    /// The way to providers.
    pub departures: Arc<Departures>,
    /// Who is signed in.
    pub sessions: Arc<Sessions>,
    /// Issues codes.
    pub authorizer: Arc<Authorizer>,
    /// How long things live.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
}

/// The browser that asks.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// Knows the page again.
    pub browser: &'a BrowserToken,
    /// The session it has.
    pub session: Option<&'a SessionToken>,
    /// Whether a page of ours or the person themselves brought it here, and no other site.
    pub own_will: bool,
}

/// Where an authorization request leads.
#[derive(Debug)]
pub enum Step {
    /// To the page.
    Ask(Box<Question>),
    /// To a provider.
    Leave(Departure),
    /// Back to the client.
    Answer(AuthorizationResponse),
}

/// Why there is no next step; shown to the person.
#[derive(Debug, thiserror::Error)]
pub enum StepFault {
    /// The request itself.
    #[error(transparent)]
    Request(#[from] PageFault),
    /// The client's metadata document.
    #[error("{0}")]
    Document(String),
    /// The client's metadata document cannot be had just now.
    #[error("{0}")]
    Later(String),
    /// The form was made for another browser, was changed, or is too old.
    #[error("This page has expired, or was opened in another browser.")]
    Form {
        /// The way back to the page, when the form could be read.
        again: Option<String>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LookupFault> for StepFault {
    fn from(fault: LookupFault) -> Self {
        match fault {
            LookupFault::Store(error) => Self::Store(error),
            LookupFault::Document(why) => Self::Document(why),
            LookupFault::Later(why) => Self::Later(why),
        }
    }
}

impl SignIns {
    /// A value to know a browser by, for one that has none yet.
    #[must_use]
    pub fn new_browser(&self) -> BrowserToken {
        BrowserToken::from_entropy(random(&*self.entropy))
    }

    /// `GET /authorize`: proves the client and its redirect URI, checks the rest. Writes nothing, unless
    /// the person agreed to all of it before.
    ///
    /// # Errors
    /// [`StepFault`] for the person.
    pub async fn ask(&self, params: &Params, visit: Visit<'_>) -> Result<Step, StepFault> {
        let part = ClientPart::read(params)?;
        let client = self.clients.find(&part.client).await?;
        let proven = part.prove(client, params)?;
        let (client, asked) = match proven.ask(params, &self.terms) {
            Ok(good) => good,
            Err(answer) => return Ok(Step::Answer(answer)),
        };
        let live = self.sessions.live(visit.session).await?;
        if let Some(live) = &live
            && let Some(agreed) = self.agreed(&asked, live, visit).await?
        {
            self.clients.remember(&client).await?;
            return self.answer(live, &asked, Some(agreed)).await;
        }
        if asked.prompt == Prompt::Never {
            return Ok(Step::Answer(unasked(&asked, live.is_some())));
        }
        let question = self.question(client, asked, visit.browser, live.as_ref());
        Ok(Step::Ask(Box::new(question)))
    }

    /// `POST /authorize`: the person consented and chose how to go on, or cancelled.
    ///
    /// # Errors
    /// [`StepFault`] for the person.
    pub async fn consent(
        &self,
        params: &Params,
        browser: Option<&BrowserToken>,
        session: Option<&SessionToken>,
    ) -> Result<Step, StepFault> {
        let Shown { asked, named } = self.open_form(params, browser)?;
        if params.one("cancel").is_some() {
            let why = "The person cancelled.";
            let error = AuthorizationError::new(AuthorizationErrorCode::AccessDenied, why);
            return Ok(Step::Answer(asked.answer(Err(error))));
        }
        let client = self.clients.find(&asked.client).await?.ok_or(PageFault::UnknownClient)?;
        if params.one("continue").is_some() {
            // Another person may have signed in in this browser since the page was shown.
            let live = self.sessions.live(session).await?;
            let live = live.filter(|live| named.as_ref() == Some(&live.user.id));
            let live = live.ok_or_else(|| StepFault::Form { again: Some(again(&asked)) })?;
            self.clients.remember(&client).await?;
            return self.answer(&live, &asked, None).await;
        }
        let chosen = params.one("provider").unwrap_or_default();
        let provider = self.providers.iter().find(|provider| provider.id().as_str() == chosen);
        let provider = provider.ok_or_else(|| StepFault::Form { again: Some(again(&asked)) })?;
        self.leave(client, asked, provider, browser).await
    }

    /// Where a person signs out at a provider; none when it does not say, or cannot be reached.
    pub async fn sign_out_url(&self, provider: &str, return_to: &str) -> Option<String> {
        let provider = self.providers.iter().find(|known| known.id().as_str() == provider)?;
        provider.logout_url(return_to).await.map(Into::into)
    }

    /// The consent by which the person need not be asked: they agreed to all of this before, and come of
    /// their own will. A program on this computer, or behind an app's scheme, may be another one than the
    /// last time: it is asked for each time.
    async fn agreed(
        &self,
        asked: &Asked,
        live: &Live,
        visit: Visit<'_>,
    ) -> Result<Option<Consent>, StoreError> {
        let ask = matches!(asked.prompt, Prompt::Ask | Prompt::SignIn);
        if ask || !visit.own_will || !returns_to_a_host(asked) {
            return Ok(None);
        }
        let host = asked.redirect_uri.display_host();
        let agreed = self.store.consent(&live.user.id, &asked.client, &asked.server, &host).await?;
        Ok(agreed.filter(|agreed| agreed.scopes.covers(&asked.scopes)))
    }

    async fn answer(
        &self,
        live: &Live,
        asked: &Asked,
        before: Option<Consent>,
    ) -> Result<Step, StepFault> {
        let outcome = self.authorizer.code(&live.principal, &live.user, asked, before).await?;
        Ok(Step::Answer(asked.answer(outcome)))
    }

    async fn leave(
        &self,
        client: Client,
        asked: Asked,
        provider: &Provider,
        page: Option<&BrowserToken>,
    ) -> Result<Step, StepFault> {
        self.clients.remember(&client).await?;
        let purpose = Purpose::Authorize(asked.clone());
        match (self.departures.leave(provider, purpose, client.name.clone()).await, page) {
            (Ok(departure), _) => Ok(Step::Leave(departure)),
            (Err(DepartureFault::Store(error)), _) => Err(error.into()),
            (Err(DepartureFault::Provider(fault)), Some(page)) => {
                tracing::warn!(provider = %provider.id(), %fault, "provider unreachable");
                let unreachable = Some(provider.adapter.settings().label.clone());
                let question = self.question(client, asked, page, None);
                Ok(Step::Ask(Box::new(Question { unreachable, ..question })))
            }
            (Err(_), None) => Err(StepFault::Form { again: Some(again(&asked)) }),
        }
    }
}

fn returns_to_a_host(asked: &Asked) -> bool {
    asked.redirect_uri.as_str().starts_with("https://")
}

/// OpenID Connect Core §3.1.2.6: the person would have to be asked, and must not be.
fn unasked(asked: &Asked, signed_in: bool) -> AuthorizationResponse {
    let error = if signed_in {
        let why = "prompt=none: the person has to be asked.";
        AuthorizationError::new(AuthorizationErrorCode::ConsentRequired, why)
    } else {
        let why = "prompt=none: a person has to sign in.";
        AuthorizationError::new(AuthorizationErrorCode::LoginRequired, why)
    };
    asked.answer(Err(error))
}
