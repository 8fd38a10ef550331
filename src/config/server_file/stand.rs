//! Where a server stands: below our public URL, or elsewhere, where it guards itself.

use toml::Spanned;
use url::Url;

use crate::{
    config::toml_file::TomlFile,
    engine::policy::Upstream,
    protocol::{
        issuer::{Issuer, is_loopback},
        resource::Resource,
    },
};

use super::{checks, stdio, table::ServerFile};

/// Where a server is reached, and who answers.
pub(super) struct Stand {
    /// The byte of the file at which it says so.
    pub(super) url_at: usize,
    pub(super) upstream: Upstream,
    pub(super) resource: Resource,
}

/// Reads `resource`, or else `path` and `upstream`.
pub(super) fn read(file: &mut TomlFile<'_>, raw: &ServerFile, ours: &Issuer) -> Option<Stand> {
    match &raw.resource {
        Some(resource) => {
            out_of_place(file, raw);
            elsewhere(file, resource, ours)
        }
        None => here(file, raw, ours),
    }
}

fn here(file: &mut TomlFile<'_>, raw: &ServerFile, ours: &Issuer) -> Option<Stand> {
    if raw.path.is_none() {
        let remedy =
            "add path = \"/mcp\"; or resource = \"https://…\" for a server that guards itself";
        file.fault(0, "`path` is missing", remedy);
    }
    if let Some(path) = &raw.path {
        checks::path(file, path);
    }
    let upstream = answered_by(file, raw);
    let path = raw.path.as_ref()?;
    let resource = Resource::new(ours.join(path.get_ref()));
    Some(Stand { url_at: path.span().start, upstream: upstream?, resource })
}

/// Either `upstream` or `command` answers.
fn answered_by(file: &mut TomlFile<'_>, raw: &ServerFile) -> Option<Upstream> {
    if raw.command.is_none() {
        stdio::out_of_place(file, raw);
    }
    match (&raw.upstream, &raw.command) {
        (Some(upstream), None) => checks::upstream(file, upstream),
        (None, Some(command)) => stdio::read(file, raw, command).map(Upstream::Stdio),
        (Some(_), Some(command)) => {
            let what = "`command` and `upstream` both say who answers";
            file.fault(command.span().start, what, "keep one of them");
            None
        }
        (None, None) => {
            let remedy =
                "add upstream = \"demo\", the built-in server; or command = [\"program\", …]";
            file.fault(0, "`upstream` is missing", remedy);
            None
        }
    }
}

fn elsewhere(file: &mut TomlFile<'_>, resource: &Spanned<String>, ours: &Issuer) -> Option<Stand> {
    let (url_at, text) = (resource.span().start, resource.get_ref());
    match judge(text, ours) {
        Ok(()) => {
            Some(Stand { url_at, upstream: Upstream::Elsewhere, resource: Resource::new(text) })
        }
        Err((what, remedy)) => {
            file.fault(url_at, format!("`resource` {what}"), remedy);
            None
        }
    }
}

/// What we would have to keep is refused, rather than passed over, where we answer nothing.
fn out_of_place(file: &mut TomlFile<'_>, raw: &ServerFile) {
    let given = [
        ("path", start(raw.path.as_ref())),
        ("upstream", start(raw.upstream.as_ref())),
        ("command", start(raw.command.as_ref())),
        ("[env]", start(raw.env.as_ref())),
        ("directory", start(raw.directory.as_ref())),
        ("processes", start(raw.processes.as_ref())),
        ("auth", start(raw.auth.as_ref())),
        ("limit", start(raw.limit.as_ref())),
        ("unlisted", start(raw.unlisted.as_ref())),
        ("[[tool]]", start(raw.tool.first())),
    ];
    for (key, at) in given {
        let Some(at) = at else { continue };
        let what = format!("`{key}` is ours to keep, but with `resource` the server guards itself");
        let remedy = match key {
            "path" | "upstream" | "command" => {
                format!("remove {key}; or remove resource, for a server at our own public URL")
            }
            _ => format!("remove {key}, and let the server itself see to it"),
        };
        file.fault(at, what, remedy);
    }
}

fn start<T>(given: Option<&Spanned<T>>) -> Option<usize> {
    given.map(|given| given.span().start)
}

/// Whether `text` can be the `aud` of tokens for a server elsewhere; if not, what is wrong and what
/// to write. A user name is not repeated: a password may follow it.
fn judge(text: &str, ours: &Issuer) -> Result<(), (&'static str, String)> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url else { return Err(("is not an https URL", EXAMPLE.to_owned())) };
    let decorated = url.query().is_some() || url.fragment().is_some();
    if decorated || !url.username().is_empty() || url.password().is_some() {
        return Err(("has a user name, a query or a fragment", EXAMPLE.to_owned()));
    }
    if url.scheme() == "http" && !(is_loopback(&url) && ours.is_loopback()) {
        let remedy = "write https; http is for this machine, while our public URL is loopback too";
        return Err(("is plain http: tokens would travel in the clear", remedy.to_owned()));
    }
    if url.origin().ascii_serialization() == ours.as_str() {
        let remedy = format!("remove resource, and write path = {:?} and an upstream", url.path());
        return Err(("is at our own public URL, where nothing stands elsewhere", remedy));
    }
    // The guard there compares bytes, and clients send what a URL parser made of it.
    let rootless = url.as_str().strip_suffix('/').filter(|_| url.path() == "/");
    if text != url.as_str() && Some(text) != rootless {
        return Err(("is not in the spelling of URLs", format!("write {url}")));
    }
    Ok(())
}

const EXAMPLE: &str = "write scheme, host and path alone, such as https://tools.example.com/mcp";
