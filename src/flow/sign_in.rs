//! The first half of a sign-in: the page, the person's consent, the way to the provider.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    ambient::{Clock, Entropy, Timestamp, random},
    engine::{
        authorize::{Asked, ClientPart, PageFault, Terms},
        limits::Limits,
        record::{Client, SignIn},
    },
    flow::{
        clients::{Clients, LookupFault},
        providers::Provider,
    },
    jose::seal::Vault,
    protocol::{
        error::{AuthorizationError, AuthorizationErrorCode},
        form::Params,
        pkce::Verifier,
        response::AuthorizationResponse,
        secret::{BrowserToken, Digest, UpstreamState},
    },
    provider::Intake,
    store::{Store, StoreError},
};

/// Asks, and sends on.
pub struct SignIns {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Seals the form and the pending sign-in.
    pub vault: Arc<Vault>,
    /// Where clients are found.
    pub clients: Arc<Clients>,
    /// Who may vouch, in the order of the page.
    pub providers: Arc<[Provider]>,
    /// What is guarded.
    pub terms: Arc<[Terms]>,
    /// How long things live.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
}

/// What a person is shown, and the sealed copy of it that comes back with the answer.
#[derive(Debug)]
pub struct Question {
    /// Who asks.
    pub client: Client,
    /// For what.
    pub asked: Asked,
    /// The sealed request, for the form.
    pub form: String,
    /// A provider that just failed, by label.
    pub unreachable: Option<String>,
}

/// Where an authorization request leads.
#[derive(Debug)]
pub enum Step {
    /// To the page.
    Ask(Box<Question>),
    /// To a provider, with the cookie that binds the sign-in to this browser.
    Leave {
        /// The provider's authorization URL.
        location: String,
        /// Its cookie.
        cookie: SignInCookie,
    },
    /// Back to the client.
    Answer(AuthorizationResponse),
}

/// The cookie of one sign-in under way.
#[derive(Debug)]
pub struct SignInCookie {
    /// Tells several sign-ins of one browser apart.
    pub suffix: String,
    /// Its value.
    pub token: BrowserToken,
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

#[derive(Serialize, Deserialize)]
struct Form {
    asked: Asked,
    browser: Digest,
    at: Timestamp,
}

/// A sign-in under way, as sealed in the store.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) at: Timestamp,
    pub(super) client_name: String,
    pub(super) asked: Asked,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

const FORM: &str = "authorize-form";
pub(super) const PENDING: &str = "sign-in";

impl SignIns {
    /// A value to know a browser by, for one that has none yet.
    #[must_use]
    pub fn new_browser(&self) -> BrowserToken {
        BrowserToken::from_entropy(random(&*self.entropy))
    }

    /// `GET /authorize`: proves the client and its redirect URI, checks the rest. Writes nothing.
    ///
    /// # Errors
    /// [`StepFault`] for the person.
    pub async fn ask(&self, params: &Params, browser: &BrowserToken) -> Result<Step, StepFault> {
        let part = ClientPart::read(params)?;
        let client = self.clients.find(&part.client).await?;
        let proven = part.prove(client, params)?;
        Ok(match proven.ask(params, &self.terms) {
            Ok((client, asked)) => Step::Ask(Box::new(self.question(client, asked, browser, None))),
            Err(answer) => Step::Answer(answer),
        })
    }

    /// `POST /authorize`: the person consented and chose a provider, or cancelled.
    ///
    /// # Errors
    /// [`StepFault`] for the person.
    pub async fn consent(
        &self,
        params: &Params,
        browser: Option<&BrowserToken>,
    ) -> Result<Step, StepFault> {
        let asked = self.open_form(params, browser)?;
        if params.one("cancel").is_some() {
            let why = "The person cancelled.";
            let error = AuthorizationError::new(AuthorizationErrorCode::AccessDenied, why);
            return Ok(Step::Answer(asked.answer(Err(error))));
        }
        let chosen = params.one("provider").unwrap_or_default();
        let provider = self.providers.iter().find(|provider| provider.id().as_str() == chosen);
        let provider = provider.ok_or_else(|| StepFault::Form { again: Some(again(&asked)) })?;
        let client = self.clients.find(&asked.client).await?.ok_or(PageFault::UnknownClient)?;
        self.leave(client, asked, provider, browser).await
    }

    /// Where a person signs out at a provider; none when it does not say, or cannot be reached.
    pub async fn sign_out_url(&self, provider: &str, return_to: &str) -> Option<String> {
        let provider = self.providers.iter().find(|known| known.id().as_str() == provider)?;
        provider.logout_url(return_to).await.map(Into::into)
    }

