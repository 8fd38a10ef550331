//! The one HTTP client: which URL may be asked, which address may be connected, how much is read.
//!
//! No redirects, no proxies, no cookies, no content encodings. The address is judged at the moment
//! of connecting, on the resolver's own answer, so that a name cannot change its mind in between.

mod dial;

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ACCEPT, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED},
};
use reqwest::{Client, Request};
use url::{Host, Url};

use crate::{
    protocol::issuer::is_loopback,
    upstream::{address::Zone, freshness::retry_after},
};

/// How far a fetcher may reach beyond the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Global addresses only: for URLs that strangers give.
    Public,
    /// Private networks and this machine too: for URLs of the operator's own configuration.
    Private,
}

/// What a [`Fetcher`] permits.
#[derive(Clone, Copy, Debug)]
pub struct FetchPolicy {
    /// Which addresses may be connected.
    pub reach: Reach,
    /// Whether `http` and loopback addresses may be used for hosts that name this machine.
    pub loopback: bool,
    /// Time to connect.
    pub connect: Duration,
    /// Time for everything, from the name's resolution to the last byte.
    pub total: Duration,
    /// The longest body.
    pub max_body: usize,
}

/// Fetches small documents within a [`FetchPolicy`]. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Fetcher {
    policy: FetchPolicy,
    client: Arc<OnceLock<Option<Client>>>,
}

/// What makes a request conditional (RFC 9110 §13): the validators of the copy we hold.
#[derive(Clone, Debug, Default)]
pub struct Validators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

/// A good answer.
#[derive(Debug)]
pub enum Fetched {
    /// 200 with a body.
    Body {
        /// The whole body.
        body: Bytes,
        /// The headers beside it.
        headers: HeaderMap,
    },
    /// 304: the copy we hold is still the one.
    NotModified {
        /// The headers, which renew its freshness.
        headers: HeaderMap,
    },
}

/// Any answer, read within the limits.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Why nothing was fetched. The texts name no URL and quote no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// The URL itself is not permitted; nothing was sent.
    #[error("the URL is not permitted: {0}")]
    Url(&'static str),
    /// The host has no address that may be connected.
    #[error("the host has no permitted address")]
    Address,
    /// TLS could not be set up on this machine, for want of root certificates for instance.
    #[error("TLS is not available on this machine")]
    Setup,
    /// No connection, or it broke.
    #[error("the server cannot be reached")]
    Unreachable,
    /// Too slow.
    #[error("the server did not answer in time")]
    Timeout,
    /// The server wants us elsewhere.
    #[error("the server answers with a redirect, which is not followed")]
    Redirect,
    /// Neither 200 nor 304.
    #[error("the server answers with status {status}")]
    Status {
        /// The status code.
        status: u16,
        /// How long the server asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// More than the permitted bytes.
    #[error("the answer is too long")]
    TooLarge,
    /// A content encoding, though none was asked for.
    #[error("the answer is compressed, which was not asked for")]
    Encoded,
}

impl FetchFault {
    /// Whether asking again later may help.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        match self {
            Self::Setup | Self::Unreachable | Self::Timeout => true,
            Self::Status { status, .. } => status == 429 || status >= 500,
            Self::Url(_) | Self::Address | Self::Redirect | Self::TooLarge | Self::Encoded => false,
        }
    }
}

impl FetchPolicy {
    /// For URLs of the operator's configuration: private networks permitted.
    #[must_use]
    pub const fn for_operator() -> Self {
        Self {
            reach: Reach::Private,
            loopback: false,
            connect: Duration::from_secs(2),
            total: Duration::from_secs(5),
            max_body: 64 * 1024,
        }
    }

    /// For URLs that strangers give: the internet only.
    #[must_use]
    pub const fn for_strangers() -> Self {
        Self { reach: Reach::Public, ..Self::for_operator() }
    }

    /// Whether `address` may be connected for a host that does (or does not) name this machine.
    fn admits(&self, address: IpAddr, names_this_machine: bool) -> bool {
        match Zone::of(address) {
            Zone::Global => true,
            Zone::Private => self.reach == Reach::Private,
            Zone::Loopback => self.reach == Reach::Private || (self.loopback && names_this_machine),
            Zone::Special => false,
        }
    }
}

