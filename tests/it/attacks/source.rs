//! The repository as it stands: its files, and the versions that it is built of.

use std::path::{Path, PathBuf};

/// Every file below a folder, but not what was built or installed.
pub(super) fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !["node_modules", "target", ".git"].contains(&name) {
                walk(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

/// The code of the service: every Rust file of `src/`, with its text.
pub(super) fn of_ours() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files.retain(|file| file.extension().is_some_and(|kind| kind == "rs"));
    assert!(files.len() > 200, "the whole of src/ is read");
    files.into_iter().map(|file| (file.clone(), std::fs::read_to_string(file).unwrap())).collect()
}

/// A package of `Cargo.lock`.
struct Locked {
    name: String,
    version: Vec<u64>,
    needs: Vec<String>,
}

fn locked() -> Vec<Locked> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let document: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let packages = document["package"].as_array().unwrap();
    let read = |package: &toml::Value| {
        let text = |name: &str| package[name].as_str().unwrap().to_owned();
        let plain = text("version");
        let plain = plain.split(['+', '-']).next().unwrap();
        let needs = package.get("dependencies").and_then(toml::Value::as_array);
        let first =
            |need: &toml::Value| need.as_str().unwrap().split(' ').next().unwrap().to_owned();
        Locked {
            name: text("name"),
            version: plain.split('.').map(|part| part.parse().unwrap()).collect(),
            needs: needs.into_iter().flatten().map(first).collect(),
        }
    };
    packages.iter().map(read).collect()
}

/// The packages that need this one.
pub(super) fn users_of(name: &str) -> Vec<String> {
    let users = locked().into_iter().filter(|it| it.needs.iter().any(|need| need == name));
    users.map(|it| it.name).collect()
}

/// Fails when a version of this package is older than the one in which its faults were mended.
pub(super) fn is_at_least(name: &str, mended: [u64; 3]) {
    let found: Vec<_> = locked().into_iter().filter(|it| it.name == name).collect();
    assert!(!found.is_empty(), "{name} is not used any more; its row needs another test");
    for it in found {
        assert!(it.version[..] >= mended[..], "{name} {:?} is older than {mended:?}", it.version);
    }
}

/// Whether this package is among those that the program is built of.
pub(super) fn is_used(name: &str) -> bool {
    locked().iter().any(|it| it.name == name)
}
