//! The files of `servers/` together: no two at one URL, and none that leads back to us.

use std::net::SocketAddr;

use url::{Host, Url};

use crate::{
    engine::policy::{ServerSettings, Upstream},
    protocol::issuer::is_loopback,
};

use super::{
    fault::Fault,
    files::NamedFile,
    listen::Listen,
    lookup::Lookup,
    server_file::{self, Place},
    toml_file::TomlFile,
};

/// Reads each file; the settings of the good ones, and every fault of the others.
pub(super) fn read(
    files: &[NamedFile],
    look: &Lookup,
    place: Place<'_>,
) -> (Vec<ServerSettings>, Vec<Fault>) {
    let (mut all, mut faults) = (Vec::<ServerSettings>::new(), Vec::new());
    for named in files {
        let mut file = TomlFile::parse(&named.name, &named.text, look);
        if let Some(server) = server_file::read(&mut file, &named.stem, place) {
            let url = server.settings.resource.as_str();
            let same = |other: &&ServerSettings| other.resource.is_named_by(url);
            if let Some(other) = all.iter().find(same) {
                let what = format!("servers/{}.toml stands at this URL already", other.id);
                file.fault(server.url_at, what, "give each server a URL of its own");
            }
            all.push(server.settings);
        }
        faults.extend(file.into_faults());
    }
    (all, faults)
}

/// Every server whose upstream is an address we listen on: each call would come back as the next.
pub(super) fn loops(servers: &[ServerSettings], listen: &Listen) -> Vec<Fault> {
    let ours = |url: &Url| listen.addresses.iter().any(|listen| leads_to(listen.address, url));
    let loops =
        |server: &&ServerSettings| matches!(&server.upstream, Upstream::Http(url) if ours(url));
    let fault = |server: &ServerSettings| {
        let what = "`upstream` leads back to us: we listen there ourselves";
        let remedy = "name the MCP server that stands behind us, or change COUNTERSIGN_LISTEN";
        Fault::new(format!("servers/{}.toml", server.id), what, remedy)
    };
    servers.iter().filter(loops).map(fault).collect()
}

/// All of this machine's loopback addresses are one, as they are for the public URL.
fn leads_to(ours: SocketAddr, url: &Url) -> bool {
    let here = ours.ip().is_loopback() || ours.ip().is_unspecified();
    let same = match url.host() {
        Some(Host::Ipv4(address)) => ours.ip() == address || address.is_unspecified() && here,
        Some(Host::Ipv6(address)) => ours.ip() == address || address.is_unspecified() && here,
        _ => false,
    };
    url.port_or_known_default() == Some(ours.port()) && (same || is_loopback(url) && here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_at_an_address_we_listen_on_leads_back_to_us() {
        let leads = |listen: &str, upstream: &str| {
            let (listen, url) = (Listen::parse(listen).unwrap(), Url::parse(upstream).unwrap());
            listen.addresses.iter().any(|listen| leads_to(listen.address, &url))
        };
        for (listen, upstream) in [
            ("localhost:8000", "http://127.0.0.1:8000/mcp"),
            ("127.0.0.1:8000", "http://localhost:8000/mcp"),
            ("0.0.0.0:8000", "http://127.0.0.1:8000/mcp"),
            ("[::]:8000", "http://0.0.0.0:8000/mcp"),
            ("10.0.0.5:80", "http://10.0.0.5/mcp"),
        ] {
            assert!(leads(listen, upstream), "{listen} {upstream}");
        }
        for (listen, upstream) in [
            ("localhost:8000", "http://127.0.0.1:9000/mcp"),
            ("0.0.0.0:8000", "http://10.0.0.5:8000/mcp"),
            ("10.0.0.5:8000", "http://127.0.0.1:8000/mcp"),
            ("10.0.0.5:8000", "http://tools.example:8000/mcp"),
        ] {
            assert!(!leads(listen, upstream), "{listen} {upstream}");
        }
    }
}
