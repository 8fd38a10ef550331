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

fn lines(text: &str) -> Vec<usize> {
    faults_at(text, true).into_iter().map(|(line, _)| line).collect()
}

#[test]
fn the_demo_file_is_good_in_public_and_says_what_its_tools_need() {
    let public_url = Issuer::parse("https://a.example").unwrap();
    let text = include_str!("../../../servers/demo.toml");
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

fn elsewhere(resource: &str, public_url: &str) -> (Option<ServerSettings>, Vec<String>) {
    let text = format!("resource = \"{resource}\"\nname = \"Tools\"\n");
    let public_url = Issuer::parse(public_url).unwrap();
    let loopback = public_url.is_loopback();
    let mut file = TomlFile::parse("x", &text, &Lookup::default());
    let server = read(&mut file, "x", Place { public_url: &public_url, loopback });
    let faults = file.into_faults().into_iter().map(|f| format!("{} {}", f.what, f.remedy));
    (server.map(|server| server.settings), faults.collect())
}

#[test]
fn a_server_elsewhere_has_the_url_of_its_file_to_the_byte() {
    for resource in
        ["https://tools.example/mcp", "https://t.example", "https://t.example/", "https://[::1]/a/"]
    {
        let (server, faults) = elsewhere(resource, "https://a.example");
        assert_eq!(faults, [""; 0], "{resource}");
        let server = server.unwrap();
        assert_eq!((server.resource.as_str(), server.upstream), (resource, Upstream::Elsewhere));
    }
    for resource in ["http://127.0.0.1:9000/mcp", "http://localhost:1/mcp", "http://[::1]:9/"] {
        assert_eq!(elsewhere(resource, "http://localhost:8000").1, [""; 0], "{resource}");
    }
}

#[test]
fn a_url_that_is_no_server_elsewhere_is_refused() {
    for (resource, why) in [
        ("tools.example/mcp", "is not an https URL"),
        ("/mcp", "is not an https URL"),
        ("ftp://tools.example/mcp", "is not an https URL"),
        ("https://tools.example/mcp?a", "has a user name, a query or a fragment"),
        ("https://tools.example/mcp#", "has a user name, a query or a fragment"),
        ("https://u:hush@tools.example/mcp", "has a user name, a query or a fragment"),
        ("http://tools.example/mcp", "is plain http"),
        ("http://localhost:9000/mcp", "is plain http"),
        ("https://a.example/tools", "is at our own public URL"),
        ("https://A.example:443/tools", "is at our own public URL"),
        ("https://Tools.example/mcp", "write https://tools.example/mcp"),
        ("https://@tools.example/mcp", "write https://tools.example/mcp"),
        ("https://tools.example:443/x/../mcp", "write https://tools.example/mcp"),
        (" https://tools.example/mcp", "write https://tools.example/mcp"),
    ] {
        let (server, faults) = elsewhere(resource, "https://a.example");
        assert!(server.is_none() && faults.len() == 1, "{resource}: {faults:?}");
        assert!(faults[0].contains(why) && !faults[0].contains("hush"), "{faults:?}");
    }
    let (_, faults) = elsewhere("http://tools.example/mcp", "http://localhost:8000");
    assert!(faults[0].contains("is plain http"), "{faults:?}");
}

#[test]
fn what_only_we_could_keep_is_refused_for_a_server_elsewhere() {
    let text = format!(
        "{GOOD}resource = \"https://t.example/mcp\"\nauth = \"required\"\nunlisted = \"deny\"\n[[tool]]\nname = \"t\"\nneeds = []\n"
    )
    .replace("upstream = \"demo\"", "");
    assert_eq!(lines(&text), [1, 5, 6, 7]);
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
    let public_url = Issuer::parse("http://localhost:8000").unwrap();
    let mut file = TomlFile::parse("x", &text, &Lookup::default());
    let place = Place { public_url: &public_url, loopback: true };
    assert_eq!(read(&mut file, "x", place).unwrap().settings.auth, Auth::None);
}

#[test]
fn rules_that_do_not_fit_are_told_at_their_lines() {
    let text = format!(
        "{GOOD}[[scope]]\nname = \"a\"\nsays = \"A\"\nimplies = [\"b\"]\n[[tool]]\nname = \"t\"\nneeds = [\"c\"]\n"
    );
    assert_eq!(lines(&text), [4, 8]);
}

#[test]
fn an_example_that_no_longer_holds_is_told_at_its_line() {
    let text = format!(
        "{GOOD}unlisted = \"deny\"\n[[example]]\ncaller = {{ scopes = [] }}\ntool = \"t\"\ngives = \"allowed\"\n"
    );
    assert_eq!(lines(&text), [5]);
}

#[test]
fn a_tool_that_forgets_its_needs_is_refused() {
    assert_eq!(lines(&format!("{GOOD}[[tool]]\nname = \"t\"\n")), [4]);
}

#[test]
fn words_for_people_and_reserved_scopes_are_checked() {
    let text = format!("{GOOD}[[scope]]\nname = \"openid\"\nsays = \" \"\n").replace("Tools", "");
    assert_eq!(lines(&text), [2, 4, 4]);
}
