//! What the documents say, held against the program: variables, files, commands, and every block that
//! is marked by a comment before it.

pub(crate) mod blocks;
mod said;
mod servers;

use std::{fs, path::Path, process::Command};

use countersign::{
    config::{Config, Lookup, VARIABLES, load},
    engine::policy::Upstream,
    protocol::access::AccessClaims,
};
use tempfile::TempDir;

use self::{
    blocks::{blocks, marked},
    said::{Said, anchors, commands, headings, links, paths, variables},
};

#[test]
fn every_variable_it_names_exists() {
    let known = |name: &str| {
        let secret = |name: &str| VARIABLES.iter().any(|it| it.name == name && it.secret);
        VARIABLES.iter().any(|it| it.name == name) || name.strip_suffix("_FILE").is_some_and(secret)
    };
    for (document, text) in documents() {
        for name in variables(&text) {
            assert!(known(&name), "{document}: {name}");
        }
    }
    assert!(variables(&read("README.md")).len() > 10);
}

#[test]
fn every_file_it_names_exists() {
    let top = top();
    for (document, text) in documents() {
        let here = top.join(&document).parent().unwrap().to_owned();
        for link in links(&text) {
            assert!(here.join(&link).exists(), "{document} links to {link}");
        }
        for path in paths(&text).iter().filter(|path| *path != TO_BE_MADE) {
            assert!(top.join(path).exists(), "{document} names {path}");
        }
    }
}

#[test]
fn every_section_it_points_to_exists() {
    let readme = headings(&read("README.md"));
    for (document, text) in documents() {
        for anchor in anchors(&text) {
            assert!(readme.contains(&anchor), "{document} points to #{anchor}");
        }
    }
}

#[test]
fn every_command_and_option_it_names_exists() {
    let all = commands(&(read("README.md") + &read("docs/tokens.md")));
    assert!(all.len() > 5, "{all:?}");
    for Said { words, options } in all {
        let (told, known) = run(top(), &words, &["--help"]);
        assert!(known, "{words:?}");
        for option in options {
            assert!(told.contains(&option), "{words:?}: {option}");
        }
    }
}

#[test]
fn every_env_block_is_enough_to_start_with() {
    let readme = read("README.md");
    let all: Vec<_> = marked(&readme, "env").collect();
    assert_eq!(all.len(), 5);
    for text in all {
        let folder = shipped();
        fs::write(folder.path().join(".env"), &text).unwrap();
        let config = configured(folder.path(), &[]);
        assert_eq!(config.providers.len(), 1, "{text}");
    }
}

#[test]
fn the_provider_rules_hold_their_own_examples() {
    let rules = marked(&read("README.md"), "provider rules").next().unwrap();
    let head = "kind = \"oidc\"\nissuer = \"https://id.example.com\"\nclient = { id = \"x\" }\n";
    let folder = shipped();
    fs::write(folder.path().join("providers/readme.toml"), format!("{head}{rules}")).unwrap();
    let config = configured(folder.path(), &[("COUNTERSIGN_PROVIDERS", "readme")]);
    assert_eq!(config.providers[0].examples.len(), 2);
}

#[test]
fn the_table_of_conditions_is_one_that_rules_may_have() {
    let readme = read("README.md");
    let cells = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split("` |").next());
    let conditions: Vec<_> = cells.filter(|cell| cell.contains(" = ")).collect();
    assert_eq!(conditions.len(), 7);
    let head = "kind = \"oidc\"\nissuer = \"https://id.example.com\"\nclient = { id = \"x\" }\n";
    let grant = |when: &str| format!("[[grant]]\nscopes = [\"read\"]\nwhen = {{ {when} }}\n");
    let rules: String = conditions.into_iter().map(grant).collect();
    let folder = shipped();
    fs::write(folder.path().join("providers/readme.toml"), format!("{head}{rules}")).unwrap();
    configured(folder.path(), &[("COUNTERSIGN_PROVIDERS", "readme")]);
}

#[test]
fn the_server_file_is_a_good_one() {
    let text = marked(&read("README.md"), "server file").next().unwrap();
    let folder = shipped();
    fs::write(folder.path().join(TO_BE_MADE), text).unwrap();
    let config = configured(folder.path(), &[("COUNTERSIGN_SERVERS", "demo,notes")]);
    assert_eq!(config.servers.len(), 2);
}

