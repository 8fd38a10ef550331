//! O: floods, slowness, size and depth, and what we are built of.

use std::{net::SocketAddr, path::Path, time::Duration};

use axum::{Router, body::Body, routing::get};
use countersign::{
    jose::{
        algorithm::Algorithm,
        id_token::{IdTokenExpectations, precheck_id_token, verify_id_token},
        keys::KeySet,
        refusal::Refusal,
        sign::SigningKey,
    },
    web::surrounded,
};
use http::{Request, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    before::Before,
    frames::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, GET, HEADERS, POST, RST_STREAM, asked, fields,
        flood, frame, listening,
    },
    source,
};
use crate::{
    harness::{Log, Service, send},
    limits::{STRANGER, from, strict},
    oauth::documents::Documented,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o02_floods_of_http2_frames_end_their_own_connection_alone() {
    let service = Service::start().await;
    let before = Before::of(&service);
    let address = listening(service.router()).await;
    let whole = END_HEADERS | END_STREAM;
    let rapid = |n: u32| {
        let (stream, open) = (2 * n + 1, fields(GET));
        [frame(HEADERS, whole, stream, &open), frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())]
            .concat()
    };
    let burst = |n: u32| -> Vec<u8> { (0..100).flat_map(|i| rapid(n * 100 + i)).collect() };
    assert!(flood(address, 10_000, burst).await < 10_000, "rapid reset (CVE-2023-44487)");
    assert_eq!(asked(address, "/healthz").await, "HTTP/1.1 200 OK");
    for payload in [vec![], [&[0_u8, 1, b'a', 1][..], b"b"].concat().repeat(3000)] {
        let endless = |n: u32| match n {
            0 => frame(HEADERS, 0, 1, &fields(GET)),
            _ => frame(CONTINUATION, 0, 1, &payload),
        };
        assert!(
            flood(address, 100_000, endless).await < 100_000,
            "CONTINUATION (RUSTSEC-2024-0332)"
        );
        assert_eq!(asked(address, "/healthz").await, "HTTP/1.1 200 OK");
    }
    let empty = |n: u32| match n {
        0 => frame(HEADERS, END_HEADERS, 1, &fields(POST)),
        _ => frame(DATA, 0, 1, &[]).repeat(100),
    };
    assert!(flood(address, 100_000, empty).await < 100_000, "empty DATA (RUSTSEC-2026-0258)");
    assert_eq!(asked(address, "/healthz").await, "HTTP/1.1 200 OK");
    before.stands(&service, &[]);
    source::is_at_least("h2", [0, 4, 16]);
}

/// What is answered to who sends this and then no more; the clock runs on by itself.
async fn answered_after_silence(address: SocketAddr, sent: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ended = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn o03_whoever_sends_slowly_is_cut_off_and_holds_up_nobody() {
    let service = Service::start().await;
    let before = Before::of(&service);
    let address = listening(service.router()).await;
    let mut idle = Vec::new();
    for n in 0..300 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let begun =
            ["", "G", "GET / HTTP/1.1\r\n", "POST /token HTTP/1.1\r\nHost: a\r\nX: "][n % 4];
        stream.write_all(begun.as_bytes()).await.unwrap();
        idle.push(stream);
    }
    assert_eq!(asked(address, "/healthz").await, "HTTP/1.1 200 OK", "beside 300 of them");
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let head = "POST /token HTTP/1.1\r\nHost: localhost:8000\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    for (sent, is_begun) in [
        ("", false),
        ("GET /token HTTP/1.1\r\nHost: loc", false),
        (&format!("{head}Content-Length: 100\r\n\r\ngrant_type="), true),
        (&format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\ngra"), true),
    ] {
        let status = answered_after_silence(address, sent).await;
        let late = status == "HTTP/1.1 408 Request Timeout";
        assert!(late || (status.is_empty() && !is_begun), "{sent:?}: {status}");
    }
    assert!(began.elapsed() < Duration::from_mins(3), "{:?}", began.elapsed());
    for mut stream in idle {
        let _told = stream.read_to_end(&mut Vec::new()).await;
    }
    tokio::time::resume();
    before.stands(&service, &[]);
}

