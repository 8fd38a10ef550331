//! The files of `servers/` together: no two at one path.

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
            let same = |other: &&ServerSettings| other.path == server.settings.path;
            if let Some(other) = all.iter().find(same) {
                let what = format!("servers/{}.toml has this path already", other.id);
                file.fault(server.path_at, what, "give each server a path of its own");
            }
            all.push(server.settings);
        }
        faults.extend(file.into_faults());
    }
    (all, faults)
}
