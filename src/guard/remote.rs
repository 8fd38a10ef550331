//! The keys of an authorization server elsewhere, found by its metadata (RFC 8414 §3).

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Deserialize;
use url::Url;

use crate::{
    ambient::{Clock, SystemClock, Timestamp},
    guard::refusal::GuardRefusal,
    jose::{algorithm::Algorithm, keys::KeySet, refusal::Refusal},
    protocol::issuer::is_loopback,
    upstream::{
        http::{Fetched, Fetcher},
        jwks::{JwksCache, KeysFault, KeysHealth},
    },
};

/// The keys of one authorization server, fetched when first needed and kept by `upstream`'s rules.
pub struct RemoteKeys {
    issuer: String,
    metadata_url: Url,
    fetcher: Fetcher,
    cache: JwksCache,
    clock: Arc<dyn Clock>,
    found: Mutex<Found>,
    flight: tokio::sync::Mutex<()>,
}

/// The text is no issuer whose keys may be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an issuer is an https URL without query or fragment; http is for loopback only")]
pub struct NotAnIssuer;

/// Where the keys are, and when to look again.
struct Found {
    jwks_uri: Option<Url>,
    next: Timestamp,
}

impl RemoteKeys {
    /// The keys of `issuer`, such as `https://auth.example.com`. Nothing is fetched yet.
    ///
    /// # Errors
    /// [`NotAnIssuer`].
    pub fn new(issuer: &str) -> Result<Self, NotAnIssuer> {
        Self::with_clock(issuer, Arc::new(SystemClock))
    }

    /// The same by another clock than the machine's.
    ///
    /// # Errors
    /// [`NotAnIssuer`].
    pub fn with_clock(issuer: &str, clock: Arc<dyn Clock>) -> Result<Self, NotAnIssuer> {
        let metadata_url = metadata_url(issuer).ok_or(NotAnIssuer)?;
        let here = is_loopback(&metadata_url);
        let fetcher = Fetcher::for_operator();
        let fetcher = if here { fetcher.with_loopback() } else { fetcher };
        let algorithms = [Algorithm::Es256, Algorithm::EdDsa];
        Ok(Self {
            issuer: issuer.to_owned(),
            metadata_url,
            cache: JwksCache::new(fetcher.clone(), Arc::clone(&clock), &algorithms),
            fetcher,
            clock,
            found: Mutex::new(Found { jwks_uri: None, next: Timestamp::from_unix(i64::MIN) }),
            flight: tokio::sync::Mutex::default(),
        })
    }

    /// How the key set stands, for readiness and metrics.
    #[must_use]
    pub fn health(&self) -> Vec<KeysHealth> {
        self.cache.health()
    }

    pub(super) async fn keys_for(&self, kid: &str) -> Result<KeySet, GuardRefusal> {
        let jwks_uri = self.jwks_uri().await?;
        self.cache.keys_for(&jwks_uri, Some(kid)).await.map_err(|fault| match fault {
            KeysFault::UnknownKey => GuardRefusal::Invalid(Refusal::UnknownKey),
            KeysFault::Unavailable { retry_after } | KeysFault::NotYetJudged { retry_after } => {
                GuardRefusal::Unavailable { retry_after }
            }
        })
    }

    /// One lookup at a time; while there is an address, nobody waits for a newer one.
    async fn jwks_uri(&self) -> Result<Url, GuardRefusal> {
        let _flight = match (self.flight.try_lock(), self.known()) {
            (Ok(flight), _) => flight,
            (Err(_), Some(jwks_uri)) => return Ok(jwks_uri),
            (Err(_), None) => self.flight.lock().await,
        };
        if self.clock.now() >= self.found().next {
            let fetched = self.look().await;
            let pause = if fetched.is_some() { LOOK_AGAIN } else { AFTER_FAILURE };
            let mut found = self.found();
            found.next = self.clock.now().plus(pause);
            found.jwks_uri = fetched.or_else(|| found.jwks_uri.take());
        }
        self.known().ok_or(GuardRefusal::Unavailable { retry_after: AFTER_FAILURE })
    }

    async fn look(&self) -> Option<Url> {
        let fetched = self.fetcher.get(&self.metadata_url, "application/json", None).await;
        let body = match fetched {
            Ok(Fetched::Body { body, .. }) => body,
            Ok(Fetched::NotModified { .. }) => return None,
            Err(fault) => {
                tracing::warn!(%fault, "the authorization server's metadata cannot be fetched");
                return None;
            }
        };
        let jwks_uri = read(&body, &self.issuer);
        if jwks_uri.is_none() {
            tracing::warn!(
                "the authorization server's metadata is not that of the issuer configured"
            );
        }
        jwks_uri
    }

    fn known(&self) -> Option<Url> {
        self.found().jwks_uri.clone()
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: Url,
}

/// RFC 8414 §3.3: the issuer named is the issuer asked, byte for byte.
fn read(body: &[u8], issuer: &str) -> Option<Url> {
    let metadata: Metadata = serde_json::from_slice(body).ok()?;
    (metadata.issuer == issuer).then_some(metadata.jwks_uri)
}

/// The well-known name between host and path (RFC 8414 §3.1).
fn metadata_url(issuer: &str) -> Option<Url> {
    let mut url = Url::parse(issuer).ok()?;
    let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    if !secure || url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    let path = url.path().strip_suffix('/').unwrap_or(url.path()).to_owned();
    url.set_path(&format!("/.well-known/oauth-authorization-server{path}"));
    Some(url)
}

const LOOK_AGAIN: Duration = Duration::from_hours(1);
const AFTER_FAILURE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_stands_between_host_and_path() {
        let url = |issuer| metadata_url(issuer).map(String::from);
        let root = "https://a.example/.well-known/oauth-authorization-server";
        assert_eq!(url("https://a.example").as_deref(), Some(root));
        assert_eq!(url("https://a.example/t1"), Some(format!("{root}/t1")));
    }

    #[test]
    fn plain_http_off_this_machine_and_decorated_urls_are_refused() {
        for issuer in ["http://a.example", "https://a.example?x", "https://a.example#x", "x", ""] {
            assert_eq!(RemoteKeys::new(issuer).err(), Some(NotAnIssuer), "{issuer}");
        }
    }
}
