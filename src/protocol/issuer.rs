//! The issuer identifier (RFC 8414 §2): our public URL, kept as text because `url::Url` would add a
//! slash and clients compare bytes.

use std::fmt;

use serde::{Serialize, Serializer};
use url::{Host, Url};

/// Our public origin, such as `https://auth.example.com`: no path, no trailing slash, https unless
/// it is loopback.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer {
    text: String,
    loopback: bool,
}

/// Why a text cannot be our issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerFault {
    /// Not an http(s) origin spelled in its canonical form.
    #[error(
        "must be an origin such as https://auth.example.com: lower case, no path, no query, no trailing slash"
    )]
    NotAnOrigin,
    /// RFC 8414 §2: https, except on loopback.
    #[error("must be https; http is for localhost, 127.0.0.1 and [::1] only")]
    Insecure,
}

impl Issuer {
    /// Reads an origin.
    ///
    /// # Errors
    /// [`IssuerFault`] when it is no canonical origin, or http on a public host.
    pub fn parse(text: &str) -> Result<Self, IssuerFault> {
        let url = Url::parse(text).map_err(|_| IssuerFault::NotAnOrigin)?;
        if !matches!(url.scheme(), "http" | "https") || url.origin().ascii_serialization() != text {
            return Err(IssuerFault::NotAnOrigin);
        }
        let loopback = is_loopback(&url);
        if url.scheme() == "http" && !loopback {
            return Err(IssuerFault::Insecure);
        }
        Ok(Self { text: text.to_owned(), loopback })
    }

    /// The identifier, byte for byte as clients compare it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL of a path of ours, such as `/token`.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// Whether it is reached over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Whether it names this machine only.
    #[must_use]
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Host and port as a `Host` header carries them.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.text.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// Whether a `Host` header names us: our authority, the default port written or not. On this
    /// machine any of its loopback names does, at any port: no page elsewhere can bind those.
    #[must_use]
    pub fn is_named_by(&self, host: &str) -> bool {
        let ours = |url: Url| self.has(&url) || (self.loopback && is_loopback(&url));
        host == self.authority() || self.url_of(host).is_some_and(ours)
    }

    /// Whether a `Host` header names exactly our authority, the default port written or not.
    #[must_use]
    pub fn is_at(&self, host: &str) -> bool {
        host == self.authority() || self.url_of(host).is_some_and(|url| self.has(&url))
    }

    fn has(&self, url: &Url) -> bool {
        url.origin().ascii_serialization() == self.text
    }

    /// The URL under our scheme that a host makes, unless it is more than a host.
    fn url_of(&self, host: &str) -> Option<Url> {
        let scheme = if self.is_https() { "https" } else { "http" };
        let url = Url::parse(&format!("{scheme}://{host}")).ok()?;
        let bare = url.path() == "/" && url.username().is_empty() && url.password().is_none();
        (bare && url.query().is_none() && url.fragment().is_none()).then_some(url)
    }
}

/// Whether a URL's host is `localhost` or a loopback address.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Issuer {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_keeps_its_bytes() {
        let issuer = Issuer::parse("http://localhost:8000").unwrap();
        assert_eq!(issuer.join("/token"), "http://localhost:8000/token");
        assert!(issuer.is_loopback() && !issuer.is_https());
        assert_eq!((issuer.as_str(), issuer.authority()), (&*issuer.to_string(), "localhost:8000"));
        let public = Issuer::parse("https://auth.example.com").unwrap();
        assert!(!public.is_loopback() && public.is_https());
        assert_eq!(serde_json::to_string(&public).unwrap(), "\"https://auth.example.com\"");
    }

    #[test]
    fn slash_path_case_and_plain_http_are_refused() {
        for text in [
            "https://a.example/",
            "https://a.example/x",
            "https://A.example",
            "ftp://a.example",
            "x",
        ] {
            assert_eq!(Issuer::parse(text), Err(IssuerFault::NotAnOrigin), "{text}");
        }
        assert_eq!(Issuer::parse("http://a.example"), Err(IssuerFault::Insecure));
    }

    #[test]
    fn a_host_names_us_by_our_authority_and_this_machine_by_any_loopback_name() {
        let public = Issuer::parse("https://auth.example.com").unwrap();
        for host in ["auth.example.com", "auth.example.com:443", "AUTH.example.com"] {
            assert!(public.is_named_by(host), "{host}");
        }
        for host in ["auth.example.com:8443", "evil.example", "localhost", "127.0.0.1:8000", ""] {
            assert!(!public.is_named_by(host), "{host}");
        }
        let here = Issuer::parse("http://localhost:8000").unwrap();
        for host in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "localhost", "127.0.0.1:1"] {
            assert!(here.is_named_by(host), "{host}");
        }
        assert!(here.is_at("localhost:8000") && !here.is_at("127.0.0.1:8000"));
        for host in ["localhost.evil.example:8000", "a@localhost:8000", "localhost:8000/x", "::1"] {
            assert!(!here.is_named_by(host), "{host}");
        }
        for host in
            [":p@localhost:8000", "localhost:8000?x", "localhost:8000#x", "localhost:8000/?#"]
        {
            assert!(!here.is_at(host), "{host}");
            assert!(!here.is_named_by(host), "{host}");
        }
    }
}
