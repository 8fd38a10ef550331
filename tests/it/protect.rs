//! `docs/protect`: the code it shows is the code of the examples, which the end-to-end tests run, and its
//! server files are the shipped ones.

use std::{collections::BTreeSet, fs, path::Path};

use crate::readme::{
    blocks::{Block, blocks},
    configured, shipped,
};

#[test]
fn the_code_it_shows_is_the_code_that_the_tests_run() {
    let mut shown = BTreeSet::new();
    for page in pages() {
        for Block { mark, text, .. } in blocks(&page) {
            let Some((_, file)) = mark.as_deref().and_then(|mark| mark.split_once("file: ")) else {
                continue;
            };
            assert_eq!(text, read(file), "{file}");
            shown.insert(file.to_owned());
        }
    }
    assert_eq!(shown, examples());
}

#[test]
fn its_server_files_are_good_ones_and_their_examples_hold() {
    let folder = shipped();
    let config = configured(folder.path(), &[("COUNTERSIGN_SERVERS", "demo,greeter,guarded")]);
    let examples: Vec<_> = config.servers.iter().map(|server| server.examples.len()).collect();
    assert_eq!(examples.len(), 3);
    assert!(examples.into_iter().all(|count| count > 0));
}

/// Every server we show, and the files by which Countersign knows them.
fn examples() -> BTreeSet<String> {
    let code = ["examples", "examples/servers/python", "examples/servers/typescript"];
    let sources = code.into_iter().flat_map(files).filter(|file| {
        [".py", ".ts", ".rs"].into_iter().any(|extension| file.ends_with(extension))
    });
    let servers = ["servers/greeter.toml", "servers/guarded.toml"].map(str::to_owned);
    sources.chain(servers).collect()
}

fn pages() -> impl Iterator<Item = String> {
    files("docs/protect").into_iter().map(|file| read(&file))
}

fn files(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(top().join(folder)).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    files.map(|file| format!("{folder}/{}", file.file_name().to_string_lossy())).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(top().join(name)).unwrap()
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
