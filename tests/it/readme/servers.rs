//! The reference of server files, held against what a file may say.

use super::{configured, marked, read, shipped};
use countersign::config::{Lookup, load};
use std::fs;

const REFERENCE: &str = "docs/servers.md";

#[test]
fn the_whole_file_is_a_good_one() {
    let text = marked(&read(REFERENCE), "server file").next().unwrap();
    let folder = shipped();
    fs::write(folder.path().join("servers/tools.toml"), text).unwrap();
    let config = configured(folder.path(), &[("COUNTERSIGN_SERVERS", "tools")]);
    assert_eq!(config.servers[0].examples.len(), 4);
}

/// The keys that a fault names as known, where `text` has the unknown key `zzzz`.
fn known(text: &str) -> Vec<String> {
    let folder = shipped();
    let file = format!("name = \"T\"\npath = \"/t\"\nupstream = \"demo\"\n{text}\n");
    fs::write(folder.path().join("servers/tools.toml"), file).unwrap();
    let look = Lookup::new([("COUNTERSIGN_SERVERS", "tools")]);
    let faults = load(&look, folder.path()).unwrap_err();
    let told = faults.iter().find_map(|fault| fault.remedy.strip_prefix("known here: "));
    told.unwrap_or_else(|| panic!("{faults:?}")).split(", ").map(str::to_owned).collect()
}

#[test]
fn it_has_every_key_and_every_word_there_is() {
    let reference = read(REFERENCE);
    for text in [
        "zzzz = 1",
        "auth = \"zzzz\"",
        "unlisted = \"zzzz\"",
        "identity = \"zzzz\"",
        "limit = { zzzz = 1 }",
        "timeouts = { zzzz = 1 }",
        "processes = { zzzz = 1 }",
        "[[scope]]\nzzzz = 1",
        "[[tool]]\nzzzz = 1",
        "[[tool]]\nname = \"t\"\nneeds = []\nwho = { zzzz = 1 }",
        "[[example]]\nzzzz = 1",
        "[[example]]\ncaller = { zzzz = 1 }",
        "[[example]]\ngives = \"zzzz\"",
    ] {
        for word in known(text) {
            let tables = ["scope", "token", "tool", "method", "example"].contains(&word.as_str());
            let said = [format!("`{word}`"), format!("`\"{word}\"`"), format!("{word} = ")];
            let told = said.iter().any(|said| reference.contains(said));
            let table = tables && reference.contains(&format!("`[[{word}]]`"));
            assert!(told || table, "{word}");
        }
    }
}
