//! `countersign client`.

use super::{Ended, Folder};

const APP: &str = "https://app.example/cb";

fn add(folder: &Folder, more: &[&str]) -> Ended {
    let mut arguments = vec!["--json", "client", "add", "--name", "My App", "--redirect", APP];
    arguments.extend(more);
    folder.run(&arguments)
}

#[test]
fn a_public_client_is_added_listed_shown_and_removed() {
    let folder = Folder::shipped();
    let added = add(&folder, &["--id", "my.app-1"]);
    assert_eq!(added.code, 0, "{}", added.err);
    assert!(added.json().get("client_secret").is_none());
    let listed = folder.run(&["client", "list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let shown = folder.run(&["client", "show", "my.app-1", "--json"]).json();
    assert_eq!(shown["redirect_uris"], serde_json::json!([APP]));
    assert_eq!(
        (&shown["auth_methods"][0], &shown["refresh_tokens"]),
        (&"none".into(), &true.into())
    );
    assert_eq!(folder.run(&["client", "remove", "my.app-1"]).code, 0);
    assert_eq!(folder.run(&["client", "show", "my.app-1"]).code, 1);
    assert_eq!(folder.run(&["client", "remove", "my.app-1"]).code, 1);
}

#[test]
fn a_secret_is_shown_once_and_kept_as_a_digest() {
    let folder = Folder::shipped();
    for (asked, method) in [("basic", "client_secret_basic"), ("post", "client_secret_post")] {
        let added = add(&folder, &["--confidential", asked, "--no-refresh"]).json();
        let secret = added["client_secret"].as_str().unwrap();
        assert!(secret.starts_with("cs_cs_") && secret.len() == 49);
        assert_eq!(
            (&added["auth_methods"][0], &added["refresh_tokens"]),
            (&method.into(), &false.into())
        );
        let id = added["client_id"].as_str().unwrap();
        assert!(id.starts_with("app_"));
        for again in [vec!["client", "show", id], vec!["client", "list", "--json"]] {
            assert!(!folder.run(&again).out.contains(secret));
        }
        let kept = std::fs::read(folder.path().join("data/countersign.db")).unwrap();
        assert!(!kept.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()));
    }
}

#[test]
fn what_cannot_be_registered_ends_with_2_and_a_reason() {
    let folder = Folder::shipped();
    let name = ["client", "add", "--name"];
    for (rest, why) in [
        (vec!["x", "--redirect", "http://evil.example/cb"], "must be https"),
        (vec!["x", "--redirect", "https://a.example/*"], "wildcard"),
        (vec!["x", "--redirect", APP, "--id", "a b"], "--id: 2 to 256"),
        (vec!["x", "--redirect", APP, "--id", "https://a.example"], "--id: 2 to 256"),
        (vec!["x", "--redirect", APP, "--id", "a"], "--id: 2 to 256"),
        (vec![" ", "--redirect", APP], "--name: 1 to 200"),
        (vec!["a\u{1b}b", "--redirect", APP], "--name: 1 to 200"),
        (vec!["x"], "--redirect"),
        (vec!["x", "--redirect", APP, "--confidential", "jwt"], "possible values: basic, post"),
    ] {
        let told = folder.run(&[&name[..], &rest].concat());
        assert_eq!(told.code, 2, "{rest:?}");
        assert!(told.err.contains(why), "{}", told.err);
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn an_id_is_given_once() {
    let folder = Folder::shipped();
    assert_eq!(add(&folder, &["--id", "one"]).code, 0);
    let again = add(&folder, &["--id", "one", "--confidential", "basic"]);
    assert_eq!(again.code, 2);
    assert!(again.out.contains("already"));
}

#[test]
fn the_client_of_the_environment_is_listed_and_not_removed() {
    let folder = Folder::shipped()
        .with("OAUTH_CLIENT_ID", "desk")
        .with("OAUTH_CLIENT_SECRET", "hush-hush-hush")
        .with("OAUTH_REDIRECT_URI", "http://127.0.0.1/cb");
    let listed = folder.run(&["client", "list"]);
    assert!(listed.out.contains("in the environment") && !listed.out.contains("hush"));
    let told = folder.run(&["client", "remove", "desk"]);
    assert_eq!(told.code, 2);
    assert!(told.err.contains("OAUTH_CLIENT_ID"));
    assert_eq!(add(&folder, &["--id", "desk"]).code, 2);
}

#[test]
fn looking_makes_no_database_and_memory_cannot_be_looked_into() {
    let folder = Folder::shipped();
    let listed = folder.run(&["client", "list"]);
    assert!(listed.code == 0 && listed.out.contains("no clients yet"));
    assert!(!folder.path().join("data").exists());
    let missing = "data/countersign.db is not there yet: the service makes it when it first starts";
    assert!(listed.err.trim_end().ends_with(missing), "{}", listed.err);
    let memory = Folder::shipped().with("COUNTERSIGN_DATABASE_URL", "sqlite::memory:");
    let told = add(&memory, &[]);
    assert!(told.code == 2 && told.out.contains("only the running service"), "{}", told.out);
    let told = memory.run(&["user", "list"]);
    assert!(told.code == 0 && told.err.contains("only the running service"), "{}", told.err);
}