#[test]
fn o05_a_key_larger_than_8192_bits_verifies_nothing() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let set = |bits: usize, e: &str| {
        let mut modulus = vec![0xff_u8; bits / 8];
        modulus[bits / 8 - 1] = 0xfd;
        let n = URL_SAFE_NO_PAD.encode(modulus);
        let key = json!({"kty": "RSA", "kid": "k", "alg": "RS256", "use": "sig", "n": n, "e": e});
        KeySet::from_jwks_value(&json!({ "keys": [key] }), &Algorithm::ALL).is_ok()
    };
    assert!(set(2048, "AQAB") && set(8192, "AQAB"));
    for (bits, e) in [
        (512, "AQAB"),
        (1024, "AQAB"),
        (2040, "AQAB"),
        (8200, "AQAB"),
        (16_384, "AQAB"),
        (524_288, "AQAB"),
        (2048, "AQ"),
        (2048, "Aw"),
        (2048, "AQAA"),
        (2048, "____________"),
    ] {
        assert!(!set(bits, e), "{bits} bits, exponent {e}");
    }
}

/// No signature is computed for a token that its claims refuse already: not even the key is looked for.
#[test]
fn o05_claims_are_judged_before_signatures() {
    const NOW: i64 = 1_800_000_000;
    let now = countersign::ambient::Timestamp::from_unix(NOW);
    let key = SigningKey::generate(Algorithm::Es256).unwrap().0;
    let other = SigningKey::generate(Algorithm::Es256).unwrap().0;
    let keys = json!({ "keys": [other.public_jwk()] });
    let keys = KeySet::from_jwks_value(&keys, &Algorithm::ALL).unwrap();
    let issuers = ["https://idp.example".to_owned()];
    let expect = IdTokenExpectations {
        issuers: &issuers,
        audience: "us",
        nonce: Some("n"),
        algorithms: &[Algorithm::Es256],
        access_token: None,
        code: None,
        max_age: None,
        leeway: Duration::from_mins(1),
        max_token_age: Duration::from_mins(10),
        max_lifetime: Duration::from_hours(24),
        allow_missing_kid: false,
        single_audience: false,
        since: None,
    };
    let good = json!({
        "iss": "https://idp.example", "aud": "us", "sub": "s", "nonce": "n", "iat": NOW, "exp": NOW + 60,
    });
    let signed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        key.sign(Some("JWT"), &claims).unwrap()
    };
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("them")),
        ("aud", json!(["us", "them"])),
        ("azp", json!("them")),
    ] {
        let told = verify_id_token(&signed(name, value), &keys, &expect, now).unwrap_err();
        assert!(matches!(told, Refusal::Claim { .. }), "{name}: {told:?}");
    }
    let told = precheck_id_token(&signed("exp", json!(NOW - 61)), &expect, now);
    assert_eq!(told, Err(Refusal::Expired), "before keys are fetched at all");
    let told = verify_id_token(&signed("x", json!(1)), &keys, &expect, now).unwrap_err();
    assert_eq!(told, Refusal::UnknownKey, "a good one is let as far as the keys");
}

#[tokio::test]
async fn o05_an_address_has_only_so_many_tokens_judged() {
    let service = strict().start().await;
    let before = Before::of(&service);
    for path in ["/callback/dev?code=x&state=x", "/token", "/introspect"] {
        let method = if path.starts_with("/callback") { "GET" } else { "POST" };
        let mut passed = 0;
        for _ in 0..10 {
            passed += u32::from(service.send(from(STRANGER, method, path)).await.status != 429);
        }
        assert_eq!(passed, if method == "GET" { 2 } else { 0 }, "{path}");
    }
    before.stands(&service, &[]);
}

/// Depth as no parser of ours follows it.
fn deep(open: &str, close: &str) -> [String; 2] {
    [format!("{}1{}", open.repeat(9_000), close.repeat(9_000)), open.repeat(10_000)]
}

