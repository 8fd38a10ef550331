mod behind;
mod rules;
mod stand;

use super::*;
use crate::{
    config::lookup::Lookup,
    engine::policy::{Auth, ExampleCaller, Operation, Upstream, Verdict},
    protocol::scope::Scopes,
};

const GOOD: &str = r#"path = "/mcp"
name = "Tools"
upstream = "demo"
"#;

fn faults_at(text: &str, loopback: bool) -> Vec<(usize, String)> {
    let url = if loopback { "http://localhost:8000" } else { "https://a.example" };
    let public_url = Issuer::parse(url).unwrap();
    let mut file = TomlFile::parse("servers/x.toml", text, &Lookup::default());
    let _ = read(&mut file, "x", Place { public_url: &public_url, loopback });
    let line = |place: &str| place.rsplit(':').next().unwrap().parse().unwrap();
    file.into_faults().into_iter().map(|f| (line(&f.place), f.what)).collect()
}

/// What is read of a file without a fault, on this machine.
fn good(text: &str) -> ServerSettings {
    let public_url = Issuer::parse("http://localhost:8000").unwrap();
    let mut file = TomlFile::parse("x", text, &Lookup::default());
    let server = read(&mut file, "x", Place { public_url: &public_url, loopback: true });
    assert_eq!(file.into_faults(), []);
    server.unwrap().settings
}

fn lines(text: &str) -> Vec<usize> {
    faults_at(text, true).into_iter().map(|(line, _)| line).collect()
}

#[test]
fn the_demo_file_is_good_in_public_and_says_what_its_tools_need() {
    let public_url = Issuer::parse("https://a.example").unwrap();
    let text = include_str!("../../../../servers/demo.toml");
    let mut file = TomlFile::parse("servers/demo.toml", text, &Lookup::default());
    let place = Place { public_url: &public_url, loopback: false };
    let server = read(&mut file, "demo", place).unwrap().settings;
    assert_eq!(file.into_faults(), []);
    assert_eq!(server.resource.as_str(), "https://a.example/mcp");
    let verdict = |tool, scopes| {
        let caller = ExampleCaller::with(Scopes::parse(scopes).unwrap());
        server.verdict(Operation::Tool(tool), Some(&caller.asker()))
    };
    for tool in ["whoami", "user_profile", "public_tool"] {
        assert_eq!(verdict(tool, ""), Verdict::Allowed, "{tool}");
    }
    assert_eq!(verdict("secure_operation", "admin"), Verdict::Allowed);
    assert_eq!(verdict("read_data", "admin"), Verdict::Allowed);
    let needs = Scopes::parse("read").unwrap();
    assert_eq!(verdict("read_data", ""), Verdict::InsufficientScope { needs });
}

#[test]
fn a_server_here_needs_a_path_and_an_upstream() {
    let faults = faults_at("name = \"Tools\"\n", true);
    let faults: Vec<_> = faults.iter().map(|(line, what)| (*line, what.as_str())).collect();
    assert_eq!(faults, [(1, "`path` is missing"), (1, "`upstream` is missing")]);
}

#[test]
fn paths_of_ours_and_paths_that_are_none_are_refused() {
    for path in [
        "/token",
        "/callback/x",
        "/.well-known/x",
        "/",
        "",
        "mcp",
        "/mcp/",
        "/a//b",
        "/../x",
        "/a?b",
        "/a b",
        "/%74oken",
        "/a/.",
        "//evil.example",
    ] {
        assert_eq!(lines(&GOOD.replace("/mcp", path)), [1], "{path}");
    }
    assert_eq!(lines(&GOOD.replace("/mcp", "/tokens/v1")), [0_usize; 0]);
}

#[test]
fn no_token_is_accepted_on_this_machine_only() {
    let text = format!("{GOOD}auth = \"none\"\n");
    assert_eq!(faults_at(&text, true), []);
    assert_eq!(faults_at(&text, false)[0].0, 4);
    assert_eq!(good(&text).auth, Auth::None);
}

#[test]
fn words_for_people_and_reserved_scopes_are_checked() {
    let text = format!("{GOOD}[[scope]]\nname = \"openid\"\nsays = \" \"\n").replace("Tools", "");
    assert_eq!(lines(&text), [2, 4, 4]);
}
