//! Who sent a request, behind proxies too, as far as it can be known.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The address a request comes from: the socket's, or, behind a trusted proxy, the last in
/// `X-Forwarded-For` that is not a trusted proxy's own. None when somebody who is not trusted
/// forwarded it, or somebody trusted does not say for whom: a proxy on this machine is a loopback
/// peer, whoever is behind it.
pub(super) fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    if !FORWARDING.iter().any(|name| headers.contains_key(*name)) {
        return Some(peer.to_canonical());
    }
    if !is_among(peer, trusted) {
        return None;
    }
    let mut hops = Vec::new();
    for line in headers.get_all("x-forwarded-for") {
        for hop in line.to_str().ok()?.split(',') {
            hops.push(hop.trim().parse::<IpAddr>().ok()?.to_canonical());
        }
    }
    let client = hops.iter().rfind(|hop| !is_among(**hop, trusted));
    client.or(hops.first()).copied()
}

/// Whether an address lies in one of the networks.
pub(super) fn is_among(address: IpAddr, networks: &[IpNet]) -> bool {
    networks.iter().any(|network| network.contains(&address.to_canonical()))
}

const FORWARDING: [&str; 6] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

#[cfg(test)]
mod tests {
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
    }
}