#[tokio::test]
async fn o06_no_depth_of_json_reaches_the_stack() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let service = Service::start().await;
    let tokens = service.tokens("alice").await;
    let access = tokens["access_token"].as_str().unwrap().to_owned();
    let before = Before::of(&service);
    let post = |path: &str, kind: &str, body: String| {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, kind)
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::AUTHORIZATION, format!("Bearer {access}"));
        service.send(request.body(Body::from(body)).unwrap())
    };
    for value in [deep("[", "]"), deep("{\"a\":", "}")].concat() {
        let json = "application/json";
        for body in [
            value.clone(),
            format!("{{\"redirect_uris\":{value}}}"),
            format!("{{\"jwks\":{value}}}"),
        ] {
            let status = post("/register", json, body).await.status;
            assert!(status == 400 || status == 413, "{status}");
        }
        let call = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{value}}}"
        );
        for body in [value.clone(), call] {
            let status = post("/mcp", json, body).await.status;
            assert_eq!(status, 400);
        }
        assert!(post("/callback/firebase", json, value.clone()).await.status.is_client_error());
    }
    for value in ["[".repeat(2000) + "1" + &"]".repeat(2000), "[".repeat(5000)] {
        let deep = URL_SAFE_NO_PAD.encode(format!("{{\"alg\":\"ES256\",\"x\":{value}}}"));
        for token in [format!("{deep}.e30.AAAA"), format!("eyJhbGciOiJFUzI1NiJ9.{deep}.AAAA")] {
            let form = service.refresh("x", "x").and("client_assertion", &token);
            assert!(service.token(&form).await.status.is_client_error());
            assert_eq!(service.mcp(&token).await, 401);
        }
    }
    before.stands(&service, &[&access]);
    assert_eq!(service.mcp(&access).await, 200);
    source::is_at_least("time", [0, 3, 47]);
    for (file, text) in source::of_ours() {
        assert!(!text.contains("disable_recursion_limit"), "{}", file.display());
    }
}

#[tokio::test]
async fn o06_a_deep_document_of_a_stranger_is_refused() {
    let mut nested = json!(1);
    for _ in 0..120 {
        nested = json!([nested]);
    }
    let client = Documented::with(json!({"jwks": nested})).await;
    let before = Before::of(&client.service);
    assert!(client.open().await.page().starts_with("200 "), "passed over where nothing is read");
    client.host.reset().await;
    for (n, value) in [deep("[", "]"), deep("{\"a\":", "}")].concat().into_iter().enumerate() {
        let answer = wiremock::ResponseTemplate::new(200).set_body_raw(value, "application/json");
        wiremock::Mock::given(wiremock::matchers::any())
            .respond_with(answer)
            .mount(&client.host)
            .await;
        let id = format!("{}/deep{n}.json", client.host.uri());
        let ask = client.service.ask(&id).encoded();
        assert!(client.service.get(&format!("/authorize?{ask}")).await.page().starts_with("400 "));
        client.host.reset().await;
    }
    before.stands(&client.service, &[]);
}

async fn falls() -> &'static str {
    panic!("hostile input: a-secret-in-a-panic");
}

#[tokio::test]
async fn o08_a_panic_ends_one_request_and_tells_nobody_why() {
    let log = Log::capture();
    let app = surrounded(
        Router::new().route("/falls", get(falls)).route("/stands", get(|| async { "ok" })),
    );
    for _ in 0..3 {
        let ask = |path: &str| send(&app, Request::get(path).body(Body::empty()).unwrap());
        let fallen = ask("/falls").await;
        assert_eq!(fallen.status, 500);
        assert!(!fallen.body.contains("hostile") && fallen.headers.contains_key("x-request-id"));
        assert_eq!(ask("/stands").await.body, "ok");
    }
    assert!(log.text().contains("panicked"), "the operator is told");
    let manifest =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let manifest: toml::Table = manifest.unwrap().parse().unwrap();
    assert_eq!(manifest["lints"]["clippy"]["unwrap_used"].as_str(), Some("deny"));
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    assert_eq!(manifest["profile"]["release"]["panic"].as_str(), Some("unwind"));
}

/// TLS ends in front of us, so there is no certificate here to expire; what we verify, rustls verifies.
#[test]
fn o09_tls_is_one_stack_without_its_known_faults() {
    source::is_at_least("rustls-webpki", [0, 103, 13]);
    source::is_at_least("rustls", [0, 23, 45]);
    for other in ["openssl", "openssl-sys", "native-tls", "boring"] {
        assert!(!source::is_used(other), "{other}");
    }
    for (file, text) in source::of_ours() {
        for opened in
            ["danger_accept_invalid", "dangerous()", "ServerConfig::builder", "TlsAcceptor"]
        {
            // `sslmode=require` asks for no more than TLS, as PostgreSQL means it.
            let meant = file.ends_with("src/store/postgres/tls.rs") && opened == "dangerous()";
            assert!(meant || !text.contains(opened), "{}: {opened}", file.display());
        }
    }
}
