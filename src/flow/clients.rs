//! Finding a client, and letting it prove itself.

use std::sync::Arc;

use crate::{
    ambient::Clock,
    engine::{
        client_auth::{AuthenticatedClient, Credentials, Proof, refused},
        limits::Limits,
        record::{AuthMethod, Client, ClientKeys, ClientKind},
        register,
    },
    flow::store_trouble,
    jose::{
        algorithm::Algorithm,
        assertion::{precheck_client_assertion, verify_client_assertion},
        jws::Jws,
        keys::KeySet,
    },
    protocol::{
        error::{TokenError, TokenErrorCode},
        id::ClientId,
        issuer::Issuer,
        secret::Digest,
    },
    store::{Store, StoreError},
    upstream::{
        client_document::{ClientDocuments, DocumentFault},
        jwks::{JwksCache, KeysFault},
    },
};

/// Algorithms a client may sign assertions with.
pub const ASSERTION_ALGORITHMS: [Algorithm; 4] =
    [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256];

/// Where clients are found: the environment, the store, the web.
pub struct Clients {
    /// Records.
    pub store: Arc<dyn Store>,
    /// The client of the `OAUTH_CLIENT_*` variables.
    pub configured: Option<Client>,
    /// Client ID Metadata Documents.
    pub documents: Arc<ClientDocuments>,
    /// Key sets that clients name by `jwks_uri`.
    pub keys: Arc<JwksCache>,
    /// How long things live.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ourselves: the audience of assertions.
    pub issuer: Issuer,
}

/// The client could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum LookupFault {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its metadata document is no good.
    #[error("the client metadata document: {0}")]
    Document(String),
    /// It cannot be had just now.
    #[error("the client metadata document: {0}")]
    Later(String),
}

impl Clients {
    /// The client for a new authorization: its document is fetched if its id is a URL. While too many
    /// are asked for, a client that is known already is taken as it was: strangers who use the count
    /// up lock out newcomers only.
    ///
    /// # Errors
    /// [`LookupFault`]; a client that simply is not there is `None`.
    pub async fn find(&self, id: &ClientId) -> Result<Option<Client>, LookupFault> {
        if !is_url(id) {
            return Ok(self.known(id).await?);
        }
        let document = match self.documents.fetch(id).await {
            Ok(document) => document,
            Err(fault @ DocumentFault::Busy { .. }) => {
                let known = self.known(id).await?;
                return known.map(Some).ok_or_else(|| document_fault(fault));
            }
            Err(fault) => return Err(document_fault(fault)),
        };
        let client = register::from_document(id, &document, &self.limits, self.clock.now());
        client.map(Some).map_err(|fault| LookupFault::Document(fault.description.into_owned()))
    }

