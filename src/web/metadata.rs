//! Published documents, sent as ready bytes and headers with an `ETag`: rendered once at start, and the key
//! set whenever it changes. They stand outside of what surrounds other routes, which would cost more than
//! they do: nothing is read, and nothing can fail.

use std::{collections::HashMap, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    flow::keys::{Keys, SigningKeys},
    protocol::{
        issuer::Issuer,
        metadata::{ResourceMetadata, ServerMetadata},
        resource::Resource,
        scope::Scopes,
    },
    web::{Site, problem},
};

/// One protected server that is answered here, as far as its metadata goes.
#[derive(Clone, Debug)]
pub struct GuardedServer {
    /// Its URL.
    pub resource: Resource,
    /// Its name for people.
    pub name: String,
    /// Its scopes.
    pub scopes: Scopes,
}

/// A document as it is sent.
#[derive(Clone)]
struct Ready {
    body: Bytes,
    etag: HeaderValue,
}

/// Every well-known document by its path, and the key set.
pub struct Published {
    documents: HashMap<String, Ready>,
    keys: Keys,
}

impl Published {
    /// Renders the documents. The authorization server's stands at the root and at the path-inserted
    /// form of every MCP path (RFC 8414 §3.1), under both names that clients try; the first server's
    /// resource metadata stands at the root as well (RFC 9728 §3.1). `scopes` are those of every
    /// protected server, also of those elsewhere, which publish their own resource metadata.
    #[must_use]
    pub fn new(
        issuer: &Issuer,
        scopes: &Scopes,
        servers: &[GuardedServer],
        signing_algorithm: &'static str,
        keys: Keys,
    ) -> Self {
        let server_metadata = ready(&ServerMetadata::new(issuer, scopes, signing_algorithm));
        let mut documents = HashMap::new();
        let paths: Vec<String> = servers.iter().map(|server| server.resource.path()).collect();
        for name in ["oauth-authorization-server", "openid-configuration"] {
            documents.insert(format!("{BELOW}{name}"), server_metadata.clone());
            for path in &paths {
                documents.insert(format!("{BELOW}{name}{path}"), server_metadata.clone());
            }
        }
        for (server, path) in servers.iter().zip(&paths) {
            let GuardedServer { resource, name, scopes } = server;
            let document = ready(&ResourceMetadata::new(resource, issuer.as_str(), scopes, name));
            documents.entry(RESOURCE.to_owned()).or_insert_with(|| document.clone());
            documents.insert(format!("{RESOURCE}{path}"), document);
        }
        Self { documents, keys }
    }

    /// The paths of the documents.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }
}

const NO_TAG: HeaderValue = HeaderValue::from_static("\"\"");

/// `GET /.well-known/…`
pub(super) async fn well_known(State(site): State<Arc<Site>>, request: Request) -> Response {
    let path = request.uri().path();
    match site.published.documents.get(path.strip_suffix('/').unwrap_or(path)) {
        Some(ready) => ready.response(request.headers()),
        None => open(problem::not_found().await.into_response()),
    }
}

/// `GET /jwks` (RFC 7517 §5).
pub(super) async fn jwks(State(site): State<Arc<Site>>, request: Request) -> Response {
    Ready::of(&site.published.keys.now()).response(request.headers())
}

fn ready(document: &impl Serialize) -> Ready {
    Ready::new(serde_json::to_vec(document).unwrap_or_default().into())
}

impl Ready {
    fn new(body: Bytes) -> Self {
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&body));
        let etag = HeaderValue::try_from(format!("\"{digest}\""));
        Self { body, etag: etag.unwrap_or(NO_TAG) }
    }

    fn of(keys: &SigningKeys) -> Self {
        let etag = HeaderValue::from_maybe_shared(keys.etag.clone());
        Self { body: keys.document.clone(), etag: etag.unwrap_or(NO_TAG) }
    }

    fn response(&self, request: &HeaderMap) -> Response {
        let known = self.is_known(request);
        let body = if known { Body::empty() } else { Body::from(self.body.clone()) };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.reserve(8);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=600"));
        headers.insert(header::ETAG, self.etag.clone());
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        open(response)
    }

    /// RFC 9110 §13.1.2: a list of tags, compared weakly; `*` is any.
    fn is_known(&self, request: &HeaderMap) -> bool {
        let ours = self.etag.to_str().unwrap_or_default();
        let lists = request.get_all(header::IF_NONE_MATCH).into_iter();
        let tags = lists.filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
        tags.map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == ours)
    }
}

/// Any page may read it (Fetch §3.2.5), as what it says it is.
fn open(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// RFC 8615 §3.
const BELOW: &str = "/.well-known/";
const RESOURCE: &str = "/.well-known/oauth-protected-resource";
