//! How often one network address may ask, and the answer to whoever asks more often (429, RFC 6585 §4).
//!
//! Counted are the endpoints that work for people and clients, and apart from them the registrations.
//! Documents that are ready, `/healthz` and the protected servers are not.

use std::{
    net::SocketAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use axum::{
    extract::{ConnectInfo, Request},
    http::{Extensions, HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use ipnet::IpNet;

use crate::{
    config::AddressLimits,
    protocol::error::{TokenError, TokenErrorCode},
    rate::{Exceeded, MonotonicClock, Rate},
    web::{
        Site, firebase,
        layers::{Refuse, Unless},
        peer::{self, Neighbourhood},
        problem::{Complaint, TokenProblem},
        request::RequestId,
        serve::Peer,
    },
};

/// What each network address has left.
pub struct AddressRates {
    requests: Counter,
    registrations: Counter,
    trusted: Vec<IpNet>,
    at_home: bool,
    told: AtomicBool,
}

/// One limit, and how often it refused.
struct Counter {
    rate: Option<Rate<Neighbourhood>>,
    refused: AtomicU64,
}

impl AddressRates {
    /// `trusted` are the networks whose forwarding headers count. `at_home`: our public URL is
    /// loopback, so that what comes from this very machine is its owner's and not limited.
    #[must_use]
    pub fn new(limits: AddressLimits, trusted: Vec<IpNet>, at_home: bool) -> Self {
        let counter = |name, limit: Option<_>| Counter {
            rate: limit.map(|limit| Rate::new(name, limit, MonotonicClock)),
            refused: AtomicU64::new(0),
        };
        Self {
            requests: counter("address", limits.requests),
            registrations: counter("registrations", limits.registrations),
            trusted,
            at_home,
            told: AtomicBool::new(false),
        }
    }

    /// Forgets the addresses that have their whole allowance again.
    pub fn sweep(&self) {
        let counters = [&self.requests, &self.registrations];
        counters.into_iter().filter_map(|counter| counter.rate.as_ref()).for_each(Rate::sweep);
    }

    /// How many requests were refused since the start, by the limit that refused them.
    pub(super) fn refused(&self) -> [(&'static str, u64); 2] {
        let count = |counter: &Counter| counter.refused.load(Ordering::Relaxed);
        [("requests", count(&self.requests)), ("registrations", count(&self.registrations))]
    }

    fn admit(&self, counter: &Counter, request: &Request) -> Result<(), Exceeded> {
        let Some(rate) = &counter.rate else { return Ok(()) };
        let sender = self.sender(request.extensions(), request.headers());
        let Sender::Counted(place, unknown) = sender else { return Ok(()) };
        let taken = rate.take(&place, NonZeroU32::MIN);
        taken.map(drop).inspect_err(|_| {
            counter.refused.fetch_add(1, Ordering::Relaxed);
            if let Some(proxy) = unknown {
                self.tell_once(proxy);
            }
        })
    }

    fn sender(&self, extensions: &Extensions, headers: &HeaderMap) -> Sender {
        let Some(ConnectInfo(Peer(peer))) = extensions.get() else {
            return Sender::Counted(Neighbourhood::Nowhere, None);
        };
        let here = peer.ip().to_canonical().is_loopback() && !peer::is_forwarded(headers);
        if self.at_home && here {
            return Sender::AtHome;
        }
        match peer::caller(peer.ip(), headers, &self.trusted) {
            Some(caller) => Sender::Counted(caller.into(), None),
            None => Sender::Counted(peer.ip().into(), Some(*peer)),
        }
    }

    /// Everybody behind such a proxy shares its allowance: whoever runs it should know, once.
    fn tell_once(&self, proxy: SocketAddr) {
        if self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let proxy = proxy.ip();
        if peer::is_among(proxy, &self.trusted) {
            tracing::warn!(
                %proxy,
                "a proxy that does not say for whom it forwards has used up its own allowance; have it set X-Forwarded-For"
            );
        } else {
            tracing::warn!(
                %proxy,
                "requests with forwarding headers count as their sender's own, and that is used up; if it is a proxy of yours, put it into COUNTERSIGN_TRUSTED_PROXIES"
            );
        }
    }
}

/// Whom a request counts for.
enum Sender {
    /// The machine's owner.
    AtHome,
    /// A neighbourhood; and the proxy that it is, when it is not known for whom that forwards.
    Counted(Neighbourhood, Option<SocketAddr>),
}

/// A layer of the endpoints that clients call.
pub(super) fn for_clients(site: Arc<Site>) -> Unless<impl Refuse> {
    limited(site, |rates| &rates.requests, to_client)
}

/// A layer of the registration endpoint.
pub(super) fn for_registrations(site: Arc<Site>) -> Unless<impl Refuse> {
    limited(site, |rates| &rates.registrations, to_client)
}

/// A layer of the pages.
pub(super) fn for_people(site: Arc<Site>) -> Unless<impl Refuse> {
    limited(site, |rates| &rates.requests, to_person)
}

fn limited(
    site: Arc<Site>,
    counter: fn(&AddressRates) -> &Counter,
    answer: fn(&Site, &Request, &Exceeded) -> Response,
) -> Unless<impl Refuse> {
    Unless(move |request: &Request| {
        let admitted = site.rates.admit(counter(&site.rates), request);
        admitted.err().map(|exceeded| answer(&site, request, &exceeded))
    })
}

/// What a script of ours posts is answered in its form.
fn to_person(site: &Site, request: &Request, exceeded: &Exceeded) -> Response {
    let message = format!("{MANY} {exceeded}");
    let json = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == JSON);
    if request.method() == Method::POST && json {
        let response = firebase::refused(StatusCode::TOO_MANY_REQUESTS, "unavailable", &message);
        return told(exceeded, response);
    }
    let id = RequestId::of(request.extensions());
    told(exceeded, site.complaint(id, Complaint::too_often(message)))
}

fn to_client(_: &Site, _: &Request, exceeded: &Exceeded) -> Response {
    let description = format!("{MANY} {exceeded}");
    let error = TokenError::new(TokenErrorCode::TemporarilyUnavailable, description);
    let problem = TokenProblem::with_status(StatusCode::TOO_MANY_REQUESTS, error);
    told(exceeded, problem.into_response())
}

fn told(exceeded: &Exceeded, mut response: Response) -> Response {
    exceeded.tell(response.headers_mut());
    response
}

const JSON: &str = "application/json";
const MANY: &str = "Too many requests have come from your network address.";
