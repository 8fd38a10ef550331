//! The client under the [`Fetcher`](super::Fetcher): its settings, its resolver, its reading.

use std::{error::Error as _, net::SocketAddr, sync::Arc, time::Duration};

use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_ENCODING, USER_AGENT},
};
use reqwest::{
    Client, Request,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};

use super::{Answer, FetchFault, FetchPolicy};

/// Sends a request and reads the answer to its end, but no redirect, no encoding and not past `max`.
pub(super) async fn receive(
    client: &Client,
    request: Request,
    max: usize,
) -> Result<Answer, FetchFault> {
    let mut response = client.execute(request).await.map_err(|error| fault(&error))?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
        return Err(FetchFault::Redirect);
    }
    if headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(FetchFault::Encoded);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
        if chunk.len() > max.saturating_sub(body.len()) {
            return Err(FetchFault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body: body.into() })
}

fn fault(error: &reqwest::Error) -> FetchFault {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<NoPermittedAddress>() {
            return FetchFault::Address;
        }
        cause = inner.source();
    }
    if error.is_timeout() { FetchFault::Timeout } else { FetchFault::Unreachable }
}

#[expect(clippy::disallowed_methods, reason = "the one home of the HTTP client")]
pub(super) fn build(policy: FetchPolicy) -> Option<Client> {
    let agent = HeaderValue::from_static(concat!("countersign/", env!("CARGO_PKG_VERSION")));
    let client = Client::builder()
        .default_headers(HeaderMap::from_iter([(USER_AGENT, agent)]))
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .connect_timeout(policy.connect)
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(IDLE)
        .dns_resolver(Arc::new(VettedResolver(policy)))
        .build();
    client.inspect_err(|error| tracing::error!(%error, "the HTTP client cannot be built")).ok()
}

/// Resolves names by the system and drops every address the policy does not admit.
struct VettedResolver(FetchPolicy);

impl Resolve for VettedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0;
        Box::pin(async move {
            let this_machine = name.as_str() == "localhost";
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let admitted: Vec<SocketAddr> =
                found.filter(|socket| policy.admits(socket.ip(), this_machine)).collect();
            if admitted.is_empty() {
                return Err(NoPermittedAddress.into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no permitted address")]
struct NoPermittedAddress;

/// How many connections to one host are kept for the next requests: a sign-in at a busy provider should not
/// begin with a handshake.
const IDLE: usize = 32;
