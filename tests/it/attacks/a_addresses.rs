//! A, addresses: which machines a fetch may reach, judged when they are connected and not by their names.

use countersign::upstream::http::{FetchFault, Fetcher};
use url::Url;

use crate::upstream::fault_server::FaultServer;

async fn outcome(fetcher: &Fetcher, url: &str) -> Result<(), FetchFault> {
    fetcher.get(&Url::parse(url).unwrap(), "application/json", None).await.map(drop)
}

/// Never a destination, whoever asks: the metadata of clouds, and every address that carries another.
const SPECIAL: &[&str] = &[
    "0.0.0.0",
    "0.1.2.3",
    "0",
    "169.254.169.254",
    "0xa9fea9fe",
    "168.63.129.16",
    "192.0.0.192",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:0:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:1::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[fd00:ec2::254]",
];

/// Networks of one's own, in every spelling that a parser takes for them.
const OWN: &[&str] = &[
    "127.0.0.1",
    "127.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "[::1]",
    "[fd00::1]",
    "[64:ff9b::8.8.8.8]",
];

#[tokio::test]
async fn a11_an_address_is_judged_when_it_is_connected_whatever_the_name_was() {
    let (strangers, operator) = (Fetcher::for_strangers(), Fetcher::for_operator());
    for host in SPECIAL {
        let url = format!("https://{host}/c");
        assert_eq!(outcome(&strangers, &url).await, Err(FetchFault::Address), "{host}");
        assert_eq!(outcome(&operator, &url).await, Err(FetchFault::Address), "{host}");
    }
    for host in OWN {
        let url = format!("https://{host}/c");
        assert_eq!(outcome(&strangers, &url).await, Err(FetchFault::Address), "{host}");
    }
    // A name says nothing; what it stands for at this moment is judged, and is what would be connected.
    let server = FaultServer::start(FaultServer::json("{}")).await;
    let port = server.url.port().unwrap();
    for _ in 0..3 {
        let named = format!("https://localhost:{port}/c");
        assert_eq!(outcome(&strangers, &named).await, Err(FetchFault::Address));
    }
    assert_eq!(server.hits(), 0, "no connection was tried");
}
