//! Provider metadata (OpenID Connect Discovery 1.0 §4), kept at its last good reading.
//!
//! Only what is used is read. The document must name the issuer we asked, byte for byte, and every
//! endpoint in it must be https, or plain http on this machine when the issuer is there too.

use std::{sync::Arc, time::Duration};

use moka::{policy::EvictionPolicy, sync::Cache};
use serde::Deserialize;
use url::Url;

use crate::{
    ambient::Clock,
    protocol::issuer::is_loopback,
    upstream::{
        freshness::Bounds,
        http::{FetchFault, Fetcher},
        kept::{Keeping, Kept, KeptFault, Missing, Reader},
    },
};

/// What a provider publishes about itself, as far as we use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderMetadata {
    /// The issuer, equal to the one asked for.
    pub issuer: String,
    /// Where a person signs in.
    pub authorization_endpoint: Url,
    /// Where a code becomes an ID token.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// Where a person signs out (RP-Initiated Logout 1.0 §2.1).
    pub end_session_endpoint: Option<Url>,
    /// Whether its authorization responses carry `iss` (RFC 9207 §3): then one without is refused.
    pub sends_iss: bool,
}

/// Metadata of configured providers. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Discovery {
    keeping: Keeping,
    providers: Cache<String, Arc<Kept<Arc<ProviderMetadata>>>>,
}

/// Why there is no metadata.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryFault {
    /// The configured issuer is no URL that can be asked.
    #[error("the issuer is not an https URL")]
    Issuer,
    /// The provider cannot be reached, or answers in vain: 503.
    #[error("the provider's metadata cannot be fetched: {fault}")]
    Fetch {
        /// What happened.
        fault: FetchFault,
        /// When asking again can help.
        retry_after: Duration,
    },
    /// The document is not one to believe: the operator must look. 503 to everyone else.
    #[error("the provider's metadata is refused: {0}")]
    Document(String),
}

impl Discovery {
    /// No provider is asked before its metadata is.
    #[must_use]
    pub fn new(fetcher: Fetcher, clock: Arc<dyn Clock>) -> Self {
        let (accept, bounds, stale) = ("application/json", BOUNDS, STALE);
        let keeping = Keeping { fetcher, clock, accept, bounds, stale, wait: WAIT };
        let lru = EvictionPolicy::lru();
        let providers = Cache::builder().max_capacity(64).eviction_policy(lru).build();
        Self { keeping, providers }
    }

    /// The metadata of `issuer`: fetched once an hour or so, and the last good one during an outage.
    ///
    /// # Errors
    /// [`DiscoveryFault`] when there is no good one at all.
    pub async fn metadata(&self, issuer: &str) -> Result<Arc<ProviderMetadata>, DiscoveryFault> {
        let url = document_url(issuer).ok_or(DiscoveryFault::Issuer)?;
        let kept = self.providers.get_with_by_ref(issuer, || {
            let (issuer, loopback) = (issuer.to_owned(), self.keeping.fetcher.policy().loopback);
            let read: Reader<_> = Box::new(move |body| read(body, &issuer, loopback).map(Arc::new));
            Kept::new(url, self.keeping.clone(), read)
        });
        kept.latest().await.map(|held| Arc::clone(&held.value)).map_err(fault)
    }
}

impl std::fmt::Debug for Discovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discovery")
            .field("providers", &self.providers.entry_count())
            .finish_non_exhaustive()
    }
}

/// Discovery §4: the well-known name after the issuer, whose own trailing slash is not doubled.
fn document_url(issuer: &str) -> Option<Url> {
    let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
    let url = Url::parse(&format!("{issuer}/.well-known/openid-configuration")).ok()?;
    let plain = url.query().is_none() && url.fragment().is_none();
    (plain && matches!(url.scheme(), "http" | "https")).then_some(url)
}

fn fault(missing: Missing) -> DiscoveryFault {
    let Missing { retry_after, fault } = missing;
    match fault {
        Some(KeptFault::Content(what)) => DiscoveryFault::Document(what),
        Some(KeptFault::Fetch(fault)) => DiscoveryFault::Fetch { fault, retry_after },
        None => DiscoveryFault::Fetch { fault: FetchFault::Timeout, retry_after },
    }
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

fn read(body: &[u8], issuer: &str, loopback: bool) -> Result<ProviderMetadata, String> {
    let document: Document = serde_json::from_slice(body)
        .map_err(|_| "it is not a JSON object with the required endpoints".to_owned())?;
    // Discovery §4.3: the values MUST be exactly the same.
    if document.issuer != issuer {
        return Err("it names another issuer than the one configured".to_owned());
    }
    let http = loopback && Url::parse(issuer).is_ok_and(|url| is_loopback(&url));
    let endpoint = |name: &str, text: &str| {
        endpoint(text, http).ok_or_else(|| format!("its {name} is not an https URL"))
    };
    let end_session = document.end_session_endpoint.as_deref();
    Ok(ProviderMetadata {
        authorization_endpoint: endpoint(
            "authorization_endpoint",
            &document.authorization_endpoint,
        )?,
        token_endpoint: endpoint("token_endpoint", &document.token_endpoint)?,
        jwks_uri: endpoint("jwks_uri", &document.jwks_uri)?,
        end_session_endpoint: end_session
            .map(|text| endpoint("end_session_endpoint", text))
            .transpose()?,
        sends_iss: document.authorization_response_iss_parameter_supported,
        issuer: document.issuer,
    })
}

/// A browser is sent to some of these: nothing but https, and nothing hidden in the URL.
fn endpoint(text: &str, http: bool) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let scheme = url.scheme() == "https" || (http && url.scheme() == "http" && is_loopback(&url));
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (scheme && bare && url.has_host()).then_some(url)
}

const BOUNDS: Bounds = Bounds {
    floor: Duration::from_mins(15),
    ceiling: Duration::from_hours(24),
    silent: Duration::from_hours(1),
    uncacheable: Duration::from_mins(15),
};

/// A day past the longest freshness.
const STALE: Duration = Duration::from_hours(48);
const WAIT: Duration = Duration::from_secs(5);
