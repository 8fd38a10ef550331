//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client whose id is
//! the https URL of its own metadata.
//!
//! Anyone can make us ask any host on the internet, so what may be asked is narrow, how much is
//! read is little, what was read is kept, what failed is remembered, and how often we ask is limited
//! per host and altogether. What comes out is still only what the client says of itself.

#[doc(hidden)]
pub mod fuzzing;
mod limit;
mod read;

use std::sync::Arc;

use moka::{future::Cache, ops::compute};
use tokio::time::{Duration, Instant};
use url::Url;

use self::limit::Limit;
use crate::{
    ambient::{Clock, Timestamp},
    protocol::{id::ClientId, registration::UnverifiedMetadata},
    upstream::{
        freshness::{Bounds, freshness},
        http::{FetchFault, Fetched, Fetcher},
    },
};

/// Client metadata documents by client id. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct ClientDocuments {
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    limit: Arc<Limit>,
    documents: Cache<ClientId, Arc<Document>>,
    failures: Cache<ClientId, (DocumentFault, Instant)>,
}

/// Why there is no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentFault {
    /// The client id is not such a URL; nothing was asked.
    #[error("the client id is not the URL of a metadata document: {0}")]
    Url(&'static str),
    /// The document could not be fetched.
    #[error("the client's metadata document cannot be fetched: {0}")]
    Fetch(FetchFault),
    /// The document says what it must not, or not what it must.
    #[error("the client's metadata document is refused: {0}")]
    Document(&'static str),
    /// Too many documents were asked of this host, or altogether: 503.
    #[error("too many metadata documents are asked for")]
    Busy {
        /// When asking again can help.
        retry_after: Duration,
    },
}

struct Document {
    metadata: Arc<UnverifiedMetadata>,
    fetched_at: Timestamp,
    asked: Instant,
    fresh_for: Duration,
    weight: u32,
}

impl ClientDocuments {
    /// Give a fetcher for strangers; with its loopback switch, clients on this machine may be http.
    #[must_use]
    pub fn new(fetcher: Fetcher, clock: Arc<dyn Clock>) -> Self {
        let documents = Cache::builder()
            .max_capacity(u64::from(LEAST_WEIGHT) * MAX_DOCUMENTS)
            .weigher(|_, document: &Arc<Document>| document.weight)
            .build();
        let failures = Cache::new(MAX_DOCUMENTS);
        Self { fetcher, clock, limit: Arc::default(), documents, failures }
    }

    /// The metadata of `client`, as fresh as its own headers ask within 5 minutes to 24 hours.
    ///
    /// # Errors
    /// [`DocumentFault`]; a failure is remembered for a minute.
    pub async fn fetch(&self, client: &ClientId) -> Result<Arc<UnverifiedMetadata>, DocumentFault> {
        let url = read::document_url(client.as_str(), self.fetcher.policy().loopback)?;
        let mut renewal = false;
        if let Some(held) = self.documents.get(client).await {
            if held.is_fresh(self.clock.now()) {
                return Ok(Arc::clone(&held.metadata));
            }
            renewal = true;
            self.forget(client, &held).await;
        }
        let load = self.load(client, url, renewal);
        let fetched = self.documents.try_get_with_by_ref(client, load).await;
        fetched.map(|document| Arc::clone(&document.metadata)).map_err(|fault| *fault)
    }

    /// Counts a request to a stranger's URL, so that it may be sent. What is not going to be sent is
    /// not counted: a flood of addresses that are never connected must not use the count up.
    ///
    /// # Errors
    /// [`DocumentFault::Fetch`] when the URL may not be asked, [`DocumentFault::Busy`] when it, or
    /// anything, was asked too often.
    pub fn spend_on(&self, url: &Url) -> Result<(), DocumentFault> {
        self.fetcher.vet(url).map_err(DocumentFault::Fetch)?;
        // The name with the dot of the root behind it is the same host.
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        self.limit.spend(host).map_err(|retry_after| DocumentFault::Busy { retry_after })
    }

    /// Fetches in a task of its own: a caller that leaves does not break it off for the others. The
    /// renewal of a good document is not counted: a flood of invented clients must not keep known
    /// ones out, and a host that serves good documents is no victim.
    async fn load(
        &self,
        client: &ClientId,
        url: Url,
        renewal: bool,
    ) -> Result<Arc<Document>, DocumentFault> {
        if let Some((fault, at)) = self.failures.get(client).await
            && at.elapsed() < FAILURE_REMEMBERED
        {
            return Err(fault);
        }
        if !renewal {
            self.spend_on(&url)?;
        }
        let (this, id) = (self.clone(), client.clone());
        let task = tokio::spawn(async move {
            let outcome = this.ask(&id, &url).await;
            if let Err(fault) = outcome {
                this.failures.insert(id, (fault, Instant::now())).await;
            }
            outcome.map(Arc::new)
        });
        task.await.unwrap_or(Err(DocumentFault::Fetch(FetchFault::Unreachable)))
    }

    async fn ask(&self, client: &ClientId, url: &Url) -> Result<Document, DocumentFault> {
        let (asked, now) = (Instant::now(), self.clock.now());
        let fetched = self.fetcher.get(url, "application/json", None).await;
        let Fetched::Body { body, headers } = fetched.map_err(DocumentFault::Fetch)? else {
            return Err(DocumentFault::Document("it was not modified, though none was held"));
        };
        let metadata = read::document(&body, &headers, client)?;
        let fresh_for = freshness(&headers, &BOUNDS, now).fresh_for;
        let kept = metadata.kept_bytes() + client.as_str().len();
        let weight = u32::try_from(kept).unwrap_or(u32::MAX).max(LEAST_WEIGHT);
        Ok(Document { metadata: metadata.into(), fetched_at: now, asked, fresh_for, weight })
    }

    /// Drops exactly the document that was found old, not a newer one that came meanwhile.
    async fn forget(&self, client: &ClientId, old: &Arc<Document>) {
        let entry = self.documents.entry_by_ref(client);
        let verdict = |held: Option<moka::Entry<ClientId, Arc<Document>>>| {
            let same = held.is_some_and(|held| Arc::ptr_eq(held.value(), old));
            std::future::ready(if same { compute::Op::Remove } else { compute::Op::Nop })
        };
        entry.and_compute_with(verdict).await;
    }
}

impl std::fmt::Debug for ClientDocuments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientDocuments")
            .field("held", &self.documents.entry_count())
            .finish_non_exhaustive()
    }
}

impl Document {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.fetched_at).max(self.asked.elapsed()) <= self.fresh_for
    }
}

const BOUNDS: Bounds = Bounds {
    floor: Duration::from_mins(5),
    ceiling: Duration::from_hours(24),
    silent: Duration::from_hours(1),
    uncacheable: Duration::from_mins(5),
};

const MAX_DOCUMENTS: u64 = 10_000;

/// Bytes that even a small document counts for: 10,000 documents, and 64 MiB in all.
const LEAST_WEIGHT: u32 = 6_554;
const FAILURE_REMEMBERED: Duration = Duration::from_mins(1);
