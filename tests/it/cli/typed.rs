//! What is typed: help, versions, mistakes.

use super::Folder;

#[test]
fn help_teaches_by_examples() {
    let folder = Folder::shipped();
    for (command, example) in [
        (vec!["--help"], "countersign login"),
        (vec!["serve", "--help"], "countersign --root /etc/countersign serve"),
        (vec!["check", "--help"], "countersign check --json"),
        (vec!["explain", "--help"], "countersign explain --provider auth0 --claims ann.json"),
        (vec!["login", "--help"], "countersign login --url https://tools.example.com/mcp"),
        (vec!["client", "--help"], "countersign client remove desktop"),
        (vec!["user", "--help"], "countersign user disable usr_"),
        (vec!["token", "--help"], "countersign token create --server demo --user usr_"),
        (vec!["token", "create", "--help"], "countersign token create --server demo"),
        (vec!["token", "inspect", "--help"], "countersign token inspect < token.txt"),
    ] {
        let told = folder.run(&command);
        assert_eq!(told.code, 0, "{command:?}");
        assert!(told.out.contains("Examples:") && told.out.contains(example), "{}", told.out);
    }
}

#[test]
fn help_lists_every_variable_with_its_default() {
    let told = Folder::shipped().run(&["help", "environment"]);
    assert_eq!(told.code, 0);
    for variable in countersign::config::VARIABLES {
        assert!(told.out.contains(variable.name), "{}", variable.name);
    }
    assert!(told.out.contains("COUNTERSIGN_LISTEN = localhost:8000"), "{}", told.out);
}

#[test]
fn variables_come_as_json_without_their_values() {
    let folder = Folder::shipped().with("OAUTH_CLIENT_SECRET", "hush-hush-hush");
    let told = folder.run(&["--json", "environment"]);
    assert!(!told.out.contains("hush"));
    let listed = told.json();
    assert_eq!(listed[0]["name"], "COUNTERSIGN_PUBLIC_URL");
    assert_eq!(listed.as_array().unwrap().len(), countersign::config::VARIABLES.len());
}

#[test]
fn the_version_is_told() {
    let told = Folder::shipped().run(&["--version"]);
    assert_eq!(told.out.trim(), concat!("countersign ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn an_unknown_command_or_option_ends_with_2() {
    for typed in [vec!["nope"], vec!["check", "--nope"], vec!["explain"], vec!["client"]] {
        let told = Folder::shipped().run(&typed);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{typed:?}");
        assert!(told.err.contains("Usage:"), "{}", told.err);
    }
}

#[test]
fn output_that_is_no_terminal_has_no_colour() {
    let folder = Folder::shipped().with("COUNTERSIGN_PROVIDERS", "nope");
    let told = folder.run(&["check"]);
    assert!(!told.out.contains('\u{1b}') && !told.err.contains('\u{1b}'));
}
