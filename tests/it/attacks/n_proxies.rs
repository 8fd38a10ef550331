//! N: proxies in front of us, and those who pretend to be one.

use http::{Method, header};

use super::before::Before;
use crate::{
    gateway::{self, ping},
    harness::{Answer, Setup},
    limits::{OTHER, STRANGER, from, in_public, let_through, strict, with},
};

const PROXY: &str = "10.0.0.1";

#[tokio::test]
async fn n01_other_spellings_and_hop_headers_smuggle_nothing() {
    let setup = in_public(strict()).variable("COUNTERSIGN_TRUSTED_PROXIES", PROXY);
    let service = setup.start().await;
    let told = ("x-forwarded-for", STRANGER);
    assert_eq!(let_through(&service, PROXY, &[told]).await, 2);
    let before = Before::of(&service);
    for smuggled in [
        ("x_forwarded_for", OTHER),
        ("x-forwarded_for", OTHER),
        ("x_real_ip", OTHER),
        ("connection", "x-forwarded-for"),
        ("connection", "close, x-forwarded-for"),
        ("x-forwarded-for", "198.51.100.7"),
    ] {
        assert_eq!(let_through(&service, PROXY, &[told, smuggled]).await, 0, "{smuggled:?}");
        if smuggled.0 != "x-forwarded-for" {
            assert_eq!(let_through(&service, PROXY, &[smuggled, told]).await, 0, "{smuggled:?}");
        }
    }
    before.stands(&service, &[]);
    let forged = [
        ("x-countersign-user", "root"),
        ("X_Countersign_User", "root"),
        ("x-countersign_scopes", "admin"),
        ("X_Forwarded_User", "root"),
        ("x-forwarded-user", "root"),
        ("x-forwarded-email", "root@example.com"),
        ("x-auth-request-user", "root"),
        ("x-original-uri", "/admin"),
        ("connection", "x-countersign-user, x-countersign-scopes, mcp-session-id"),
    ];
    let setup = gateway::Setup::new().await;
    setup.send(setup.request(Method::POST, &forged, &ping().to_string())).await;
    let (head, _) = setup.upstream.last();
    assert_eq!(head.headers["x-countersign-user"], "usr_alice");
    assert_eq!(head.headers["x-countersign-scopes"], "read");
    for (name, value) in &head.headers {
        assert!(!value.to_str().unwrap().contains("root"), "{name}");
        assert!(!name.as_str().contains('_') && name != "x-original-uri", "{name}");
    }
}

#[tokio::test]
async fn n02_whoever_invents_where_a_request_came_from_gets_no_more() {
    let service = in_public(strict()).start().await;
    let before = Before::of(&service);
    for n in 0..10 {
        let invented = format!("192.0.2.{n}");
        let headers = [("x-forwarded-for", invented.as_str()), ("x-real-ip", &invented)];
        let passed = let_through(&service, STRANGER, &headers).await;
        assert_eq!(passed, if n == 0 { 2 } else { 0 }, "{invented}");
    }
    for loopback in ["127.0.0.1", "::1", "localhost", "127.0.0.1:80", "unknown"] {
        for name in
            ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "cf-connecting-ip"]
        {
            assert_eq!(
                let_through(&service, STRANGER, &[(name, loopback)]).await,
                0,
                "{name} {loopback}"
            );
            let figures = with(from(STRANGER, "GET", "/metrics"), &[(name, loopback)]);
            assert_eq!(service.send(figures).await.status, 404, "{name} {loopback}");
        }
    }
    assert_eq!(let_through(&service, "192.0.2.1", &[]).await, 2, "nor takes it from anybody");
    before.stands(&service, &["192.0.2."]);
}

#[tokio::test]
async fn n02_no_forwarded_scheme_host_or_path_is_believed() {
    let service = in_public(Setup::new()).start().await;
    let plain = |path: &str| with(from(STRANGER, "GET", path), &[("host", "auth.example.com")]);
    let before = Before::of(&service);
    for (name, value) in [
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-port", "8080"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-uri", "/healthz"),
        ("x-original-url", "/healthz"),
        ("x-rewrite-url", "/healthz"),
        ("x-http-method-override", "POST"),
        ("forwarded", "proto=http;host=evil.example"),
    ] {
        for path in
            ["/.well-known/oauth-authorization-server", "/account", "/mcp", "/metrics", "/sign-out"]
        {
            let usual = service.send(plain(path)).await;
            let told = service.send(with(plain(path), &[(name, value)])).await;
            assert_eq!(
                (told.status, kept(&told)),
                (usual.status, kept(&usual)),
                "{name} at {path}"
            );
            let cookies =
                |answer: &Answer| answer.headers.get_all(header::SET_COOKIE).iter().count();
            assert_eq!(cookies(&told), cookies(&usual), "{name} at {path}");
            assert!(!told.body.contains("evil"), "{name} at {path}");
        }
    }
    before.stands(&service, &[]);
}

/// An answer but for its number, and what its forms are sealed with.
fn kept(answer: &Answer) -> Vec<String> {
    let body = answer.body.replace(answer.header("x-request-id"), "NUMBER");
    let sealed =
        |part: &str| part.split_once('"').map_or(String::new(), |(_, rest)| rest.to_owned());
    let mut parts = body.split("value=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    std::iter::once(first).chain(parts.map(sealed)).collect()
}
