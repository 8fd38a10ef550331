//! `countersign check`, and what other commands say of a bad configuration.

use std::fs;

use super::Folder;

#[test]
fn the_shipped_files_are_good_and_nothing_is_made() {
    let folder = Folder::shipped();
    let told = folder.run(&["check"]);
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    assert!(!folder.path().join("data").exists());
    insta::assert_snapshot!(told.out, @r#"
    The configuration is good

      Public URL  http://localhost:8000
      Listening   localhost:8000
      Database    data/countersign.db
      Master key  data/master.key (made at the first start)
      Tokens      ES256, 60 min

      Provider  Issuer                 Allow rules  Grant rules  Examples that hold
      dev       http://localhost:8001  0            2            3

      Server  URL                        Scopes  Tool rules  Examples that hold
      demo    http://localhost:8000/mcp  3       6           8
    "#);
}

#[test]
fn a_good_configuration_comes_as_json() {
    let told = Folder::shipped().run(&["check", "--json"]).json();
    assert_eq!((&told["good"], &told["faults"]), (&true.into(), &serde_json::json!([])));
    assert_eq!(told["providers"][0]["id"], "dev");
    assert_eq!(told["servers"][0]["url"], "http://localhost:8000/mcp");
    assert_eq!(told["servers"][0]["scopes"], serde_json::json!(["admin", "read", "write"]));
}

fn bad() -> Folder {
    let folder = Folder::shipped()
        .with("COUNTERSIGN_PUBLIC_URL", "http://auth.example.com/")
        .with("COUNTERSIGN_PUBLIK_URL", "x")
        .with("COUNTERSIGN_PROVIDERS", "dev,oidc");
    folder.write(".env", "COUNTERSIGN_ACCESS_TTL=soon\noops\n");
    let demo = fs::read_to_string(folder.path().join("servers/demo.toml")).unwrap();
    folder.write("servers/demo.toml", &demo.replace("gives  = \"allowed\"", "gives  = \"denied\""));
    folder
}

#[test]
fn every_fault_is_told_at_once_with_place_and_remedy() {
    let told = bad().run(&["check"]);
    assert_eq!(told.code, 2);
    for part in [
        "COUNTERSIGN_PUBLIC_URL: ",
        "COUNTERSIGN_PUBLIK_URL: is not a variable",
        "→ did you mean COUNTERSIGN_PUBLIC_URL?",
        "COUNTERSIGN_ACCESS_TTL (.env:1): \"soon\"",
        ".env:2: ",
        "providers/oidc.toml:7: the variable OIDC_ISSUER is not set",
        "servers/demo.toml:",
        "the example expects `denied`",
    ] {
        assert!(told.out.contains(part), "{part} is missing in {}", told.out);
    }
}

#[test]
fn faults_come_as_json_with_the_same_exit_code() {
    for command in
        [vec!["check", "--json"], vec!["serve", "--json"], vec!["client", "list", "--json"]]
    {
        let told = bad().run(&command);
        assert_eq!(told.code, 2, "{command:?}");
        let json = told.json();
        assert_eq!(json["good"], false);
        assert!(json["faults"].as_array().unwrap().len() > 6, "{}", told.out);
        assert!(json["faults"][0]["remedy"].is_string());
    }
}

#[test]
fn the_service_does_not_start_on_a_fault_and_makes_nothing() {
    let folder = bad();
    let told = folder.run(&["serve"]);
    assert_eq!((told.code, told.out.as_str()), (2, ""));
    assert!(told.err.contains("faults in the configuration"), "{}", told.err);
    assert!(!folder.path().join("data").exists());
}

#[test]
fn another_root_folder_is_read_whole() {
    let folder = Folder::shipped();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = folder.command();
    let command = command.current_dir(elsewhere.path()).arg("--root").arg(folder.path());
    assert!(command.arg("check").output().unwrap().status.success());
    let told = Folder::shipped().run(&["--root", "nowhere", "check"]);
    assert_eq!(told.code, 2);
    assert!(told.out.contains("providers"), "{}", told.out);
}

#[test]
fn a_secret_never_stands_in_a_fault() {
    let folder = Folder::shipped()
        .with("COUNTERSIGN_MASTER_KEY", "hush-hush-hush")
        .with("COUNTERSIGN_DATABASE_URL", "mysql://root:hush-hush-hush@db/x");
    let told = folder.run(&["check"]);
    assert_eq!(told.code, 2);
    assert!(!told.out.contains("hush"), "{}", told.out);
}
