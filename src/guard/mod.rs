//! Floor 3½: the guard of an MCP server. Bearer token in, [`Caller`] out; everything else gets the
//! challenge that tells a client how to sign in.
//!
//! It owns the check of our access tokens (RFC 9068, RFC 6750, RFC 9728) and stands above `upstream`
//! only because a server elsewhere fetches our keys. It does not know what a tool needs, and no web
//! framework: the layer fits any tower service.

mod cache;
mod caller;
mod challenge;
mod keys;
mod layer;
mod metadata;
mod reference;
mod refusal;
mod remote;
mod revoked;
mod verify;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Response, Uri};
use http_body_util::Full;

use self::{cache::Verified, keys::KeySource, reference::References};
pub use self::{
    cache::{MAX_VERIFIED, RECHECK_AFTER},
    caller::Caller,
    keys::LocalKeys,
    layer::{GuardLayer, GuardService, GuardedBody, GuardedFuture},
    metadata::MetadataService,
    reference::{LookUp, OutOfReach, UNKNOWN_FOR},
    refusal::GuardRefusal,
    remote::{NotAnIssuer, RemoteKeys},
    revoked::Revocations,
    verify::sole_token,
};
use crate::{
    ambient::{Clock, SystemClock},
    protocol::{access::AccessClaims, resource::Resource, scope::Scopes, secret::Digest},
};

/// Differences between clocks that are forgiven when a token's times are judged.
pub const LEEWAY: Duration = Duration::from_mins(1);

/// What a guard protects: one MCP server and the authorization server in charge of it.
#[derive(Clone, Debug)]
pub struct Protected {
    /// The server's exact public URL, the `aud` of its tokens.
    pub resource: Resource,
    /// The issuer of its tokens: the authorization server's public URL without a trailing slash.
    pub issuer: String,
    /// The scopes that a client without any should ask for (RFC 9728 §2, `scopes_supported`).
    pub scopes: Scopes,
    /// The server's name, for people.
    pub name: String,
}

/// Checks the access tokens of one MCP server.
pub struct Guard {
    protected: Protected,
    keys: KeySource,
    references: References,
    verified: Verified,
    revocations: Revocations,
    clock: Arc<dyn Clock>,
    leeway: Duration,
}

impl Guard {
    /// A guard in the authorization server's own process, with its keys at hand.
    #[must_use]
    pub fn local(protected: Protected, keys: LocalKeys) -> Self {
        Self::new(protected, KeySource::Local(keys))
    }

    /// A guard elsewhere, which fetches the keys; guards of several servers may share them.
    #[must_use]
    pub fn remote(protected: Protected, keys: impl Into<Arc<RemoteKeys>>) -> Self {
        Self::new(protected, KeySource::Remote(keys.into()))
    }

    fn new(mut protected: Protected, keys: KeySource) -> Self {
        // MCP 2026-07-28: never in a challenge or in the resource's metadata.
        let offered = protected.scopes.iter().filter(|scope| scope.as_str() != "offline_access");
        protected.scopes = offered.cloned().collect();
        Self {
            protected,
            keys,
            references: References::default(),
            verified: Verified::new(),
            revocations: Revocations::default(),
            clock: Arc::new(SystemClock),
            leeway: LEEWAY,
        }
    }

    /// With revocations shared with whoever revokes.
    #[must_use]
    pub fn with_revocations(mut self, revocations: Revocations) -> Self {
        self.revocations = revocations;
        self
    }

    /// With a hand that finds what tokens by reference stand for. Without one, such tokens are refused.
    #[must_use]
    pub fn with_references(mut self, look_up: LookUp) -> Self {
        self.references.look_up = Some(look_up);
        self
    }

    /// With tokens that are known beforehand, by their digests.
    #[must_use]
    pub fn with_static_tokens(mut self, tokens: Vec<(Digest, AccessClaims)>) -> Self {
        self.references.known = tokens;
        self
    }

    /// With another clock than the machine's.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// What is guarded.
    #[must_use]
    pub const fn protected(&self) -> &Protected {
        &self.protected
    }

    /// The caller of a request, by its head alone.
    ///
    /// # Errors
    /// A [`GuardRefusal`]; [`Guard::refuse`] makes the response of it.
    pub async fn caller(&self, headers: &HeaderMap, uri: &Uri) -> Result<Caller, GuardRefusal> {
        let judged = match sole_token(headers, uri) {
            Ok(token) => self.judge(token).await,
            Err(refusal) => Err(refusal),
        };
        judged.inspect_err(|refusal| {
            tracing::debug!(code = refusal.code(), resource = %self.protected.resource, "call refused");
        })
    }

    /// The response to a refusal: status, challenge, JSON body.
    #[must_use]
    pub fn refuse(&self, refusal: &GuardRefusal) -> Response<Full<Bytes>> {
        challenge::response(refusal, &self.protected.resource, &self.protected.scopes)
    }
}
