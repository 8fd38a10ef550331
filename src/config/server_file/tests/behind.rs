//! How a server behind us is spoken to.

use std::time::Duration;

use super::*;
use crate::engine::policy::{Behind, IdentityTo, Timeouts};

const BEHIND: &str = r#"path = "/mcp"
name = "Tools"
upstream = "http://127.0.0.1:9000/mcp"
"#;

#[test]
fn what_is_not_said_has_the_documented_default() {
    let timeouts = Timeouts {
        connect: Duration::from_secs(5),
        first_byte: Duration::from_mins(2),
        idle: Duration::from_mins(10),
    };
    let expected = Behind {
        identity: IdentityTo::Headers,
        headers: http::HeaderMap::new(),
        origins: vec![],
        timeouts,
        max_body: 4 * 1024 * 1024,
    };
    assert_eq!(good(BEHIND).behind, expected);
}

#[test]
fn everything_can_be_said() {
    let behind = good(&format!(
        "{BEHIND}identity = \"assertion\"\norigins = [\"https://app.example.com\", \"http://localhost:3000\"]\ntimeouts = {{ connect = \"1s\", idle = \"1h\" }}\nmax_body = \"64KiB\"\n"
    ))
    .behind;
    assert_eq!(behind.identity, IdentityTo::Assertion);
    assert_eq!(behind.origins, ["https://app.example.com", "http://localhost:3000"]);
    let Timeouts { connect, first_byte, idle } = behind.timeouts;
    let expected = (Duration::from_secs(1), Duration::from_mins(2), Duration::from_hours(1));
    assert_eq!((connect, first_byte, idle), expected);
    assert_eq!(behind.max_body, 65_536);
    let silent = good(&format!("{BEHIND}identity = \"none\"\n")).behind;
    assert_eq!(silent.identity, IdentityTo::Nothing);
}

#[test]
fn what_is_no_origin_of_a_page_is_refused() {
    for origin in [
        "*",
        "null",
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com/x",
        "https://app.example.com:443",
        "https://App.example.com",
        "https://u@app.example.com",
        "https://*.example.com",
        "chrome-extension://abc",
        "",
    ] {
        assert_eq!(lines(&format!("{BEHIND}origins = [\"{origin}\"]\n")), [4], "{origin}");
    }
}

#[test]
fn times_and_sizes_out_of_bounds_are_refused_all_at_once() {
    let text = format!(
        "{BEHIND}timeouts = {{ connect = \"999ms\", first_byte = \"61m\", idle = \"soon\" }}\nmax_body = \"63KiB\"\n"
    );
    assert_eq!(lines(&text), [4, 4, 4, 5]);
    for size in ["65MiB", "4MB", "0MiB", "4"] {
        assert_eq!(lines(&format!("{BEHIND}max_body = \"{size}\"\n")), [4], "{size}");
    }
    assert_eq!(lines(&format!("{BEHIND}timeouts = {{ read = \"1s\" }}\n")), [4]);
}

#[test]
fn what_means_nothing_for_the_built_in_server_is_refused() {
    let text = format!("{GOOD}identity = \"headers\"\ntimeouts = {{}}\nmax_body = \"1MiB\"\n");
    assert_eq!(lines(&text), [4, 5]);
}

#[test]
fn a_key_that_the_server_asks_for_is_given_and_never_printed() {
    let text =
        format!("{BEHIND}[headers]\nX-Api-Key = \"hush\"\nAuthorization = \"Bearer hush\"\n");
    let behind = good(&text).behind;
    assert_eq!(behind.headers["x-api-key"], "hush");
    assert_eq!(behind.headers["authorization"], "Bearer hush");
    assert!(!format!("{behind:?}").contains("hush"));
}

#[test]
fn what_only_the_gateway_says_cannot_be_given() {
    for name in ["X-Countersign-User", "Mcp-Session-Id", "Host", "Content-Type", "X_Api_Key", "a b"]
    {
        let text = format!("{BEHIND}[headers]\n\"{name}\" = \"x\"\n");
        assert_eq!(faults_at(&text, true).len(), 1, "{name}");
    }
    let both = "identity = \"assertion\"\n[headers]\nAuthorization = \"x\"\n";
    assert_eq!(faults_at(&format!("{BEHIND}{both}"), true).len(), 1);
    assert_eq!(faults_at(&format!("{BEHIND}[headers]\nX-Key = \"a\\nb\"\n"), true).len(), 1);
}
