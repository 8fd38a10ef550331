//! What is allowed and yet worth saying.

use super::*;

#[test]
fn what_is_allowed_and_odd_is_said_aloud() {
    let folder = shipped();
    let path = folder.path().join("servers/demo.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("unlisted", "auth = \"none\"\nunlisted")).unwrap();
    let config = load_with(&folder, &[("COUNTERSIGN_LISTEN", "localhost:9999")]).unwrap();
    let places: Vec<_> = config.notes.iter().map(|note| note.place.as_str()).collect();
    assert_eq!(places, ["COUNTERSIGN_PUBLIC_URL", "servers/demo.toml"]);
    let open = [&AUTH0[..], &[PUBLIC[2]]].concat();
    assert_eq!(load_with(&shipped(), &open).unwrap().notes[0].place, "COUNTERSIGN_LISTEN");
}

#[test]
fn a_proxy_that_everybody_would_hide_behind_is_said_aloud() {
    let places = |variables: &[(&str, &str)]| -> Vec<String> {
        let variables = [&PUBLIC[..2], &AUTH0, variables].concat();
        let notes = load_with(&shipped(), &variables).unwrap().notes;
        notes.into_iter().map(|note| note.place).collect()
    };
    let proxies = "COUNTERSIGN_TRUSTED_PROXIES";
    let off = [("COUNTERSIGN_ADDRESS_LIMIT", "off"), ("COUNTERSIGN_REGISTRATION_LIMIT", "off")];
    assert_eq!(places(&[]), [proxies]);
    assert_eq!(places(&off[..1]), [proxies]);
    assert!(places(&off).is_empty() && places(&[(proxies, "127.0.0.1")]).is_empty());
    assert!(places(&[("COUNTERSIGN_LISTEN", "0.0.0.0:8000")]).is_empty());
}

#[test]
#[cfg(unix)]
fn a_data_folder_that_others_can_write_to_is_said_aloud() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = shipped();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    for (mode, noted) in [(0o700, 0), (0o755, 0), (0o775, 1), (0o702, 1)] {
        fs::set_permissions(&data, fs::Permissions::from_mode(mode)).unwrap();
        let notes = load_with(&folder, &[]).unwrap().notes;
        assert_eq!(notes.len(), noted, "{mode:o} {notes:?}");
        assert!(notes.iter().all(|note| note.place == "data/" && note.remedy == "chmod 700 data"));
    }
}

#[test]
fn a_scope_that_nobody_can_have_is_said_aloud() {
    let folder = shipped();
    let path = folder.path().join("servers/notes.toml");
    let text = r#"
path = "/notes"
name = "Notes"
upstream = "http://127.0.0.1:9000/mcp"
[[scope]]
name = "see"
says = "See your notes"
[[scope]]
name = "write"
says = "Change your notes"
"#;
    let notes = |text: &str| {
        fs::write(&path, text).unwrap();
        load_with(&folder, &[("COUNTERSIGN_SERVERS", "notes")]).unwrap().notes
    };
    let said = notes(&format!("{text}implies = [\"see\"]\n"));
    assert!(said.is_empty(), "what a granted scope implies is granted: {said:?}");
    let notes = notes(text);
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].place, "servers/notes.toml");
    assert!(notes[0].what.ends_with("gives: see"), "{}", notes[0].what);
}