    async fn leave(
        &self,
        client: Client,
        asked: Asked,
        provider: &Provider,
        page: Option<&BrowserToken>,
    ) -> Result<Step, StepFault> {
        let state = UpstreamState::from_entropy(random(&*self.entropy));
        let nonce = URL_SAFE_NO_PAD.encode(random::<32>(&*self.entropy));
        let verifier = Verifier::from_entropy(random(&*self.entropy));
        let hint = asked.login_hint.as_deref();
        let location = match provider.adapter.intake() {
            Intake::Redirect => provider.authorize_url(&state, &nonce, &verifier, hint).await,
            Intake::Posted => provider.page_url(&state),
        };
        let location = match (location, page) {
            (Ok(location), _) => location,
            (Err(fault), Some(page)) => {
                tracing::warn!(provider = %provider.id(), %fault, "provider unreachable");
                let label = provider.adapter.settings().label.clone();
                return Ok(Step::Ask(Box::new(self.question(client, asked, page, Some(label)))));
            }
            (Err(_), None) => return Err(StepFault::Form { again: Some(again(&asked)) }),
        };
        self.clients.remember(&client).await?;
        let token = BrowserToken::from_entropy(random(&*self.entropy));
        let at = self.clock.now();
        let client_name = client.name.clone();
        let pending =
            Pending { at, client_name, asked, nonce, verifier: verifier.reveal().to_owned() };
        let cookie = SignInCookie { suffix: cookie_suffix(&state), token };
        self.store.put_sign_in(&self.sealed(&pending, &state, &cookie.token, provider)).await?;
        Ok(Step::Leave { location: location.into(), cookie })
    }

    fn sealed(
        &self,
        pending: &Pending,
        state: &UpstreamState,
        token: &BrowserToken,
        provider: &Provider,
    ) -> SignIn {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(pending).unwrap_or_default());
        SignIn {
            state: state.digest(),
            browser: token.digest(),
            provider: provider.id().clone(),
            sealed: self.vault.seal(PENDING, &plain, random(&*self.entropy)),
            expires_at: self.clock.now().plus(self.limits.sign_in),
        }
    }

    fn question(
        &self,
        client: Client,
        asked: Asked,
        browser: &BrowserToken,
        unreachable: Option<String>,
    ) -> Question {
        let form = Form { asked, browser: browser.digest(), at: self.clock.now() };
        let plain = serde_json::to_vec(&form).unwrap_or_default();
        let sealed = self.vault.seal(FORM, &plain, random(&*self.entropy));
        Question { client, asked: form.asked, form: URL_SAFE_NO_PAD.encode(sealed), unreachable }
    }

    /// The request exactly as it was shown, in the browser it was shown in, not too long ago.
    fn open_form(
        &self,
        params: &Params,
        browser: Option<&BrowserToken>,
    ) -> Result<Asked, StepFault> {
        let sealed = URL_SAFE_NO_PAD.decode(params.one("form").unwrap_or_default()).ok();
        let plain = sealed.and_then(|sealed| self.vault.open(FORM, &sealed));
        let form: Option<Form> = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let form = form.ok_or(StepFault::Form { again: None })?;
        let same = browser.is_some_and(|browser| browser.digest().matches(&form.browser));
        let fresh = self.clock.now() < form.at.plus(self.limits.sign_in);
        if same && fresh {
            return Ok(form.asked);
        }
        Err(StepFault::Form { again: Some(again(&form.asked)) })
    }
}

/// The name of a sign-in's cookie follows from its state, so that the callback finds it.
#[must_use]
pub fn cookie_suffix(state: &UpstreamState) -> String {
    let short: Vec<u8> = state.digest().as_bytes().iter().copied().take(9).collect();
    URL_SAFE_NO_PAD.encode(short)
}

/// The path of the authorize page for a request already checked.
#[must_use]
pub fn again(asked: &Asked) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", asked.client.as_str())
        .append_pair("redirect_uri", asked.redirect_uri.as_str())
        .append_pair("code_challenge", asked.challenge.as_str())
        .append_pair("code_challenge_method", "S256")
        .append_pair("resource", asked.resource.as_str())
        .append_pair("scope", &asked.scopes.to_string());
    if let Some(state) = &asked.state {
        query.append_pair("state", state);
    }
    format!("/authorize?{}", query.finish())
}
