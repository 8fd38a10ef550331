//! Who sent a request, behind proxies too, as far as it can be known.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use ipnet::IpNet;
use serde_json::Value;

use crate::{gateway, web::serve::Peer};

/// The address a request comes from: the socket's, or, behind a trusted proxy, the last in
/// `X-Forwarded-For` that is not a trusted proxy's own. None when somebody who is not trusted
/// forwarded it, or somebody trusted does not say for whom: a proxy on this machine is a loopback
/// peer, whoever is behind it.
pub(super) fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    if !is_forwarded(headers) {
        return Some(peer.to_canonical());
    }
    if !is_among(peer, trusted) {
        return None;
    }
    let mut first = None;
    // From the last to the first: what a client itself wrote stands first, and is not even read.
    for line in headers.get_all("x-forwarded-for").iter().rev() {
        for hop in line.to_str().ok()?.rsplit(',') {
            let hop = address(hop.trim())?;
            if !is_among(hop, trusted) {
                return Some(hop);
            }
            first = Some(hop);
        }
    }
    first
}

/// The refusal, for what is for this machine alone: a proxy or a tunnel on it brings others here.
pub(super) fn from_elsewhere(request: &Request) -> Option<Response> {
    let is_near =
        |ConnectInfo(Peer(peer)): &ConnectInfo<Peer>| peer.ip().to_canonical().is_loopback();
    let near = request.extensions().get().is_none_or(is_near);
    let text = "This server asks for no token, and is for its own machine alone.";
    let refusal = || gateway::error(StatusCode::FORBIDDEN, -32600, text, &Value::Null);
    (!near || is_forwarded(request.headers())).then(refusal)
}

/// Whether somebody says they send it for somebody else.
pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDING.iter().any(|name| headers.contains_key(*name))
}

/// An address, with the port that some proxies write behind it or without.
fn address(hop: &str) -> Option<IpAddr> {
    let address = hop.parse().or_else(|_| hop.parse::<SocketAddr>().map(|hop| hop.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// Who counts as one: an IPv4 address, or the /64 of an IPv6 address, which is one subscriber's network
/// (RFC 6177) and has more addresses than anybody could count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Neighbourhood {
    V4(Ipv4Addr),
    V6([u16; 4]),
    /// Requests that no socket brought.
    Nowhere,
}

impl From<IpAddr> for Neighbourhood {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

/// Whether an address lies in one of the networks.
pub(super) fn is_among(address: IpAddr, networks: &[IpNet]) -> bool {
    networks.iter().any(|network| network.contains(&address.to_canonical()))
}

const FORWARDING: [&str; 6] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOOPBACK: &str = "127.0.0.1";

    fn found(peer: &str, headers: &[(&'static str, &str)]) -> Option<String> {
        let pairs = headers.iter().map(|(name, value)| (*name, *value));
        let headers = pairs.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        caller(peer.parse().unwrap(), &headers.collect(), &trusted).map(|ip| ip.to_string())
    }

    #[test]
    fn without_a_forwarding_header_it_is_the_peer() {
        assert_eq!(found(LOOPBACK, &[]).as_deref(), Some(LOOPBACK));
        assert_eq!(found("::ffff:127.0.0.1", &[]).as_deref(), Some(LOOPBACK));
    }

    #[test]
    fn whoever_is_not_trusted_forwards_for_nobody() {
        for name in FORWARDING {
            assert_eq!(found(LOOPBACK, &[(name, LOOPBACK)]), None, "{name}");
        }
    }

    #[test]
    fn a_trusted_proxy_is_believed_about_the_last_hop_that_is_no_proxy() {
        let through = |list: &str| found("10.0.0.1", &[("x-forwarded-for", list)]);
        assert_eq!(through("127.0.0.1, 198.51.100.7, 10.0.0.2").as_deref(), Some("198.51.100.7"));
        assert_eq!(through("10.0.0.3, 10.0.0.2").as_deref(), Some("10.0.0.3"));
        assert_eq!(through("unknown"), None);
        assert_eq!(found("10.0.0.1", &[("forwarded", "for=127.0.0.1")]), None);
        assert_eq!(through("198.51.100.7:4711").as_deref(), Some("198.51.100.7"));
        assert_eq!(through("[2001:db8::7]:4711").as_deref(), Some("2001:db8::7"));
    }

    /// N2
    #[test]
    fn what_a_client_writes_before_its_own_address_changes_nothing() {
        for forged in ["127.0.0.1", "nonsense", "", "10.0.0.9", "é", "::1,::1, x"] {
            let headers = [("x-forwarded-for", forged), ("x-forwarded-for", "198.51.100.7")];
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(name, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            let trusted = ["10.0.0.0/8".parse().unwrap()];
            let found = caller("10.0.0.1".parse().unwrap(), &map, &trusted).unwrap();
            assert_eq!(found.to_string(), "198.51.100.7", "{forged}");
        }
    }

    /// N1: a server behind CGI takes the underscore for a hyphen; we do not, and nobody is believed
    /// for it.
    #[test]
    fn other_spellings_of_the_header_are_no_forwarding_at_all() {
        for name in ["x_forwarded_for", "x-forwarded_for", "x-forwarded-for-"] {
            assert_eq!(found("10.0.0.1", &[(name, LOOPBACK)]).as_deref(), Some("10.0.0.1"));
        }
    }

    #[test]
    fn an_ipv4_address_is_the_same_in_either_spelling() {
        let (plain, mapped): (IpAddr, IpAddr) =
            ("192.0.2.1".parse().unwrap(), "::ffff:192.0.2.1".parse().unwrap());
        assert_eq!(Neighbourhood::from(plain), Neighbourhood::from(mapped));
        assert_eq!(Neighbourhood::from(plain), Neighbourhood::V4([192, 0, 2, 1].into()));
    }

    proptest! {
        #[test]
        fn neighbours_of_a_64_are_one_and_others_are_not(here: u128, there: u128) {
            let of = |bits: u128| Neighbourhood::from(IpAddr::from(bits.to_be_bytes()));
            let low = u128::from(u64::MAX);
            let neighbour = (here & !low) | (there & low);
            prop_assume!(here >> 64 != 0); // ::/64 holds the IPv4 addresses too
            prop_assert_eq!(of(here), of(neighbour));
            prop_assert_eq!(of(here) == of(there), here >> 64 == there >> 64);
            let next_door = here ^ (1 << 64);
            prop_assert_ne!(of(here), of(next_door));
        }

        #[test]
        fn each_ipv4_address_is_one(here: u32, there: u32) {
            let of = |bits: u32| Neighbourhood::from(IpAddr::from(bits.to_be_bytes()));
            prop_assert_eq!(of(here) == of(there), here == there);
        }
    }
}
