//! A way in for the fuzz targets, and for nobody else: the text of one file, without the file.

use crate::{
    engine::policy::ServerSettings, protocol::issuer::Issuer, provider::settings::ProviderSettings,
};

use super::{Fault, Lookup, files::NamedFile, provider_files, server_file::Place, server_files};

/// What a file of `providers/` says, or every fault of it.
///
/// # Errors
/// The faults.
pub fn provider(
    text: &str,
    look: &Lookup,
    public_url: &Issuer,
) -> Result<ProviderSettings, Vec<Fault>> {
    let (mut all, faults) = provider_files::read(&[named("providers", text)], look, public_url);
    all.pop().filter(|_| faults.is_empty()).ok_or(faults)
}

/// What a file of `servers/` says, or every fault of it.
///
/// # Errors
/// The faults.
pub fn server(
    text: &str,
    look: &Lookup,
    public_url: &Issuer,
) -> Result<ServerSettings, Vec<Fault>> {
    let place = Place { public_url, loopback: public_url.is_loopback() };
    let (mut all, faults) = server_files::read(&[named("servers", text)], look, place);
    all.pop().filter(|_| faults.is_empty()).ok_or(faults)
}

fn named(folder: &str, text: &str) -> NamedFile {
    let (stem, name) = (STEM.to_owned(), format!("{folder}/{STEM}.toml"));
    NamedFile { stem, name, text: text.to_owned() }
}

const STEM: &str = "fuzzed";
