//! The identity providers at work: where to send a person, and what came back.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use url::Url;

use crate::{
    ambient::Clock,
    ambient::Timestamp,
    jose::{
        id_token::{
            IdTokenExpectations, UnsignedTokens, VerifiedIdToken, precheck_id_token,
            verify_id_token,
        },
        refusal::Refusal,
    },
    protocol::{id::ProviderId, pkce::Verifier, secret::UpstreamState},
    provider::{
        Adapter, Binding, UpstreamAsk, file::ClientAuth, identity::Identity, secret::Secret,
    },
    upstream::{
        discovery::Discovery,
        exchange::{CodeExchange, ExchangeFault, TokenAuth, exchange},
        http::Fetcher,
        jwks::{JwksCache, KeysFault},
        toolkit::AccessTokens,
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
    /// Starts as true: not asked yet is not down.
    pub answers: AtomicBool,
    /// Leave to believe a Firebase emulator.
    pub unsigned: Option<UnsignedTokens>,
    /// Those of Firebase's service account.
    pub access_tokens: AccessTokens,
}

/// What a provider sent back by the browser, with what belongs to it.
#[derive(Clone, Copy)]
pub struct CodeAnswer<'a> {
    /// The code.
    pub code: &'a str,
    /// Our PKCE verifier.
    pub verifier: &'a Verifier,
    /// Our nonce.
    pub nonce: &'a str,
    /// When the sign-in began.
    pub began: Timestamp,
}

