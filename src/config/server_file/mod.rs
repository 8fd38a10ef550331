//! A file of `servers/`: what is guarded.

mod checks;
mod stand;
mod stdio;
mod table;

use crate::{
    engine::policy::{Entry, Policy, PolicyFault, ScopeRule, ServerSettings, ToolRule, Unlisted},
    protocol::{id::ServerId, issuer::Issuer},
};

use self::{stand::Stand, table::ServerFile};
use super::toml_file::TomlFile;

/// What a server file is read against.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// Our public URL.
    pub(super) public_url: &'a Issuer,
    /// Whether only this machine can reach us: by the URL and by every listener.
    pub(super) loopback: bool,
}

/// A server read from its file.
pub(super) struct Server {
    pub(super) settings: ServerSettings,
    /// The byte of the file at which it says its URL.
    pub(super) url_at: usize,
}

/// Reads one file; the faults stay with `file`.
pub(super) fn read(file: &mut TomlFile<'_>, id: &str, place: Place<'_>) -> Option<Server> {
    let raw: ServerFile = file.read()?;
    checks::words(file, &raw);
    let stand = stand::read(file, &raw, place.public_url);
    let auth = checks::auth(file, raw.auth.as_ref(), place);
    let limit = checks::limit(file, raw.limit.as_ref());
    let policy = policy(file, &raw)?;
    let examples: Vec<_> = raw.example.iter().map(|table| table.get_ref().into()).collect();
    for fault in policy.broken_examples(&examples) {
        tell(file, &raw, fault);
    }
    let Stand { url_at, upstream, resource } = stand?;
    let (id, name) = (ServerId::new(id), raw.name.get_ref().clone());
    let settings = ServerSettings { id, name, upstream, auth, limit, resource, policy, examples };
    Some(Server { settings, url_at })
}

fn policy(file: &mut TomlFile<'_>, raw: &ServerFile) -> Option<Policy> {
    let scopes = raw.scope.iter().map(|table| ScopeRule::from(table.get_ref())).collect();
    let tools = raw.tool.iter().map(|table| ToolRule::from(table.get_ref())).collect();
    let unlisted = raw.unlisted.as_ref().map_or(Unlisted::Allow, |word| (*word.get_ref()).into());
    match Policy::new(scopes, tools, unlisted) {
        Ok(policy) => Some(policy),
        Err(faults) => {
            for fault in faults {
                tell(file, raw, fault);
            }
            None
        }
    }
}

/// Puts a fault of the rules at the line of its entry.
fn tell(file: &mut TomlFile<'_>, raw: &ServerFile, fault: PolicyFault) {
    let span = match fault.entry {
        Entry::Scope(at) => raw.scope.get(at).map(toml::Spanned::span),
        Entry::Tool(at) => raw.tool.get(at).map(toml::Spanned::span),
        Entry::Example(at) => raw.example.get(at).map(toml::Spanned::span),
    };
    file.fault(span.map_or(0, |span| span.start), fault.what, fault.remedy);
}

#[cfg(test)]
mod tests;
