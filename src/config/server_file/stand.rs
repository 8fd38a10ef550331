//! Where a server stands: below our public URL, at another host name of ours, or elsewhere, where it
//! guards itself.

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

use super::{checks, stdio, table::ServerFile, upstream};

/// Where a server is reached, and who answers.
pub(super) struct Stand {
    /// The byte of the file at which it says so.
    pub(super) url_at: usize,
    pub(super) upstream: Upstream,
    pub(super) resource: Resource,
}

/// Reads `path` or `resource`, with `upstream` or `command`, or `resource` alone.
pub(super) fn read(file: &mut TomlFile<'_>, raw: &ServerFile, ours: &Issuer) -> Option<Stand> {
    if raw.command.is_none() {
        stdio::out_of_place(file, raw);
    }
    match (&raw.resource, raw.upstream.is_some() || raw.command.is_some()) {
        (Some(resource), true) => {
            if let Some(path) = &raw.path {
                let remedy = "remove path, which resource says already; or remove resource";
                file.fault(path.span().start, "`path` stands beside `resource`", remedy);
            }
            by_another_name(file, raw, resource, ours)
        }
        (Some(resource), false) => {
            out_of_place(file, raw);
            elsewhere(file, resource, ours)
        }
        (None, _) => here(file, raw, ours),
    }
}

/// Answered here, where another host name leads here too.
fn by_another_name(
    file: &mut TomlFile<'_>,
    raw: &ServerFile,
    resource: &Spanned<String>,
    ours: &Issuer,
) -> Option<Stand> {
    let (url_at, text) = (resource.span().start, resource.get_ref());
    let its_own = named(file, resource, ours);
    if let Some(url) = &its_own {
        checks::path(file, url_at, url.path());
    }
    let us = its_own.iter().chain(Url::parse(ours.as_str()).iter()).cloned().collect::<Vec<_>>();
    let upstream = answered_by(file, raw, &us)?;
    its_own.map(|_| Stand { url_at, upstream, resource: Resource::new(text) })
}

fn here(file: &mut TomlFile<'_>, raw: &ServerFile, ours: &Issuer) -> Option<Stand> {
    if raw.path.is_none() {
        let remedy =
            "add path = \"/mcp\"; or resource = \"https://…\" for a server that guards itself";
        file.fault(0, "`path` is missing", remedy);
    }
    if let Some(path) = &raw.path {
        checks::path(file, path.span().start, path.get_ref());
    }
    let us: Vec<_> = Url::parse(ours.as_str()).into_iter().collect();
    let upstream = answered_by(file, raw, &us);
    let path = raw.path.as_ref()?;
    let resource = Resource::new(ours.join(path.get_ref()));
    Some(Stand { url_at: path.span().start, upstream: upstream?, resource })
}

/// Either `upstream` or `command` answers.
fn answered_by(file: &mut TomlFile<'_>, raw: &ServerFile, us: &[Url]) -> Option<Upstream> {
    match (&raw.upstream, &raw.command) {
        (Some(upstream), None) => upstream::read(file, upstream, us),
        (None, Some(command)) => stdio::read(file, raw, command).map(Upstream::Stdio),
        (Some(_), Some(command)) => {
            let what = "`command` and `upstream` both say who answers";
            file.fault(command.span().start, what, "keep one of them");
            None
        }
        (None, None) => {
            let remedy = "add upstream = \"http://…\", or \"demo\" for the built-in server, or command = [\"program\", …]";
            file.fault(0, "`upstream` is missing", remedy);
            None
        }
    }
}

fn elsewhere(file: &mut TomlFile<'_>, resource: &Spanned<String>, ours: &Issuer) -> Option<Stand> {
    let url_at = resource.span().start;
    named(file, resource, ours)?;
    let resource = Resource::new(resource.get_ref());
    Some(Stand { url_at, upstream: Upstream::Elsewhere, resource })
}

/// The URL of `resource`, if tokens can be for it.
fn named(file: &mut TomlFile<'_>, resource: &Spanned<String>, ours: &Issuer) -> Option<Url> {
    let judged = judge(resource.get_ref(), ours).map_err(|(what, remedy)| {
        file.fault(resource.span().start, format!("`resource` {what}"), remedy);
    });
    judged.ok()
}

/// What we would have to keep is refused, rather than passed over, where we answer nothing.
fn out_of_place(file: &mut TomlFile<'_>, raw: &ServerFile) {
    let given = [
        ("path", start(raw.path.as_ref())),
        ("auth", start(raw.auth.as_ref())),
        ("limit", start(raw.limit.as_ref())),
        ("unlisted", start(raw.unlisted.as_ref())),
        ("identity", start(raw.identity.as_ref())),
        ("[headers]", start(raw.headers.as_ref())),
        ("origins", start(raw.origins.as_ref())),
        ("timeouts", start(raw.timeouts.as_ref())),
        ("max_body", start(raw.max_body.as_ref())),
        ("[[tool]]", start(raw.tool.first())),
        ("[[method]]", start(raw.method.first())),
    ];
    for (key, at) in given {
        let Some(at) = at else { continue };
        let what = format!("`{key}` is ours to keep, but with `resource` the server guards itself");
        let remedy = match key {
            "path" => {
                "remove path; or remove resource, for a server at our own public URL".to_owned()
            }
            _ => format!(
                "remove {key}, and let the server itself see to it; or add upstream, and we do"
            ),
        };
        file.fault(at, what, remedy);
    }
}

fn start<T>(given: Option<&Spanned<T>>) -> Option<usize> {
    given.map(|given| given.span().start)
}

/// `text` as the `aud` of tokens for a server with a URL of its own; or what is wrong and what to
/// write. A user name is not repeated: a password may follow it.
fn judge(text: &str, ours: &Issuer) -> Result<Url, (&'static str, String)> {
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
        return Err(("is at our own public URL", remedy));
    }
    // A guard compares bytes, and clients send what a URL parser made of it.
    let rootless = url.as_str().strip_suffix('/').filter(|_| url.path() == "/");
    if text != url.as_str() && Some(text) != rootless {
        return Err(("is not in the spelling of URLs", format!("write {url}")));
    }
    Ok(url)
}

const EXAMPLE: &str = "write scheme, host and path alone, such as https://tools.example.com/mcp";