#[test]
fn the_server_behind_the_gateway_is_a_good_one() {
    let text = marked(&read("README.md"), "gateway").next().unwrap();
    let folder = shipped();
    fs::write(folder.path().join(TO_BE_MADE), text).unwrap();
    let config = configured(folder.path(), &[("COUNTERSIGN_SERVERS", "demo,notes")]);
    assert!(matches!(config.servers[1].upstream, Upstream::Http(_)));
}

#[test]
fn the_program_is_one_that_can_be_started() {
    let text = marked(&read("README.md"), "program").next().unwrap();
    let folder = shipped();
    fs::write(folder.path().join(TO_BE_MADE), text).unwrap();
    let config = configured(folder.path(), &[("COUNTERSIGN_SERVERS", "demo,files,notes")]);
    let program = |at: usize| match &config.servers[at].upstream {
        Upstream::Stdio(command) => command.program.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((program(1), program(2)), ("npx".to_owned(), "npx".to_owned()));
}

#[test]
fn the_server_files_of_the_page_about_tokens_are_good_ones() {
    let page = read("docs/tokens.md");
    let all: Vec<_> = marked(&page, "server file").collect();
    assert_eq!(all.len(), 2);
    for text in all {
        let folder = shipped();
        fs::write(folder.path().join(TO_BE_MADE), text).unwrap();
        let secret = ("NOTES_SECRET", "0123456789abcdef0123456789abcdef");
        let config = configured(folder.path(), &[("COUNTERSIGN_SERVERS", "demo,notes"), secret]);
        assert_ne!(config.servers[1].tokens, config.servers[0].tokens);
    }
}

#[test]
fn the_explanation_is_what_the_program_prints() {
    let readme = read("README.md");
    let folder = shipped();
    let claims = marked(&readme, "claims").next().unwrap();
    fs::write(folder.path().join("alice.json"), claims).unwrap();
    let asked =
        "`countersign explain --provider dev --claims alice.json --server demo --scope read`";
    assert!(readme.contains(asked));
    let words: Vec<_> = asked.trim_matches('`').split(' ').skip(1).map(str::to_owned).collect();
    let (printed, _) = run(folder.path(), &words, &[]);
    let trimmed: Vec<_> = printed.lines().map(str::trim_end).collect();
    let told = marked(&readme, "explanation").next().unwrap();
    assert_eq!(trimmed.join("\n").trim_end(), told.trim_end());
}

#[test]
fn the_access_token_has_the_claims_of_ours_and_no_other() {
    let text = marked(&read("README.md"), "access token").next().unwrap();
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let claims: AccessClaims = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(&claims).unwrap(), told);
}

#[test]
fn the_rust_it_shows_stands_in_the_example() {
    let example = read("examples/guarded_server.rs");
    let readme = read("README.md");
    let shown: Vec<_> = blocks(&readme).filter(|block| block.language == "rust").collect();
    assert_eq!(shown.len(), 2);
    for block in shown {
        assert!(example.contains(&block.text), "{}", block.text);
    }
}

fn documents() -> impl Iterator<Item = (String, String)> {
    let names = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned);
    let names = names.into_iter().chain(pages("docs")).chain(pages("docs/protect"));
    names.map(|name| (name.clone(), read(&name)))
}

fn pages(folder: &str) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(top().join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages = names.filter(|name| Path::new(name).extension().is_some_and(|end| end == "md"));
    pages.map(move |name| format!("{folder}/{name}"))
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(top().join(name)).unwrap()
}

/// A folder with the shipped files.
pub(crate) fn shipped() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["providers", "servers"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        for entry in fs::read_dir(top().join(name)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(name).join(entry.file_name())).unwrap();
        }
    }
    folder
}

pub(crate) fn configured(root: &Path, variables: &[(&str, &str)]) -> Config {
    let look = Lookup::new(variables.iter().copied()).with_dotenv(&root.join(".env"));
    load(&look, root).unwrap()
}

/// What the program prints, and whether it ends well.
fn run(root: &Path, words: &[String], more: &[&str]) -> (String, bool) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_countersign"));
    let ended = program.args(words).args(more).current_dir(root).env_clear().output().unwrap();
    (String::from_utf8(ended.stdout).unwrap(), ended.status.success())
}

/// The file that the README asks its reader to write.
const TO_BE_MADE: &str = "servers/notes.toml";
