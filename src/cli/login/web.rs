//! Requests of the login, through the one HTTP client; replies of a sane length.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use http::{HeaderMap, Method, StatusCode};
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use url::Url;

use crate::upstream::http::Fetcher;

/// The client.
pub(super) struct Web(Fetcher);

/// A whole reply.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Web {
    /// Private networks and this machine may be asked: the person chose where to sign in.
    pub(super) fn new() -> Self {
        Self(Fetcher::for_operator().with_loopback())
    }

    /// A request, to be completed and handed to [`Self::send`].
    pub(super) fn request(&self, method: Method, url: &Url) -> Result<RequestBuilder> {
        self.0.vet(url).with_context(|| url.to_string())?;
        Ok(self.0.client()?.request(method, url.clone()).timeout(TIMEOUT))
    }

    /// Sends, and reads until the end or until `enough` of the body is there.
    pub(super) async fn send(
        &self,
        request: RequestBuilder,
        enough: impl Fn(&[u8]) -> bool,
    ) -> Result<Reply> {
        let mut response = request.send().await.map_err(|error| unreachable(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            body.extend_from_slice(&chunk);
            ensure!(body.len() <= MAX_BODY, "the reply is too long");
            if enough(&body) {
                break;
            }
        }
        Ok(Reply { status, headers, body })
    }

    /// Fetches a JSON document; none when there is none (404 and the like).
    pub(super) async fn document<T: DeserializeOwned>(&self, url: &Url) -> Result<Option<T>> {
        let request = self.request(Method::GET, url)?.header("accept", "application/json");
        let reply = self.send(request, |_| false).await?;
        if reply.status.is_client_error() {
            return Ok(None);
        }
        reply.json().map(Some).with_context(|| url.to_string())
    }
}

impl Reply {
    /// The body of a good reply.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if !self.status.is_success() {
            bail!("status {}{}", self.status.as_u16(), self.why());
        }
        serde_json::from_slice(&self.body).context("the reply is not the JSON that was expected")
    }

    /// What an OAuth error document says (RFC 6749 §5.2).
    fn why(&self) -> String {
        let document: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let member = |name: &str| document.get(name).and_then(serde_json::Value::as_str);
        match (member("error"), member("error_description")) {
            (Some(code), Some(text)) => format!(": {code}: {text}"),
            (Some(code), None) => format!(": {code}"),
            _ => String::new(),
        }
    }

    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Its URL may carry a secret, so it is left out.
fn unreachable(error: &reqwest::Error) -> anyhow::Error {
    let hint = if error.is_connect() { "; is the service running? countersign serve" } else { "" };
    let what = if error.is_timeout() { "no answer in time" } else { "cannot be reached" };
    let host = error.url().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    anyhow::anyhow!("{host}: {what}{hint}")
}

const TIMEOUT: Duration = Duration::from_secs(20);
const MAX_BODY: usize = 1024 * 1024;
