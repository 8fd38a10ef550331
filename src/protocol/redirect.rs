//! Redirect URIs (RFC 6749 §3.1.2): which may be registered, and when one presented is the one
//! registered. Comparison is on the text, never on a normalised form.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The longest redirect URI accepted, in bytes.
pub const MAX_REDIRECT_BYTES: usize = 2048;

/// Private-use schemes without a dot that deployed MCP clients register (RFC 8252 §7.1 asks for a
/// dot; refusing one of these refuses the client).
const KNOWN_APP_SCHEMES: [&str; 6] =
    ["cursor", "vscode", "vscode-insiders", "windsurf", "zed", "claude"];

/// A redirect URI fit for registration: https, http on loopback, or a private-use scheme.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

/// Why a redirect URI may not be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectFault {
    /// Not an absolute URI, too long, or with characters outside printable ASCII.
    #[error("is not an absolute URI of at most 2048 printable ASCII characters")]
    Malformed,
    /// RFC 6749 §3.1.2 forbids fragments.
    #[error("must not have a fragment")]
    Fragment,
    /// `user:password@` hides the real host.
    #[error("must not carry user information")]
    UserInfo,
    /// OAuth 2.1 §2.3.1: exact comparison, no patterns.
    #[error("must not contain a wildcard")]
    Wildcard,
    /// Only https, http on 127.0.0.1, `[::1]` or localhost, and private-use schemes.
    #[error(
        "must be https, http on 127.0.0.1, [::1] or localhost, or a private-use scheme such as com.example.app:/"
    )]
    Scheme,
}

impl RedirectUri {
    /// Reads a redirect URI as a client registers it.
    ///
    /// # Errors
    /// The [`RedirectFault`] that keeps it from being registered.
    pub fn parse(text: &str) -> Result<Self, RedirectFault> {
        let printable = text.bytes().all(|b| (0x21..=0x7E).contains(&b) && b != b'\\');
        if text.len() > MAX_REDIRECT_BYTES || !printable {
            return Err(RedirectFault::Malformed);
        }
        if text.contains('*') {
            return Err(RedirectFault::Wildcard);
        }
        let url = Url::parse(text).map_err(|_| RedirectFault::Malformed)?;
        if url.fragment().is_some() {
            return Err(RedirectFault::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RedirectFault::UserInfo);
        }
        let allowed = match url.scheme() {
            // From the text: a parser takes `https:host` and `HTTPS:////host` for the same address.
            "https" => has_written_authority(text),
            "http" => loopback_parts(text).is_some(),
            scheme => scheme.contains('.') || KNOWN_APP_SCHEMES.contains(&scheme),
        };
        allowed.then(|| Self(text.to_owned())).ok_or(RedirectFault::Scheme)
    }

    /// The text as registered or presented.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `presented` is this registration: the same text, or, for http on one loopback host,
    /// the same but for the port (OAuth 2.1 §2.3.1, RFC 8252 §7.3).
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        let same_but_port = || {
            let registered = loopback_parts(&self.0)?;
            Some(registered == loopback_parts(presented)?)
        };
        self.0 == presented || same_but_port().unwrap_or(false)
    }

    /// Whether it returns to a program on the person's own computer.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        loopback_parts(&self.0).is_some()
    }

    /// The host a person should see before consenting; for a private-use scheme, the scheme.
    #[must_use]
    pub fn display_host(&self) -> String {
        match Url::parse(&self.0).ok() {
            Some(url) if matches!(url.scheme(), "http" | "https") => {
                url.host().map_or_else(String::new, |host: Host<&str>| host.to_string())
            }
            Some(url) => format!("{}:", url.scheme()),
            None => String::new(),
        }
    }
}

/// Whether the text says `https://` and goes on with a host, as a person and a browser read it alike.
fn has_written_authority(text: &str) -> bool {
    text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}

