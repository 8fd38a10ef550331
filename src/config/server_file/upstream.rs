//! Who answers the requests of a server that we guard.

use toml::Spanned;
use url::Url;

use crate::{config::toml_file::TomlFile, engine::policy::Upstream, protocol::issuer::is_loopback};

/// Reads `upstream`; `us` are the URLs that lead here.
pub(super) fn read(
    file: &mut TomlFile<'_>,
    upstream: &Spanned<String>,
    us: &[Url],
) -> Option<Upstream> {
    let (at, text) = (upstream.span().start, upstream.get_ref());
    if text == "demo" {
        return Some(Upstream::Demo);
    }
    let judged = judge(text, us).map_err(|(what, remedy)| {
        file.fault(at, format!("`upstream` {what}"), remedy);
    });
    judged.ok().map(Upstream::Http)
}

/// The text is not repeated: a password may stand in it.
fn judge(text: &str, us: &[Url]) -> Result<Url, (&'static str, &'static str)> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url else { return Err(("is neither \"demo\" nor an http URL", EXAMPLE)) };
    let decorated = url.query().is_some() || url.fragment().is_some();
    if decorated || !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return Err(("has a user name, a query or a fragment", EXAMPLE));
    }
    if us.iter().any(|ours| same_place(ours, &url)) {
        return Err(("leads back to us", "name the MCP server that stands behind us"));
    }
    Ok(url)
}

/// The same scheme, host and port; on this machine, the same port.
fn same_place(ours: &Url, theirs: &Url) -> bool {
    let here = is_loopback(ours) && is_loopback(theirs);
    ours.origin() == theirs.origin()
        || here && ours.port_or_known_default() == theirs.port_or_known_default()
}

const EXAMPLE: &str =
    "write scheme, host and path alone, such as http://127.0.0.1:9000/mcp; or \"demo\"";
