//! IANA's special-purpose registries for IPv4 and IPv6, and what else no stranger's URL may reach. Written down
//! apart from the lists that the service judges by.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use countersign::upstream::http::{FetchFault, Fetcher};
use ipnet::IpNet;

/// Who may have us ask there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Nobody.
    Nobody,
    /// The operator, by a URL of the configuration.
    Operator,
}

use Who::{Nobody, Operator};

const RANGES: &[(&str, &str, Who)] = &[
    ("0.0.0.0/8", "this network", Nobody),
    ("10.0.0.0/8", "private use", Operator),
    ("100.64.0.0/10", "carrier-grade NAT", Operator),
    ("127.0.0.0/8", "loopback", Operator),
    ("169.254.0.0/16", "link-local and cloud metadata", Nobody),
    ("172.16.0.0/12", "private use", Operator),
    ("192.0.0.0/24", "protocol assignments", Nobody),
    ("192.0.2.0/24", "documentation", Nobody),
    ("192.31.196.0/24", "AS112", Nobody),
    ("192.52.193.0/24", "AMT", Nobody),
    ("192.88.99.0/24", "6to4 relays", Nobody),
    ("192.168.0.0/16", "private use", Operator),
    ("192.175.48.0/24", "AS112", Nobody),
    ("198.18.0.0/15", "benchmarking", Nobody),
    ("198.51.100.0/24", "documentation", Nobody),
    ("203.0.113.0/24", "documentation", Nobody),
    ("224.0.0.0/4", "multicast", Nobody),
    ("240.0.0.0/4", "reserved", Nobody),
    ("255.255.255.255/32", "broadcast", Nobody),
    ("168.63.129.16/32", "a cloud's platform address", Nobody),
    ("::/128", "unspecified", Nobody),
    ("::1/128", "loopback", Operator),
    ("::/96", "IPv4-compatible", Nobody),
    ("::ffff:0:0/96", "IPv4-mapped", Nobody),
    ("::ffff:0:0:0/96", "IPv4-translated", Nobody),
    ("64:ff9b::/96", "NAT64", Operator),
    ("64:ff9b:1::/48", "local NAT64", Nobody),
    ("100::/64", "discard-only", Nobody),
    ("100:0:0:1::/64", "dummy prefix", Nobody),
    ("2001::/32", "Teredo", Nobody),
    ("2001:1::1/128", "port control anycast", Nobody),
    ("2001:2::/48", "benchmarking", Nobody),
    ("2001:3::/32", "AMT", Nobody),
    ("2001:4:112::/48", "AS112", Nobody),
    ("2001:10::/28", "ORCHID", Nobody),
    ("2001:20::/28", "ORCHIDv2", Nobody),
    ("2001:30::/28", "drone remote ids", Nobody),
    ("2001::/23", "protocol assignments", Nobody),
    ("2001:db8::/32", "documentation", Nobody),
    ("2002::/16", "6to4", Nobody),
    ("2620:4f:8000::/48", "AS112", Nobody),
    ("3fff::/20", "documentation", Nobody),
    ("5f00::/16", "segment routing", Nobody),
    ("fc00::/7", "unique local", Operator),
    ("fd00:ec2::254/128", "cloud metadata", Nobody),
    ("fe80::/10", "link-local", Nobody),
    ("fec0::/10", "site-local", Nobody),
    ("ff00::/8", "multicast", Nobody),
];

/// Addresses on the internet, some of them a step outside a range.
const ORDINARY: &[&str] = &[
    "1.0.0.1",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "128.0.0.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "2606:4700:4700::1111",
    "2620:4f:8001::1",
    "2a00:1450:4001:81b::200e",
];

fn vetted(fetcher: &Fetcher, address: IpAddr) -> Result<(), FetchFault> {
    let host = match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    };
    fetcher.vet(&format!("https://{host}/client.json").parse().unwrap())
}

/// The first and the last address of a range, and some between.
fn samples(range: &str) -> Vec<IpAddr> {
    let range: IpNet = range.parse().unwrap();
    match range {
        IpNet::V4(net) => {
            let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
            let between = first + (last - first) / 2;
            [first, first | 1, between, last & !1, last]
                .map(|bits| IpAddr::from(Ipv4Addr::from(bits.min(last))))
                .into()
        }
        IpNet::V6(net) => {
            let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
            [first, first + (last - first) / 2, last]
                .map(|bits| IpAddr::from(Ipv6Addr::from(bits)))
                .into()
        }
    }
}

/// The ways of writing an IPv4 address into an IPv6 address.
fn carried(v4: Ipv4Addr) -> [IpAddr; 7] {
    let bits = u128::from(v4.to_bits());
    let prefixed = |prefix: &str, shift: u32| {
        let prefix: Ipv6Addr = prefix.parse().unwrap();
        Ipv6Addr::from(prefix.to_bits() | bits << shift).into()
    };
    [
        prefixed("::", 0),
        prefixed("::ffff:0:0", 0),
        prefixed("::ffff:0:0:0", 0),
        prefixed("64:ff9b::", 0),
        prefixed("64:ff9b:1::", 0),
        prefixed("2002::", 80),
        // Teredo: the server, and the client's address with its bits flipped.
        Ipv6Addr::from(0x2001_0000_u128 << 96 | bits << 64 | u128::from(!v4.to_bits())).into(),
    ]
}

#[test]
fn j07_no_stranger_has_us_ask_in_a_special_range_however_the_address_is_carried() {
    let (strangers, operator) = (Fetcher::for_strangers(), Fetcher::for_operator());
    let at_home = Fetcher::for_strangers().with_loopback();
    for (range, name, who) in RANGES {
        for address in samples(range) {
            let refused = Err(FetchFault::Address);
            assert_eq!(vetted(&strangers, address), refused, "{address} of {range}, {name}");
            if !address.is_loopback() {
                assert_eq!(vetted(&at_home, address), refused, "{address} of {range}, {name}");
            }
            if *who == Nobody && !address.is_loopback() {
                assert_eq!(vetted(&operator, address), refused, "{address} of {range}, {name}");
            }
            let IpAddr::V4(v4) = address else { continue };
            for carried in carried(v4).into_iter().filter(|carried| !carried.is_loopback()) {
                for fetcher in [&strangers, &at_home, &operator] {
                    assert_eq!(vetted(fetcher, carried), refused, "{carried} for {v4}, {name}");
                }
            }
        }
    }
}

#[test]
fn the_internet_is_there_to_be_asked() {
    let strangers = Fetcher::for_strangers();
    for address in ORDINARY {
        assert_eq!(vetted(&strangers, address.parse().unwrap()), Ok(()), "{address}");
    }
    let operator = Fetcher::for_operator();
    for (range, name, _) in RANGES.iter().filter(|(_, _, who)| *who == Operator) {
        let admitted = samples(range).into_iter().filter(|it| vetted(&operator, *it) == Ok(()));
        // What stands behind NAT64 must itself be on the internet.
        let any = admitted.count() > 0 || name.starts_with("NAT64");
        assert!(any, "{range}, {name}");
    }
}
