//! How often one network address may ask.

mod calls;
mod proxies;
mod refusals;

use axum::{body::Body, extract::ConnectInfo};
use countersign::web::serve::Peer;
use http::{Request, header};

use crate::harness::{Answer, Service, Setup};

pub(crate) const STRANGER: &str = "198.51.100.7";
pub(crate) const OTHER: &str = "203.0.113.9";
pub(crate) const HERE: &str = "127.0.0.1";

/// Two requests an hour, and one registration.
pub(crate) fn strict() -> Setup {
    let setup = Setup::new().variable("COUNTERSIGN_ADDRESS_LIMIT", "2/1h");
    setup.variable("COUNTERSIGN_REGISTRATION_LIMIT", "1/1h")
}

/// The same under a public URL.
pub(crate) fn in_public(setup: Setup) -> Setup {
    setup
        .variable("COUNTERSIGN_PUBLIC_URL", "https://auth.example.com")
        .variable("COUNTERSIGN_MASTER_KEY", "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA")
        .variable("COUNTERSIGN_PROVIDERS", "google")
        .variable("GOOGLE_CLIENT_ID", "a")
        .variable("GOOGLE_CLIENT_SECRET", "b")
}

/// A request as a socket brings it from `peer`.
pub(crate) fn from(peer: &str, method: &str, path: &str) -> Request<Body> {
    let peer = Peer(std::net::SocketAddr::new(peer.parse().unwrap(), 4711));
    let request = Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
    request
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::empty())
        .unwrap()
}

pub(crate) fn with(mut request: Request<Body>, headers: &[(&'static str, &str)]) -> Request<Body> {
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

/// A request to the token endpoint, which is none that could succeed.
pub(crate) async fn token(
    service: &Service,
    peer: &str,
    headers: &[(&'static str, &str)],
) -> Answer {
    service.send(with(from(peer, "POST", "/token"), headers)).await
}

/// How many of ten requests to the token endpoint are let through.
pub(crate) async fn let_through(
    service: &Service,
    peer: &str,
    headers: &[(&'static str, &str)],
) -> usize {
    let mut passed = 0;
    for _ in 0..10 {
        passed += usize::from(token(service, peer, headers).await.status != 429);
    }
    passed
}

/// What a refusal says, without the seconds, which pass while a test runs: when to come back is in
/// `Retry-After`, within `most` seconds, and not before `t` of `RateLimit` is over.
pub(crate) fn limit_told(answer: &Answer, most: u64) -> String {
    assert_eq!(answer.status, 429, "{}", answer.body);
    let left: Vec<_> = answer.header("ratelimit").split(";t=").collect();
    let [left, seconds] = left[..] else { panic!("{}", answer.header("ratelimit")) };
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=most).contains(&wait) && seconds.parse::<u64>().unwrap() <= wait, "{wait}");
    format!("{} {left}", answer.header("ratelimit-policy"))
}

/// A sentence as far as it depends on no clock.
pub(crate) fn timeless(text: &str) -> &str {
    let (before, after) = text.split_once(" Try again in ").unwrap_or_else(|| panic!("{text}"));
    assert!(!after.is_empty());
    before
}