/// Host and rest of an `http` URI on a loopback host, read from the text so that no normalisation
/// can make `127.1` or `localhost.evil` look like loopback. The port is dropped.
fn loopback_parts(text: &str) -> Option<(&str, &str)> {
    let after = text.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]", "localhost"].into_iter().find(|h| after.starts_with(*h))?;
    let rest = after.strip_prefix(host)?;
    let rest = match rest.strip_prefix(':') {
        Some(with_port) => {
            let end = with_port.find(|c: char| !c.is_ascii_digit()).unwrap_or(with_port.len());
            let (port, rest) = with_port.split_at_checked(end)?;
            port.parse::<u16>().ok()?;
            rest
        }
        None => rest,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered(text: &str) -> RedirectUri {
        RedirectUri::parse(text).unwrap()
    }

    #[test]
    fn a_loopback_redirect_matches_on_any_port_of_the_same_host() {
        let uri = registered("http://127.0.0.1/callback");
        assert!(uri.matches("http://127.0.0.1:49152/callback"));
        assert!(!uri.matches("http://localhost:49152/callback"));
        assert!(!uri.matches("http://127.0.0.1:49152/other"));
        assert!(!uri.matches("https://127.0.0.1:49152/callback"));
        assert!(!uri.matches("http://127.0.0.1:99999/callback"));
        assert!(!uri.matches("http://127.0.0.1:/callback"));
    }

    #[test]
    fn hosts_that_only_look_like_loopback_are_refused() {
        for text in [
            "http://localhost.evil/cb",
            "http://127.0.0.1.evil/cb",
            "http://127.1/cb",
            "http://[::ffff:127.0.0.1]/cb",
            "http://localhost\\@evil:1/cb",
            "http://localhost@evil/cb",
            "http://LOCALHOST/cb",
            "http://example.com/cb",
        ] {
            assert!(RedirectUri::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn spellings_that_only_a_parser_takes_for_web_addresses_are_refused() {
        for text in [
            "https:evil.example/cb",
            "https:/evil.example/cb",
            "https:///evil.example/cb",
            "https:////evil.example",
            "HTTPS://evil.example/cb",
            "Https://evil.example/cb",
            "https://",
            "http:127.0.0.1/cb",
            "http:///127.0.0.1/cb",
            "HTTP://127.0.0.1/cb",
        ] {
            assert!(RedirectUri::parse(text).is_err(), "{text}");
        }
        assert_eq!(registered("https://good.example/cb").display_host(), "good.example");
    }

    #[test]
    fn what_a_parser_passes_over_is_refused() {
        for text in ["https://a.example/c b", "https://a.example/\ncb", "https://a.example/ü"] {
            assert_eq!(RedirectUri::parse(text), Err(RedirectFault::Malformed), "{text}");
        }
        for text in ["https://a.example\\cb", "https://a.example/cb\\"] {
            assert_eq!(RedirectUri::parse(text), Err(RedirectFault::Malformed), "{text}");
        }
    }

    #[test]
    fn two_thousand_and_forty_eight_bytes_are_the_most() {
        let long = |bytes: usize| format!("https://a.example/{}", "x".repeat(bytes - 18));
        assert!(RedirectUri::parse(&long(2048)).is_ok());
        assert_eq!(RedirectUri::parse(&long(2049)), Err(RedirectFault::Malformed));
    }

    #[test]
    fn only_http_on_a_loopback_host_returns_to_this_computer() {
        assert!(registered("http://[::1]/cb").is_loopback());
        for other in ["https://localhost/cb", "https://a.example/cb", "com.example.app:/cb"] {
            assert!(!registered(other).is_loopback(), "{other}");
        }
    }

    #[test]
    fn https_matches_only_to_the_letter() {
        let uri = registered("https://client.example/cb");
        assert!(uri.matches("https://client.example/cb"));
        for other in [
            "https://client.example/cb/",
            "https://CLIENT.example/cb",
            "https://client.example/CB",
            "https://client.example:443/cb",
            "https://client.example/cb?x=1",
        ] {
            assert!(!uri.matches(other), "{other}");
        }
    }

    #[test]
    fn dangerous_schemes_and_parts_are_refused() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "about:blank",
            "blob:https://x/y",
            "https://a.example/cb#frag",
            "https://u:p@a.example/cb",
            "https://u@a.example/cb",
            "https://:p@a.example/cb",
            "https://*.example/cb",
            "/relative",
            "",
        ] {
            assert!(RedirectUri::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn app_schemes_are_accepted_and_shown_by_scheme() {
        assert_eq!(registered("com.example.app:/cb").display_host(), "com.example.app:");
        assert_eq!(
            registered("cursor://anysphere.cursor-mcp/oauth/callback").display_host(),
            "cursor:"
        );
        assert_eq!(registered("http://[::1]:7/cb").display_host(), "[::1]");
    }
}
