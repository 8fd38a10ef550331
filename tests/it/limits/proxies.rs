//! For whom a request counts that somebody forwarded, and what the owner of the machine is spared.

use super::{HERE, OTHER, STRANGER, from, in_public, let_through, strict, with};
use crate::harness::Setup;

const PROXY: &str = "10.0.0.1";
const FORWARDING: [&str; 6] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

fn lines_with(log: &str, words: &str) -> usize {
    log.lines().filter(|line| line.contains(words)).count()
}

#[tokio::test]
async fn ones_own_machine_is_not_limited() {
    let service = strict().start().await;
    for peer in [HERE, "::1", "::ffff:127.0.0.1", "127.0.0.9"] {
        assert_eq!(let_through(&service, peer, &[]).await, 10, "{peer}");
    }
}

#[tokio::test]
async fn under_a_public_url_a_loopback_peer_is_a_proxy_and_limited() {
    let service = in_public(strict()).start().await;
    assert_eq!(let_through(&service, HERE, &[]).await, 2);
    assert_eq!(let_through(&service, "::1", &[]).await, 2);
}

/// N2: a tunnel or proxy on this machine brings others here.
#[tokio::test]
async fn what_is_forwarded_to_ones_own_machine_is_limited() {
    for name in FORWARDING {
        let service = strict().start().await;
        assert_eq!(let_through(&service, HERE, &[(name, HERE)]).await, 2, "{name}");
        assert_eq!(let_through(&service, HERE, &[]).await, 10, "its owner is not");
    }
}

/// N2: the listener is loopback, and so is a tunnel's end.
#[tokio::test]
async fn a_server_without_tokens_is_for_nobody_who_comes_by_a_proxy_or_tunnel() {
    let open = |text: String| format!("auth = \"none\"\n{text}");
    let service = Setup::new().edit("servers/demo.toml", open).start().await;
    let host = ("host", "localhost:8000");
    let get = |peer, headers: &[_]| service.send(with(from(peer, "GET", "/mcp"), headers));
    let refused = "This server asks for no token, and is for its own machine alone.";
    assert!(!get(HERE, &[host]).await.body.contains(refused));
    for name in FORWARDING {
        assert_eq!(get(HERE, &[host, (name, HERE)]).await.status, 403, "{name}");
    }
    let answer = get(STRANGER, &[host]).await;
    assert!(answer.status == 403 && answer.body.contains(refused), "{}", answer.body);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_allowance() {
    let setup = in_public(strict()).variable("COUNTERSIGN_TRUSTED_PROXIES", "10.0.0.0/8");
    let service = setup.start().await;
    assert_eq!(let_through(&service, PROXY, &[("x-forwarded-for", STRANGER)]).await, 2);
    assert_eq!(let_through(&service, PROXY, &[("x-forwarded-for", OTHER)]).await, 2);
    for forged in ["1.2.3.4, ", "127.0.0.1, ", "nonsense, ", "10.9.9.9, ", ", , "] {
        let chain = format!("{forged}{STRANGER}, 10.0.0.2");
        let passed = let_through(&service, "10.0.0.3", &[("x-forwarded-for", &chain)]).await;
        assert_eq!(passed, 0, "{chain}");
    }
    service.log.keeps(&["COUNTERSIGN_TRUSTED_PROXIES"]);
}

#[tokio::test]
async fn a_proxy_that_is_not_trusted_uses_up_its_own_and_the_operator_is_told_once() {
    let service = in_public(strict()).start().await;
    assert_eq!(let_through(&service, PROXY, &[("x-forwarded-for", STRANGER)]).await, 2);
    assert_eq!(let_through(&service, PROXY, &[("x-forwarded-for", OTHER)]).await, 0);
    let log = service.log.text();
    assert_eq!(lines_with(&log, "COUNTERSIGN_TRUSTED_PROXIES"), 1, "{log}");
    assert!(log.contains(&format!("proxy={PROXY}")), "{log}");
    assert!(!log.contains(STRANGER), "what it wrote is not believed, and not repeated");
}

#[tokio::test]
async fn a_trusted_proxy_that_does_not_say_for_whom_is_told_apart() {
    let setup = in_public(strict()).variable("COUNTERSIGN_TRUSTED_PROXIES", PROXY);
    let service = setup.start().await;
    assert_eq!(let_through(&service, PROXY, &[("via", "1.1 proxy")]).await, 2);
    let log = service.log.text();
    assert_eq!(lines_with(&log, "have it set X-Forwarded-For"), 1, "{log}");
    assert_eq!(lines_with(&log, "COUNTERSIGN_TRUSTED_PROXIES"), 0, "{log}");
}

#[tokio::test]
async fn who_is_refused_without_a_proxy_says_nothing_about_proxies() {
    let service = in_public(strict()).start().await;
    assert_eq!(let_through(&service, STRANGER, &[]).await, 2);
    service.log.keeps(&["COUNTERSIGN_TRUSTED_PROXIES", "X-Forwarded-For"]);
}
