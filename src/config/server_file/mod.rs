//! A file of `servers/`: what is guarded.

mod behind;
mod checks;
mod rules;
mod stand;
mod stdio;
mod table;
mod tokens;
mod upstream;

use crate::{
    engine::policy::ServerSettings,
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
    let behind = behind::read(file, &raw, stand.as_ref().map(|stand| &stand.upstream));
    let (policy, examples) = rules::read(file, &raw)?;
    let tokens = tokens::read(file, &raw, &policy.scopes());
    let Stand { url_at, upstream, resource } = stand?;
    let (id, name) = (ServerId::new(id), raw.name.get_ref().clone());
    let settings = ServerSettings {
        id,
        name,
        upstream,
        auth,
        limit,
        resource,
        tokens,
        behind,
        policy,
        examples,
    };
    Some(Server { settings, url_at })
}

#[cfg(test)]
mod tests;
