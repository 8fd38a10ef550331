//! Which addresses a request may go to. Pure.
//!
//! The lists are IANA's special-purpose registries (RFC 6890 and its updates) and a few well-known
//! doors into clouds. IPv6 is read as an allow list: what lies outside `2000::/3` is not the internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The part of the world an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// The internet.
    Global,
    /// This machine: `127.0.0.0/8`, `::1`.
    Loopback,
    /// A network of one's own: RFC 1918, RFC 6598 (carrier-grade NAT, overlay networks), RFC 4193,
    /// and a public address behind the network's own NAT64 (RFC 6052).
    Private,
    /// Never a destination: link-local (cloud metadata), multicast, mapped, tunnelled, documentation,
    /// reserved.
    Special,
}

impl Zone {
    /// The zone of `address`.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => of_v6(v6),
        }
    }
}

fn of_v4(address: Ipv4Addr) -> Zone {
    let within = |nets: &[([u8; 4], u32)]| {
        nets.iter().any(|&(net, length)| {
            let differ = address.to_bits() ^ u32::from_be_bytes(net);
            differ.checked_shr(32 - length).unwrap_or(0) == 0
        })
    };
    if address.is_loopback() {
        Zone::Loopback
    } else if within(PRIVATE_V4) {
        Zone::Private
    } else if within(SPECIAL_V4) {
        Zone::Special
    } else {
        Zone::Global
    }
}

fn of_v6(address: Ipv6Addr) -> Zone {
    let within = |nets: &[([u16; 8], u32)]| {
        nets.iter().any(|&(net, length)| {
            let differ = address.to_bits() ^ Ipv6Addr::from(net).to_bits();
            differ.checked_shr(128 - length).unwrap_or(0) == 0
        })
    };
    if address.is_loopback() {
        Zone::Loopback
    } else if within(SPECIAL_V6) {
        Zone::Special
    } else if within(&[NAT64]) {
        behind_nat64(address)
    } else if within(&[UNIQUE_LOCAL]) {
        Zone::Private
    } else if within(&[INTERNET]) {
        Zone::Global
    } else {
        Zone::Special
    }
}

/// RFC 6052 §3.1: the well-known prefix must not stand for anything but a global IPv4 address.
fn behind_nat64(address: Ipv6Addr) -> Zone {
    let [.., a, b, c, d] = address.octets();
    if of_v4(Ipv4Addr::new(a, b, c, d)) == Zone::Global { Zone::Private } else { Zone::Special }
}

const PRIVATE_V4: &[([u8; 4], u32)] =
    &[([10, 0, 0, 0], 8), ([172, 16, 0, 0], 12), ([192, 168, 0, 0], 16), ([100, 64, 0, 0], 10)];

const SPECIAL_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),        // this network
    ([169, 254, 0, 0], 16),   // link-local, cloud metadata
    ([168, 63, 129, 16], 32), // the platform address of one large cloud
    ([192, 0, 0, 0], 24),     // protocol assignments
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 31, 196, 0], 24),  // AS112, which answers for addresses of nobody's
    ([192, 52, 193, 0], 24),  // AMT relays
    ([192, 88, 99, 0], 24),   // 6to4 relays
    ([192, 175, 48, 0], 24),  // AS112
    ([198, 18, 0, 0], 15),    // benchmarks
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved, broadcast
];

const INTERNET: ([u16; 8], u32) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
const UNIQUE_LOCAL: ([u16; 8], u32) = ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7);
const NAT64: ([u16; 8], u32) = ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// Inside `2000::/3` or `fc00::/7`, and still no destination. What is mapped (`::ffff:0:0/96`),
/// compatible (`::/96`), link-local or multicast lies outside both.
const SPECIAL_V6: &[([u16; 8], u32)] = &[
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // Teredo, ORCHID, benchmarks
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), // cloud metadata
    ([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128), // cloud metadata
];

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(text: &str) -> Zone {
        Zone::of(text.parse().unwrap())
    }

    #[test]
    fn ordinary_hosts_are_global() {
        for text in ["1.1.1.1", "172.15.255.255", "172.32.0.1", "100.128.0.1", "8.8.8.8"] {
            assert_eq!(zone(text), Zone::Global, "{text}");
        }
        for text in ["2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888"] {
            assert_eq!(zone(text), Zone::Global, "{text}");
        }
    }

    #[test]
    fn this_machine_is_loopback_in_its_own_spelling_only() {
        assert_eq!(zone("127.0.0.1"), Zone::Loopback);
        assert_eq!(zone("127.255.255.255"), Zone::Loopback);
        assert_eq!(zone("::1"), Zone::Loopback);
        assert_eq!(zone("::ffff:127.0.0.1"), Zone::Special);
        assert_eq!(zone("::127.0.0.1"), Zone::Special);
    }

    #[test]
    fn networks_of_ones_own_are_private() {
        for text in ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"] {
            assert_eq!(zone(text), Zone::Private, "{text}");
        }
        for text in ["fd12:3456::1", "fc00::1", "64:ff9b::8.8.8.8"] {
            assert_eq!(zone(text), Zone::Private, "{text}");
        }
    }

    #[test]
    fn metadata_multicast_reserved_and_documentation_are_special() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "168.63.129.16",
            "192.0.0.192",
            "192.0.2.1",
            "192.31.196.1",
            "192.175.48.6",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
        ] {
            assert_eq!(zone(text), Zone::Special, "{text}");
        }
    }

    #[test]
    fn addresses_that_carry_another_address_are_special() {
        for text in [
            "::",
            "::ffff:8.8.8.8",
            "::ffff:169.254.169.254",
            "::ffff:0:8.8.8.8",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "2001::1",
            "2001:0:53aa:64c:0:7fff:f5ff:fffe",
            "2001:2::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2620:4f:8000::1",
            "3fff::1",
            "5f00::1",
            "100::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
        ] {
            assert_eq!(zone(text), Zone::Special, "{text}");
        }
    }
}
