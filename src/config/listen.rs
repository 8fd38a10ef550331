//! Where a listener stands.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// The addresses one setting stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// As written.
    pub text: String,
    /// Each address to bind.
    pub addresses: Vec<ListenAddress>,
}

/// One address to bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    /// The address.
    pub address: SocketAddr,
    /// Whether the machine may lack its family (`AddrNotAvailable`, unsupported). An address that is
    /// *in use* is a fault all the same: whoever holds it would answer half of `localhost`.
    pub optional: bool,
}

/// Not an address to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an address and a port")]
pub struct NotAnAddress;

impl Listen {
    /// Reads `localhost:8000` (both loopback families), `127.0.0.1:8000`, `[::]:8000` and the like.
    ///
    /// # Errors
    /// [`NotAnAddress`] for anything else; other host names are not looked up.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let addresses = if let Some(port) = text.strip_prefix("localhost:") {
            localhost(port.parse().map_err(|_| NotAnAddress)?)
        } else {
            let address = text.parse().map_err(|_| NotAnAddress)?;
            vec![ListenAddress { address, optional: false }]
        };
        Ok(Self { text: text.to_owned(), addresses })
    }

    /// Whether only this machine can reach it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.addresses.iter().all(|listen| listen.address.ip().is_loopback())
    }

    /// The port, the same for every address.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, |listen| listen.address.port())
    }
}

fn localhost(port: u16) -> Vec<ListenAddress> {
    let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    vec![
        ListenAddress { address: v4, optional: false },
        ListenAddress { address: v6, optional: true },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_means_both_families_and_only_the_second_may_be_missing() {
        let listen = Listen::parse("localhost:8000").unwrap();
        let read: Vec<_> =
            listen.addresses.iter().map(|a| (a.address.to_string(), a.optional)).collect();
        let expected = [("127.0.0.1:8000".to_owned(), false), ("[::1]:8000".to_owned(), true)];
        assert_eq!(read, expected);
        assert!(listen.is_loopback());
    }

    #[test]
    fn names_and_half_addresses_are_refused() {
        for text in ["example.com:80", "localhost", "8000", ":8000", "localhost:99999", "::1:8000"]
        {
            assert_eq!(Listen::parse(text), Err(NotAnAddress), "{text}");
        }
        assert!(!Listen::parse("0.0.0.0:8000").unwrap().is_loopback());
    }
}
