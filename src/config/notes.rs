//! What is allowed and yet worth saying aloud at every start.

use std::path::Path;

use crate::{
    engine::policy::{Auth, ServerSettings, Upstream},
    protocol::scope::Scopes,
    provider::settings::ProviderSettings,
};

use super::{
    environment::{AddressLimits, Environment},
    fault::Fault,
};

/// The notes, in the shape of faults.
pub(super) fn notes(
    environment: &Environment,
    providers: &[ProviderSettings],
    servers: &[ServerSettings],
    root: &Path,
) -> Vec<Fault> {
    let open = servers.iter().filter(|server| server.auth == Auth::None);
    let open = open.map(|server| {
        let what = "asks for no token: whoever reaches it may call every tool";
        Fault::new(format!("servers/{}.toml", server.id), what, "auth = \"required\"")
    });
    let here = reachable(environment).into_iter().chain(other_port(environment));
    let here = here.chain(crowded(environment));
    let known = servers.iter().filter_map(known_tokens);
    let shut = servers.iter().filter_map(|server| nobodys(server, providers));
    here.chain(writable(&root.join("data"))).chain(open).chain(known).chain(shut).collect()
}

/// Whoever learns a static token is in, from anywhere, until somebody edits the file.
fn known_tokens(server: &ServerSettings) -> Option<Fault> {
    let users: Vec<_> = server.tokens.fixed.iter().map(|token| token.user.as_str()).collect();
    let what = format!(
        "takes static tokens that nobody signs in for and that never expire, as: {}",
        users.join(", ")
    );
    let remedy = "remove [[token]] where real people sign in; countersign token create makes tokens that end";
    let place = format!("servers/{}.toml", server.id);
    (!users.is_empty()).then(|| Fault::new(place, what, remedy))
}

/// A scope that no `[[grant]]` gives is on no consent page: whoever asks for it alone is refused, and
/// nothing else says why. The built-in server names more scopes than a provider needs to give.
fn nobodys(server: &ServerSettings, providers: &[ProviderSettings]) -> Option<Fault> {
    let rules = providers.iter().flat_map(|provider| &provider.grants);
    let given = rules.fold(Scopes::default(), |given, rule| given.union(&rule.scopes));
    let missing = server.scopes().difference(&server.expand(&given));
    let asks = server.auth == Auth::Required && !matches!(server.upstream, Upstream::Demo);
    let what = format!("defines scopes that no [[grant]] of a provider gives: {missing}");
    let remedy = "add them to a [[grant]] in providers/, or use the names that stand there";
    let place = format!("servers/{}.toml", server.id);
    (asks && !missing.is_empty()).then(|| Fault::new(place, what, remedy))
}

/// Who can write to the folder can put another master key or database in the place of ours.
#[cfg(unix)]
fn writable(data: &Path) -> Option<Fault> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(data).ok()?.permissions().mode() & 0o777;
    let what =
        format!("has mode {mode:03o}: other users can replace the master key and the database");
    (mode & 0o022 != 0).then(|| Fault::new("data/", what, "chmod 700 data"))
}

#[cfg(not(unix))]
const fn writable(_: &Path) -> Option<Fault> {
    None
}

/// Right in a container whose port is published to this machine alone.
fn reachable(environment: &Environment) -> Option<Fault> {
    let odd = environment.public_url.is_loopback() && !environment.listen.is_loopback();
    let what = "is not loopback, while the public URL is: other machines can connect";
    let remedy = "write localhost:PORT, or set COUNTERSIGN_PUBLIC_URL to what they connect to";
    odd.then(|| Fault::new("COUNTERSIGN_LISTEN", what, remedy))
}

/// Whoever comes in public comes by a proxy on this machine. One that says nothing about forwarding
/// cannot be helped; of any other, everybody behind it counts as one address.
fn crowded(environment: &Environment) -> Option<Fault> {
    let proxied = !environment.public_url.is_loopback() && environment.listen.is_loopback();
    let limited = environment.address_limits != AddressLimits::default();
    let odd = proxied && limited && environment.trusted_proxies.is_empty();
    let what = "is not set: everybody behind the proxy on this machine counts as one address";
    let remedy = "COUNTERSIGN_TRUSTED_PROXIES=127.0.0.1,::1";
    odd.then(|| Fault::new("COUNTERSIGN_TRUSTED_PROXIES", what, remedy))
}

/// Right behind a port mapping.
fn other_port(environment: &Environment) -> Option<Fault> {
    let url = url::Url::parse(environment.public_url.as_str()).ok()?;
    let (public, port) = (url.port_or_known_default()?, environment.listen.port());
    let odd = environment.public_url.is_loopback() && url.scheme() == "http" && port != public;
    let what = format!("names port {public}, and we listen on port {port}");
    let remedy =
        format!("set COUNTERSIGN_PUBLIC_URL to the port {port}, unless something maps them");
    odd.then(|| Fault::new("COUNTERSIGN_PUBLIC_URL", what, remedy))
}
