//! Which hosts and browser origins may be named at a server's path: a page elsewhere that bound its
//! name to our address (DNS rebinding) stays outside (MCP, Streamable HTTP, security).

use axum::http::{HeaderMap, Uri, header, uri::Authority};
use url::Url;

use crate::{
    gateway::refused::Refused,
    protocol::issuer::{Issuer, is_loopback},
};

/// Who may stand at the door.
#[derive(Clone, Debug)]
pub struct Door {
    /// The origins under which the server is reached.
    pub names: Vec<Issuer>,
    /// Origins of browser-based clients elsewhere.
    pub origins: Vec<String>,
}

/// Every host that a request names. One that names none (RFC 9112 §3.2) comes from no browser.
pub(crate) fn hosts<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Vec<&'a str> {
    let named = headers.get_all(header::HOST).iter();
    let named = named.map(|host| host.to_str().unwrap_or_default());
    named.chain(uri.authority().map(Authority::as_str)).collect()
}

impl Door {
    /// Whether a request may enter, by the hosts and the origin it names.
    pub(super) fn admit(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), Refused> {
        let ours = |host: &str| self.names.iter().any(|name| name.is_named_by(host));
        if !hosts(headers, uri).into_iter().all(ours) {
            return Err(Refused::Host);
        }
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let known = |origin: &str| self.knows(origin);
        if origins.all(|origin| origin.to_str().is_ok_and(known)) {
            return Ok(());
        }
        Err(Refused::Origin)
    }

    /// Our own origin, one of those the file names, or a page on this machine such as MCP Inspector's:
    /// it still needs a token.
    fn knows(&self, origin: &str) -> bool {
        let ours = self.names.iter().map(Issuer::as_str);
        let mut named = ours.chain(self.origins.iter().map(String::as_str));
        named.any(|known| known == origin)
            || Url::parse(origin)
                .is_ok_and(|url| is_loopback(&url) && url.origin().ascii_serialization() == origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(pairs: &[(&'static str, &str)]) -> bool {
        let door = Door {
            names: vec![Issuer::parse("https://tools.example.com").unwrap()],
            origins: vec!["https://app.example.com".to_owned()],
        };
        let pairs =
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        door.admit(&pairs.collect(), &Uri::from_static("/mcp")).is_ok()
    }

    #[test]
    fn a_host_that_is_not_ours_stays_outside() {
        for host in ["tools.example.com", "TOOLS.example.com:443"] {
            assert!(admitted(&[("host", host)]), "{host}");
        }
        for host in
            ["evil.example", "localhost", "tools.example.com:8443", "tools.example.com.evil"]
        {
            assert!(!admitted(&[("host", host)]), "{host}");
        }
    }

    #[test]
    fn an_origin_that_nobody_named_stays_outside_and_none_at_all_is_no_browser() {
        let host = ("host", "tools.example.com");
        assert!(admitted(&[host]));
        for origin in [
            "https://tools.example.com",
            "https://app.example.com",
            "http://localhost:6274",
            "http://127.0.0.1:1",
            "http://[::1]:1",
        ] {
            assert!(admitted(&[host, ("origin", origin)]), "{origin}");
        }
        for origin in [
            "null",
            "https://evil.example",
            "http://app.example.com",
            "https://app.example.com:8443",
            "http://localhost.evil.example",
            "http://localhost:6274/x",
            "",
        ] {
            assert!(!admitted(&[host, ("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn a_good_name_beside_a_bad_one_does_not_help() {
        let host = ("host", "tools.example.com");
        assert!(!admitted(&[host, ("host", "evil.example")]));
        let (good, bad) = ("https://app.example.com", "https://evil.example");
        let mut headers = HeaderMap::new();
        headers.append("origin", good.parse().unwrap());
        headers.append("origin", bad.parse().unwrap());
        let door = Door { names: vec![Issuer::parse(good).unwrap()], origins: Vec::new() };
        assert!(door.admit(&headers, &Uri::from_static("/mcp")).is_err());
    }
}