/// Where a provider answers.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// The authorization endpoint.
    pub authorization: Url,
    /// The token endpoint.
    pub token: Url,
    /// The key set.
    pub jwks: Url,
    /// Whether it promised to name itself in its answers (RFC 9207 §3).
    pub sends_iss: bool,
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
    /// The account behind it was disabled, deleted or signed out.
    #[error("the account no longer stands: {0}")]
    Revoked(String),
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

    /// The provider whose code flow is run: this one, or Google in front of Firebase.
    fn leg(&self) -> &dyn Adapter {
        self.adapter.code_leg().unwrap_or(&*self.adapter)
    }

    /// Its endpoints: those of its file, and for the rest those it publishes.
    ///
    /// # Errors
    /// [`ProviderFault::Unavailable`] when its metadata was never seen or is too old.
    pub async fn endpoints(&self) -> Result<Endpoints, ProviderFault> {
        let settings = self.leg().settings();
        let own = &settings.endpoints;
        if let (Some(authorization), Some(token), Some(jwks)) =
            (&own.authorization, &own.token, &own.jwks)
        {
            return Ok(Endpoints {
                authorization: authorization.clone(),
                token: token.clone(),
                jwks: jwks.clone(),
                sends_iss: false,
            });
        }
        let found = self.discovery.metadata(settings.discovery_issuer()).await;
        self.answers.store(found.is_ok(), Ordering::Relaxed);
        let found = found.map_err(|fault| {
            tracing::warn!(provider = %self.id(), %fault, "provider's metadata cannot be had");
            ProviderFault::Unavailable(fault.to_string())
        })?;
        let either = |own: &Option<Url>, found: &Url| own.as_ref().unwrap_or(found).clone();
        Ok(Endpoints {
            authorization: either(&own.authorization, &found.authorization_endpoint),
            token: either(&own.token, &found.token_endpoint),
            jwks: either(&own.jwks, &found.jwks_uri),
            sends_iss: found.sends_iss,
        })
    }

    /// Where to send the person (OpenID Connect Core §3.1.2.1).
    ///
    /// # Errors
    /// [`ProviderFault::Unavailable`].
    pub async fn authorize_url(
        &self,
        state: &UpstreamState,
        nonce: &str,
        verifier: &Verifier,
        login_hint: Option<&str>,
    ) -> Result<Url, ProviderFault> {
        let endpoint = self.endpoints().await?.authorization;
        let challenge = &verifier.challenge();
        let redirect_uri = &self.callback;
        let nonce = &self.nonce_sent(nonce);
        let ask = UpstreamAsk { state, nonce, challenge, redirect_uri, login_hint };
        Ok(self.leg().authorize_url(&endpoint, &ask))
    }

    /// Where to sign out there.
    pub async fn logout_url(&self, return_to: &str) -> Option<Url> {
        let settings = self.adapter.settings();
        if settings.firebase.is_some() {
            return None; // it keeps no session of the browser's
        }
        let mut found = settings.endpoints.end_session.clone();
        if found.is_none() {
            let metadata = self.discovery.metadata(settings.discovery_issuer()).await.ok();
            found = metadata.and_then(|metadata| metadata.end_session_endpoint.clone());
        }
        self.adapter.logout_url(found.as_ref(), return_to, None)
    }

    /// Fetches metadata and keys ahead of the first sign-in, and learns whether the provider answers.
    pub async fn warm_up(&self) {
        for uri in self.key_uris().await {
            if let Err(fault) = self.keys.keys_for(&uri, None).await.map_err(keys_fault) {
                tracing::warn!(provider = %self.id(), %fault, "provider's keys cannot be had yet");
            }
        }
    }

    /// Whether its metadata could be had when it was last asked for.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.answers.load(Ordering::Relaxed)
    }

    /// RFC 9207 §2.4: an `iss` in the answer must be this provider's; one that promised to send it
    /// must have sent it.
    ///
    /// # Errors
    /// [`ProviderFault::MixUp`] or [`ProviderFault::Unavailable`].
    pub async fn check_issuer(&self, iss: Option<&str>) -> Result<(), ProviderFault> {
        let good = match iss {
            Some(iss) => self.leg().settings().issuers.iter().any(|ours| ours == iss),
            None => !self.endpoints().await?.sends_iss,
        };
        if good { Ok(()) } else { Err(ProviderFault::MixUp) }
    }

    /// Trades a code for a verified identity: exchange, keys, signature, claims, adapter.
    ///
    /// # Errors
    /// Any [`ProviderFault`].
    pub async fn identity(&self, answer: CodeAnswer<'_>) -> Result<Identity, ProviderFault> {
        let token = self.id_token(answer).await?;
        if self.adapter.settings().firebase.is_some() {
            return self.firebase_identity(&token, answer).await;
        }
        self.identity_of(&token)
    }

    pub(super) fn identity_of(&self, token: &VerifiedIdToken) -> Result<Identity, ProviderFault> {
        let identity = self.adapter.identity(token);
        identity.map_err(|refusal| ProviderFault::Identity(refusal.to_string()))
    }

    /// The ID token of the code flow, verified.
    async fn id_token(&self, answer: CodeAnswer<'_>) -> Result<VerifiedIdToken, ProviderFault> {
        let endpoints = self.endpoints().await?;
        let CodeAnswer { code, verifier, nonce, began } = answer;
        let settings = self.leg().settings();
        let ask = CodeExchange {
            token_endpoint: &endpoints.token,
            client_id: &settings.client_id,
            client_secret: settings.client_secret.as_ref().map(Secret::reveal),
            auth: proof(settings.auth),
            code,
            redirect_uri: &self.callback,
            verifier,
        };
        let answer = exchange(&self.fetcher, ask).await.map_err(exchange_fault)?;
        let access_token = answer.access_token.as_deref().map(String::as_str);
        let nonce = &self.nonce_sent(nonce);
        let expect = self.leg().expectations(Binding { nonce, access_token, began });
        let expect = IdTokenExpectations { code: Some(code), ..expect };
        self.verified(&answer.id_token, &expect, &endpoints.jwks).await
    }

    pub(super) async fn verified(
        &self,
        raw: &str,
        expect: &IdTokenExpectations<'_>,
        jwks_uri: &Url,
    ) -> Result<VerifiedIdToken, ProviderFault> {
        let now = self.clock.now();
        // The cheap checks first: a forged token must not cost a fetch.
        let kid = precheck_id_token(raw, expect, now)?;
        let keys = self.keys.keys_for(jwks_uri, kid.as_deref()).await.map_err(keys_fault)?;
        Ok(verify_id_token(raw, &keys, expect, now)?)
    }
}

fn proof(auth: ClientAuth) -> TokenAuth {
    match auth {
        ClientAuth::Basic => TokenAuth::Basic,
        ClientAuth::Post => TokenAuth::Post,
        ClientAuth::None => TokenAuth::None,
    }
}

fn exchange_fault(fault: ExchangeFault) -> ProviderFault {
    match fault {
        ExchangeFault::Unavailable(why) => ProviderFault::Unavailable(why.to_string()),
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
