//! Resource indicators (RFC 8707): the exact URL of a protected MCP server, and the `aud` of its
//! access tokens.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// The URL of one MCP server exactly as its metadata names it (RFC 9728 §2, `resource`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Resource(String);

impl Resource {
    /// Takes the server's URL as configured.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of the URL, such as `/mcp`.
    #[must_use]
    pub fn path(&self) -> String {
        Url::parse(&self.0).map_or_else(|_| String::new(), |url| url.path().to_owned())
    }

    /// The origin of the URL, such as `https://mcp.example`.
    #[must_use]
    pub fn origin(&self) -> String {
        Url::parse(&self.0).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
    }

    /// Whether `asked` names this server: the same scheme, host and port in any case, the same path
    /// but for one trailing slash, and nothing else (RFC 8707 §2: absolute, no fragment). The path is read
    /// from the text: a parser takes `/x/../mcp`, or a newline in the middle, for the same.
    #[must_use]
    pub fn is_named_by(&self, asked: &str) -> bool {
        if asked == self.0 {
            return true;
        }
        let same_tail = written_tail(asked).is_some_and(|tail| Some(tail) == written_tail(&self.0));
        let (Ok(ours), Ok(asked)) = (Url::parse(&self.0), Url::parse(asked)) else { return false };
        asked.username().is_empty()
            && asked.password().is_none()
            && asked.origin() == ours.origin()
            && same_tail
    }

    /// Where the server's metadata stands: the well-known name between host and path (RFC 9728 §3.1).
    #[must_use]
    pub fn metadata_url(&self) -> String {
        let Ok(url) = Url::parse(&self.0) else { return String::new() };
        let path = url.path().strip_suffix('/').unwrap_or(url.path());
        let origin = url.origin().ascii_serialization();
        format!("{origin}/.well-known/oauth-protected-resource{path}")
    }
}

/// What is written after `scheme://host:port`, without one trailing slash; none when that is not how the
/// text begins, or when a reader would pass over some of its characters.
fn written_tail(text: &str) -> Option<&str> {
    let plain = text.bytes().all(|b| (0x21..=0x7E).contains(&b) && b != b'\\');
    let (_, rest) = text.split_once("://").filter(|_| plain)?;
    let tail = rest.get(rest.find(['/', '?', '#']).unwrap_or(rest.len())..)?;
    Some(tail.strip_suffix('/').unwrap_or(tail))
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_of_the_host_and_one_trailing_slash_do_not_matter() {
        let ours = Resource::new("https://mcp.example/tools");
        assert!(ours.is_named_by("HTTPS://MCP.example:443/tools/"));
        assert_eq!(
            ours.metadata_url(),
            "https://mcp.example/.well-known/oauth-protected-resource/tools"
        );
    }

    #[test]
    fn other_servers_fragments_queries_and_relative_names_do_not() {
        let ours = Resource::new("https://mcp.example/tools");
        for other in [
            "https://mcp.example/Tools",
            "https://mcp.example/tools#x",
            "https://mcp.example/tools?x",
            "https://u@mcp.example/tools",
            "https://:p@mcp.example/tools",
            "https://mcp.example",
            "http://mcp.example/tools",
            "/tools",
            "https://mcp.example/tools//",
            "https://mcp.example/x/../tools",
            "https://mcp.example/./tools",
            "https://mcp.example/%74ools",
            "https://mcp.example/to\nols",
            " https://mcp.example/tools",
            "https:\\\\mcp.example\\tools",
            "https:mcp.example/tools",
            "https:////mcp.example/tools",
            "https://mcp.example:8443/tools",
            "https://mcp.example.evil/tools",
        ] {
            assert!(!ours.is_named_by(other), "{other}");
        }
    }

    #[test]
    fn a_resource_tells_its_url_to_the_byte_and_the_parts_of_it() {
        let ours = Resource::new("https://mcp.example:8443/tools");
        assert_eq!((ours.as_str(), ours.to_string().as_str()), [ours.as_str(); 2].into());
        assert_eq!(ours.as_str(), "https://mcp.example:8443/tools");
        assert_eq!(ours.path(), "/tools");
        assert_eq!(ours.origin(), "https://mcp.example:8443");
    }
}