    /// The client as it was when it was last authorized.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn known(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        match &self.configured {
            Some(client) if client.id == *id => Ok(Some(client.clone())),
            _ => self.store.client(id, self.clock.now()).await,
        }
    }

    /// Keeps the document a person consented to, so that the token endpoint judges by the same one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remember(&self, client: &Client) -> Result<(), StoreError> {
        match client.kind {
            ClientKind::Document => self.store.put_client(client).await,
            ClientKind::Dynamic | ClientKind::PreRegistered => Ok(()),
        }
    }

    /// Authenticates the client of a token or revocation request (RFC 6749 §3.2.1).
    ///
    /// # Errors
    /// `invalid_client` whatever the reason, or `temporarily_unavailable`.
    pub async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<AuthenticatedClient, TokenError> {
        let found = match &credentials {
            Credentials { proof: Proof::Assertion(_), .. } | Credentials { client: None, .. } => {
                None
            }
            Credentials { client: Some(id), .. } => {
                self.known(id).await.map_err(|e| store_trouble(&e))?
            }
        };
        self.proven(credentials, found).await
    }

    /// The same when the client that the credentials name has been looked for in the store already.
    ///
    /// # Errors
    /// As [`Self::authenticate`].
    pub async fn proven(
        &self,
        credentials: Credentials,
        found: Option<Client>,
    ) -> Result<AuthenticatedClient, TokenError> {
        match (credentials.client, credentials.proof) {
            (named, Proof::Assertion(jwt)) => self.by_assertion(named, &jwt).await,
            (Some(id), proof) => {
                let configured = self.configured.iter().find(|client| client.id == id);
                AuthenticatedClient::by_secret(configured.cloned().or(found), &proof)
            }
            (None, _) => Err(refused()),
        }
    }

    async fn by_assertion(
        &self,
        named: Option<ClientId>,
        jwt: &str,
    ) -> Result<AuthenticatedClient, TokenError> {
        let claimed = unverified_client(jwt).ok_or_else(refused)?;
        if named.is_some_and(|named| named != claimed) {
            return Err(refused());
        }
        let (now, issuer, id) = (self.clock.now(), self.issuer.as_str(), claimed.as_str());
        // Until the client is found, what it calls itself is a stranger's text, and no matter for a log.
        let kid = precheck_client_assertion(jwt, id, issuer, now).map_err(|refusal| {
            tracing::warn!(reason = refusal.code(), "client assertion refused");
            refused()
        })?;
        let client = self.known(&claimed).await.map_err(|e| store_trouble(&e))?;
        let client = client.filter(|it| it.auth_methods.contains(&AuthMethod::PrivateKeyJwt));
        let client = client.ok_or_else(refused)?;
        let keys = self.keys_of(&client, kid.as_deref()).await?;
        let assertion = verify_client_assertion(jwt, &keys, id, issuer, now);
        let assertion = assertion.map_err(|refusal| {
            tracing::warn!(client = %claimed, reason = refusal.code(), "client assertion refused");
            refused()
        })?;
        let once = Digest::of(&format!("assertion\n{claimed}\n{}", assertion.jti));
        let fresh = self.store.once(&once, assertion.exp).await.map_err(|e| store_trouble(&e))?;
        if !fresh {
            return Err(refused());
        }
        AuthenticatedClient::by_verified_assertion(client)
    }

    /// The keys of a client, for a prechecked assertion that names `kid`. The first fetch from a
    /// `jwks_uri` is a stranger's doing and counts like that of a document.
    async fn keys_of(&self, client: &Client, kid: Option<&str>) -> Result<KeySet, TokenError> {
        match client.keys.as_ref().ok_or_else(refused)? {
            ClientKeys::Inline(jwks) => {
                KeySet::from_jwks_value(jwks, &ASSERTION_ALGORITHMS).map_err(|_| refused())
            }
            ClientKeys::Url(uri) => {
                let uri = url::Url::parse(uri).map_err(|_| refused())?;
                if !self.keys.knows(&uri) {
                    self.documents.spend_on(&uri).map_err(|fault| match fault {
                        DocumentFault::Busy { .. } => no_keys_now(),
                        _ => refused(),
                    })?;
                }
                self.keys.keys_for(&uri, kid).await.map_err(|fault| match fault {
                    KeysFault::UnknownKey => refused(),
                    KeysFault::Unavailable { .. } | KeysFault::NotYetJudged { .. } => no_keys_now(),
                })
            }
        }
    }
}

fn no_keys_now() -> TokenError {
    let why = "The client's keys cannot be had right now.";
    TokenError::new(TokenErrorCode::TemporarilyUnavailable, why)
}

fn document_fault(fault: DocumentFault) -> LookupFault {
    let why = fault.to_string();
    let later = match fault {
        DocumentFault::Url(_) | DocumentFault::Document(_) => false,
        DocumentFault::Busy { .. } => true,
        DocumentFault::Fetch(fault) => fault.may_pass(),
    };
    if later { LookupFault::Later(why) } else { LookupFault::Document(why) }
}

/// Whose keys to verify the assertion with; its signature decides whether that is true.
fn unverified_client(jwt: &str) -> Option<ClientId> {
    Jws::parse(jwt, MAX_ASSERTION_BYTES).ok()?.unverified_issuer().map(ClientId::new)
}

/// Ids that are URLs live in a namespace of their own: no registered id contains a colon.
fn is_url(id: &ClientId) -> bool {
    id.as_str().starts_with("https://") || id.as_str().starts_with("http://")
}

const MAX_ASSERTION_BYTES: usize = 8 * 1024;
