//! The folders `providers/` and `servers/`: which files are asked for, and their texts.

use std::{fs, io, path::Path};

use super::fault::{Fault, nearest};

/// A file that was asked for.
pub(super) struct NamedFile {
    /// Its stem, the id of what it describes.
    pub(super) stem: String,
    /// How faults call it, such as `servers/demo.toml`.
    pub(super) name: String,
    /// Its text.
    pub(super) text: String,
}

/// Reads `FOLDER/STEM.toml` for each stem; `variable` is where the stems came from.
pub(super) fn read(
    root: &Path,
    folder: &str,
    stems: &[String],
    variable: &str,
) -> (Vec<NamedFile>, Vec<Fault>) {
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for stem in stems {
        let name = format!("{folder}/{stem}.toml");
        match fs::read_to_string(root.join(&name)) {
            Ok(text) => files.push(NamedFile { stem: stem.clone(), name, text }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let remedy = alternatives(&root.join(folder), stem);
                faults.push(Fault::new(
                    variable,
                    format!("names {name}, which is not there"),
                    remedy,
                ));
            }
            Err(error) => {
                let remedy = "make it a UTF-8 text file that this user may read";
                faults.push(Fault::new(name, format!("cannot be read: {error}"), remedy));
            }
        }
    }
    (files, faults)
}

fn alternatives(folder: &Path, stem: &str) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let stem_of = |path: &Path| Some(path.file_stem()?.to_str()?.to_owned());
    let paths = entries.map(|entry| entry.path());
    let toml = paths.filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let mut stems: Vec<String> = toml.filter_map(|path| stem_of(&path)).collect();
    stems.sort();
    match nearest(stem, stems.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None if stems.is_empty() => format!("make it; {} has no TOML file", folder.display()),
        None => format!("make it, or name one of: {}", stems.join(", ")),
    }
}
