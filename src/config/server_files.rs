//! The files of `servers/` together: no two at one URL.

use crate::engine::policy::ServerSettings;

use super::{
    fault::Fault,
    files::NamedFile,
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
