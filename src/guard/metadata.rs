//! Protected resource metadata (RFC 9728 §3) as a responder without a web framework.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use tower::Service;
use url::Url;

use crate::{
    guard::{Guard, challenge},
    protocol::metadata::ResourceMetadata,
};

impl Guard {
    /// The metadata document of the guarded server (RFC 9728 §2).
    #[must_use]
    pub fn metadata(&self) -> ResourceMetadata {
        let protected = &self.protected;
        ResourceMetadata::new(
            &protected.resource,
            &protected.issuer,
            &protected.scopes,
            &protected.name,
        )
    }

    /// The path at which the document must be served, such as
    /// `/.well-known/oauth-protected-resource/mcp` (RFC 9728 §3.1).
    #[must_use]
    pub fn metadata_path(&self) -> String {
        let url = Url::parse(&self.protected.resource.metadata_url());
        url.map_or_else(|_| String::new(), |url| url.path().to_owned())
    }

    /// Answers a request for the document. Browser clients read it across origins and preflight it,
    /// because they add `MCP-Protocol-Version`.
    #[must_use]
    pub fn metadata_response(&self, method: &Method) -> Response<Full<Bytes>> {
        let mut response = match *method {
            Method::GET | Method::HEAD => challenge::json(200, &self.metadata()),
            Method::OPTIONS => empty(StatusCode::NO_CONTENT),
            _ => empty(StatusCode::METHOD_NOT_ALLOWED),
        };
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// [`Guard::metadata_response`] as a tower service, for a router of any kind.
    #[must_use]
    pub const fn metadata_service(self: Arc<Self>) -> MetadataService {
        MetadataService(self)
    }
}

/// Serves the metadata of one guarded server at whatever path it is mounted.
#[derive(Clone)]
pub struct MetadataService(Arc<Guard>);

impl<B> Service<Request<B>> for MetadataService {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.0.metadata_response(request.method())))
    }
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

const HEADERS: [(header::HeaderName, &str); 5] = [
    (header::ALLOW, "GET, HEAD, OPTIONS"),
    (header::CACHE_CONTROL, "public, max-age=600"),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
];
