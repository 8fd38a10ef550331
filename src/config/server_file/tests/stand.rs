//! Where a server stands.

use super::*;

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
fn a_resource_with_an_upstream_is_another_name_of_ours() {
    for upstream in ["demo", "http://127.0.0.1:9000/mcp"] {
        let text = format!(
            "resource = \"https://t.example/mcp\"\nupstream = \"{upstream}\"\nname = \"T\"\n"
        );
        let server = good(&text);
        assert_eq!(
            (server.resource.as_str(), server.resource.path().as_str()),
            ("https://t.example/mcp", "/mcp")
        );
        assert_ne!(server.upstream, Upstream::Elsewhere);
    }
}

#[test]
fn another_name_of_ours_has_a_path_that_is_not_taken_and_no_second_one() {
    let lines = |resource: &str| {
        lines(&format!("{}resource = \"{resource}\"\n", GOOD.replace("path = \"/mcp\"", "")))
    };
    for resource in [
        "https://t.example/token",
        "https://t.example",
        "https://t.example/",
        "https://t.example/a%20b",
        "http://t.example/mcp",
        "http://localhost:8000/mcp",
    ] {
        assert_eq!(lines(resource), [4], "{resource}");
    }
    assert_eq!(lines("https://t.example/mcp"), [0_usize; 0]);
    assert_eq!(super::lines(&format!("{GOOD}resource = \"https://t.example/mcp\"\n")), [1]);
}

#[test]
fn an_upstream_is_an_http_url_that_does_not_lead_back_to_us() {
    let stands = |upstream: &str| faults_at(&GOOD.replace("demo", upstream), true);
    for upstream in ["http://127.0.0.1:9000/mcp", "https://tools.internal", "http://[::1]:1/x/"] {
        let server = good(&GOOD.replace("demo", upstream));
        assert_eq!(server.upstream, Upstream::Http(upstream.parse().unwrap()));
    }
    for (upstream, why) in [
        ("ftp://x", "is neither"),
        ("127.0.0.1:9000", "is neither"),
        ("Demo", "is neither"),
        ("", "is neither"),
        ("http://u:hush@x/mcp", "has a user name"),
        ("http://@x/mcp", "has a user name"),
        ("http://x/mcp?hush", "has a user name, a query"),
        ("http://x/mcp#hush", "has a user name, a query or a fragment"),
        ("http://localhost:8000/mcp", "leads back to us"),
        ("http://127.0.0.1:8000/other", "leads back to us"),
        ("http://[::1]:8000", "leads back to us"),
    ] {
        let told = stands(upstream);
        assert!(told.len() == 1 && told[0].0 == 3, "{upstream}: {told:?}");
        assert!(told[0].1.contains(why) && !told[0].1.contains("hush"), "{told:?}");
    }
    let text =
        "resource = \"https://t.example/mcp\"\nupstream = \"https://t.example/x\"\nname = \"T\"\n";
    assert!(faults_at(text, true)[0].1.contains("leads back to us"));
}

#[test]
fn what_only_we_could_keep_is_refused_for_a_server_elsewhere() {
    let text = format!(
        "{GOOD}resource = \"https://t.example/mcp\"\nauth = \"required\"\nunlisted = \"deny\"\n[[tool]]\nname = \"t\"\nneeds = []\n[[method]]\nname = \"m\"\nneeds = []\n"
    )
    .replace("upstream = \"demo\"", "");
    assert_eq!(lines(&text), [1, 5, 6, 7, 10]);
}

#[test]
fn how_to_speak_to_a_server_is_not_said_of_one_elsewhere() {
    let text = "resource = \"https://t.example/mcp\"\nname = \"T\"\nidentity = \"none\"\norigins = []\ntimeouts = {}\nmax_body = \"1MiB\"\n";
    assert_eq!(lines(text), [3, 4, 5, 6]);
}

/// Two answers at one path would end the start in a panic.
#[test]
fn a_server_at_a_path_of_ours_is_refused() {
    for path in ["/sign-out", "/signed-out", "/sign-in/x", "/confirm/x", "/account", "/token"] {
        let faults = faults_at(&GOOD.replace("/mcp", path), true);
        assert!(faults.len() == 1 && faults[0].1.contains("collides"), "{path}: {faults:?}");
    }
}