impl Fetcher {
    /// A fetcher of this policy. It connects to nothing yet.
    #[must_use]
    pub fn new(policy: FetchPolicy) -> Self {
        Self { policy, client: Arc::default() }
    }

    /// A fetcher for URLs of the operator's configuration.
    #[must_use]
    pub fn for_operator() -> Self {
        Self::new(FetchPolicy::for_operator())
    }

    /// A fetcher for URLs that strangers give.
    #[must_use]
    pub fn for_strangers() -> Self {
        Self::new(FetchPolicy::for_strangers())
    }

    /// The same, and plain http on this machine: for a service that itself runs on loopback.
    #[must_use]
    pub fn with_loopback(self) -> Self {
        Self::new(FetchPolicy { loopback: true, ..self.policy })
    }

    /// What it permits.
    #[must_use]
    pub const fn policy(&self) -> &FetchPolicy {
        &self.policy
    }

    /// Fetches `url`; with `validators`, only if it changed.
    ///
    /// # Errors
    /// The [`FetchFault`]; any status but 200 (and 304 when it was asked for) is one.
    pub async fn get(
        &self,
        url: &Url,
        accept: &'static str,
        validators: Option<&Validators>,
    ) -> Result<Fetched, FetchFault> {
        let mut request = Request::new(Method::GET, url.clone());
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
        if let Some(validators) = validators {
            validators.write(request.headers_mut());
        }
        let Answer { status, headers, body } = self.call(request).await?;
        match status {
            StatusCode::OK => Ok(Fetched::Body { body, headers }),
            StatusCode::NOT_MODIFIED if validators.is_some() => {
                Ok(Fetched::NotModified { headers })
            }
            _ => Err(FetchFault::Status {
                status: status.as_u16(),
                retry_after: retry_after(&headers),
            }),
        }
    }

    /// Sends one request and reads the whole answer, within the limits.
    pub(super) async fn call(&self, request: Request) -> Result<Answer, FetchFault> {
        self.vet(request.url())?;
        let answer = dial::receive(self.client()?, request, self.policy.max_body);
        tokio::time::timeout(self.policy.total, answer).await.unwrap_or(Err(FetchFault::Timeout))
    }

    /// Judges a URL before anything is sent: scheme, user information, a literal address.
    ///
    /// # Errors
    /// [`FetchFault::Url`] or [`FetchFault::Address`].
    pub fn vet(&self, url: &Url) -> Result<(), FetchFault> {
        let this_machine = is_loopback(url);
        match url.scheme() {
            "https" => {}
            "http" if self.policy.loopback && this_machine => {}
            _ => return Err(FetchFault::Url("it must be https")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchFault::Url("it carries user information"));
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(FetchFault::Url("it has no host")),
        };
        let admitted = literal.is_none_or(|address| self.policy.admits(address, this_machine));
        admitted.then_some(()).ok_or(FetchFault::Address)
    }

    /// The client, for callers that stream. It resolves names within the policy, but asks whatever
    /// URL it is given: [`Self::vet`] the URL first.
    ///
    /// # Errors
    /// [`FetchFault::Setup`].
    pub fn client(&self) -> Result<&Client, FetchFault> {
        self.client.get_or_init(|| dial::build(self.policy)).as_ref().ok_or(FetchFault::Setup)
    }
}

impl Validators {
    /// The validators of an answer, if it has any.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let (etag, last_modified) = (headers.get(ETAG), headers.get(LAST_MODIFIED));
        let some = etag.is_some() || last_modified.is_some();
        some.then(|| Self { etag: etag.cloned(), last_modified: last_modified.cloned() })
    }

    fn write(&self, headers: &mut HeaderMap) {
        if let Some(etag) = &self.etag {
            headers.insert(IF_NONE_MATCH, etag.clone());
        }
        if let Some(date) = &self.last_modified {
            headers.insert(IF_MODIFIED_SINCE, date.clone());
        }
    }
}
