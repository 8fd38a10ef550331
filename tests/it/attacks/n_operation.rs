//! N: settings, the log, the figures, and what is not there to be attacked.

use std::collections::BTreeSet;

use axum::body::Body;
use http::Request;
use serde_json::json;

use super::before::Before;
use crate::{
    cli::Folder,
    harness::{Form, Service, Setup},
    limits::{HERE, STRANGER, from},
    people::{
        signed_in,
        steps::{buttons, person as person_at},
    },
    tokens::person,
};

#[tokio::test]
async fn n04_nothing_is_administered_over_http() {
    let service = Service::start().await;
    let before = Before::of(&service);
    for path in [
        "/admin",
        "/admin/",
        "/admin/users",
        "/api",
        "/api/v1/users",
        "/users",
        "/clients",
        "/oauth/clients",
        "/register/dyn_x",
        "/keys/rotate",
        "/scim/v2/Users",
        "/graphql",
        "/debug",
        "/actuator",
        "/management",
        "/setup",
        "/shutdown",
        "/config",
        "/backup",
        "/metrics/../account",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let answer = service.send(from(STRANGER, method, path)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("set-cookie")),
                (404, ""),
                "{method} {path}"
            );
        }
    }
    let told = service.get("/.well-known/oauth-authorization-server").await.json();
    for (name, value) in told.as_object().unwrap() {
        let known = ["authorization", "token", "registration", "revocation", "introspection"];
        let endpoint = name.strip_suffix("_endpoint");
        assert!(endpoint.is_none_or(|it| known.contains(&it)), "{name}: {value}");
    }
    for peer in [STRANGER, "10.0.0.1", "192.168.1.1", "::ffff:10.0.0.1"] {
        assert_eq!(service.send(from(peer, "GET", "/metrics")).await.status, 404, "{peer}");
    }
    assert_eq!(service.send(from(HERE, "GET", "/metrics")).await.status, 200);
    before.stands(&service, &[]);
}

#[tokio::test]
async fn n05_no_stranger_writes_a_line_of_the_log() {
    let service = Service::start().await;
    let evil = "x\r\n2026-01-01T00:00:00Z  INFO FORGED \u{1b}[31mred\u{202e}\u{0}";
    let metadata = json!({
        "client_name": evil, "client_uri": evil.trim_end_matches('\0'), "software_id": evil,
        "token_endpoint_auth_method": "none", "redirect_uris": [crate::harness::REDIRECT], "scope": evil,
    });
    let client = service.register(&metadata).await.json();
    let client = client["client_id"].as_str().unwrap();
    service.register(&json!({"redirect_uris": [evil], "token_endpoint_auth_method": evil})).await;
    let ask = service.ask(client);
    for (name, value) in [("client_id", evil), ("state", evil), ("scope", evil), ("resource", evil)]
    {
        let form = ask.clone().with(name, value);
        service.get(&format!("/authorize?{}", form.encoded())).await;
    }
    let mut browser = service.browser();
    let back = service.to_callback(&mut browser, &ask, "alice").await;
    let state = back.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let declined = Form::of(&[("error", evil), ("error_description", evil), ("error_uri", evil)]);
    let declined = format!("/callback/dev?state={state}&{}", declined.encoded());
    let agent = "curl\u{9}x \\x1b[31m FORGED";
    let answer = browser.get_with(&declined, &[("user-agent", agent)]).await;
    assert!(!answer.landing().values().any(|value| value.contains("FORGED")));
    for form in [
        service.exchange(client, evil).with("redirect_uri", evil),
        service.refresh(evil, evil),
        Form::of(&[
            ("client_assertion", evil),
            ("client_assertion_type", evil),
            ("grant_type", evil),
        ]),
        Form::of(&[("grant_type", "refresh_token"), ("client_id", evil), ("token", evil)]),
    ] {
        for path in ["/token", "/revoke", "/introspect"] {
            service.post(path, &form, &[("user-agent", agent)]).await;
        }
    }
    let head = base64_of(&json!({"alg": "ES256", "typ": "at+jwt", "kid": evil}).to_string());
    let body = base64_of(&json!({"iss": evil, "sub": evil, "client_id": evil}).to_string());
    service.mcp(&format!("{head}.{body}.AAAA")).await;
    service.get("/callback/x%0d%0aFORGED%1b%5b31m").await;
    let log = service.log.text();
    let lines = log.lines().filter(|line| !line.is_empty());
    for line in lines {
        let stamped = line.as_bytes().get(..4).is_some_and(|it| it.iter().all(u8::is_ascii_digit));
        assert!(stamped, "a line that nothing of ours began: {line}");
        assert!(!line.starts_with("2026-01-01T00:00:00Z  INFO FORGED"), "{line}");
    }
    assert!(!log.contains(['\u{1b}', '\r', '\u{202e}', '\u{0}']), "{log}");
    assert!(log.lines().all(|line| line.len() < 2000), "cut short");
}

fn base64_of(text: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn n07_no_stranger_adds_a_label_to_the_figures() {
    let service = Setup::new().variable("COUNTERSIGN_ADDRESS_LIMIT", "off").start().await;
    let labels = async || -> BTreeSet<String> {
        let answer = service.send(from(HERE, "GET", "/metrics")).await;
        assert_eq!(answer.status, 200);
        let lines = answer.body.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
    };
    service.tokens("alice").await;
    let (before, usual) = (Before::of(&service), labels().await);
    assert!(usual.len() > 1, "{usual:?}");
    for n in 0..100 {
        let invented = format!("client-{n}");
        service.get(&format!("/authorize?{}", service.ask(&invented).encoded())).await;
        service.token(&service.refresh(&invented, &invented)).await;
        service.get(&format!("/callback/provider-{n}?state=x&code=y")).await;
        service.get(&format!("/path-{n}")).await;
        let head =
            base64_of(&json!({"alg": "ES256", "typ": "at+jwt", "kid": invented}).to_string());
        let body = base64_of(&json!({"iss": service.issuer}).to_string());
        assert_eq!(service.mcp(&format!("{head}.{body}.AAAA")).await, 401);
    }
    assert_eq!(labels().await, usual);
    before.stands(&service, &[]);
}

#[tokio::test]
async fn n08_a_slip_of_the_pen_refuses_the_start_and_names_its_place() {
    let line = |text: &'static str| move |file: String| format!("{text}\n{file}");
    for (file, wrong) in [
        ("servers/demo.toml", "auht = \"none\""),
        ("servers/demo.toml", "unlistd = \"deny\""),
        ("servers/demo.toml", "limits = { per_user = \"1/1m\" }"),
        ("servers/demo.toml", "limit = { per_usr = \"1/1m\" }"),
        ("providers/dev.toml", "algoritms = [\"RS256\"]"),
        ("providers/dev.toml", "tsl = true"),
        ("providers/dev.toml", "issuers = \"https://evil.example\""),
    ] {
        let faults = Setup::new().edit(file, line(wrong)).load().unwrap_err();
        assert!(faults[0].place.starts_with(file), "{wrong}: {faults:?}");
    }
    for name in ["COUNTERSIGN_TRUSTED_PROXY", "COUNTERSIGN_MASTER_KEYS", "COUNTERSIGN_PUBLIC_URLS"]
    {
        let faults = Setup::new().variable(name, "x").load().unwrap_err();
        assert_eq!(faults[0].place, name);
    }
    for (name, value) in [
        ("COUNTERSIGN_PRIVATE_NETWORKS", "denied"),
        ("COUNTERSIGN_ADDRESS_LIMIT", "none"),
        ("COUNTERSIGN_SIGNING_ALG", "ES255"),
        ("COUNTERSIGN_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("COUNTERSIGN_PROVIDERS", "dev,gogle"),
        ("COUNTERSIGN_SERVERS", "demo,nothing"),
    ] {
        let faults = Setup::new().variable(name, value).load().unwrap_err();
        assert!(!faults.is_empty(), "{name}={value}");
    }
    let told = tokio::task::spawn_blocking(|| {
        let folder =
            Folder::shipped().with("COUNTERSIGN_MASTER_KEYS", "a-secret-in-the-wrong-place");
        ["check", "serve"]
            .map(|command| (folder.run(&[command]), folder.path().join("data").exists()))
    });
    for (told, made) in told.await.unwrap() {
        assert_eq!((told.code, made), (2, false), "{}{}", told.out, told.err);
        let said = format!("{}{}", told.out, told.err);
        assert!(said.contains("COUNTERSIGN_MASTER_KEYS") && !said.contains("in-the-wrong-place"));
    }
}

/// Nothing is sent anywhere when something happens: there is no place to name.
#[tokio::test]
async fn n13_no_webhook_or_event_sink_can_be_named() {
    for name in [
        "COUNTERSIGN_WEBHOOK_URL",
        "COUNTERSIGN_EVENTS_URL",
        "COUNTERSIGN_AUDIT_URL",
        "COUNTERSIGN_OTLP_ENDPOINT",
        "COUNTERSIGN_SMTP_HOST",
    ] {
        let faults = Setup::new().variable(name, "http://169.254.169.254/").load().unwrap_err();
        assert_eq!(faults[0].place, name);
    }
    for file in ["servers/demo.toml", "providers/dev.toml"] {
        for line in ["webhook = \"http://10.0.0.1/\"", "events = { url = \"http://10.0.0.1/\" }"] {
            let setup = Setup::new().edit(file, |text| format!("{line}\n{text}"));
            assert!(setup.load().unwrap_err()[0].place.starts_with(file), "{line}");
        }
    }
    let service = Service::start().await;
    let before = Before::of(&service);
    for path in ["/webhooks", "/hooks", "/events", "/notify", "/subscriptions"] {
        let answer =
            service.post(path, &Form::of(&[("url", "http://169.254.169.254/")]), &[]).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    before.stands(&service, &["169.254.169.254"]);
}

/// There are no tenants and there is no path of one; what is a person's own is asked for by the session alone.
#[tokio::test]
async fn n14_an_id_of_somebody_elses_in_a_form_or_a_path_reaches_nothing() {
    let service = Service::start().await;
    let ask = service.ask(&service.client().await);
    let mut alice = signed_in(&service, "alice").await;
    service.tokens("alice").await;
    let hers = alice.get("/account").await;
    let mut bob = signed_in(&service, "bob").await;
    let his = Form::on(&bob.get("/account").await.body).1;
    let user = person(&service, "Alice Admin").await;
    let before = Before::of(&service);
    let (end, app) = (buttons(&hers, "end"), buttons(&hers, "disconnect"));
    assert!(!end.is_empty() && !app.is_empty());
    for (button, value) in
        [("end", &end[0]), ("disconnect", &app[0]), ("remove", &"dev:alice".to_owned())]
    {
        for more in [None, Some("user"), Some("user_id"), Some("sub"), Some("tenant")] {
            let form = his.clone().and(button, value);
            let form = more.iter().fold(form, |form, name| form.and(name, user.id.as_str()));
            let answer = bob.post("/account", &form).await;
            assert!(matches!(answer.status.as_u16(), 303 | 400), "{button}: {}", answer.status);
            assert!(!answer.body.contains("Alice"), "{button}");
        }
    }
    for path in [
        format!("/account/{}", user.id),
        format!("/users/{}", user.id),
        "/tenants/other/account".to_owned(),
        "/realms/other/.well-known/openid-configuration".to_owned(),
        "/.well-known/openid-configuration/tenants/other".to_owned(),
        format!("/tenants/other/authorize?{}", ask.encoded()),
    ] {
        assert_eq!(bob.get(&path).await.status, 404, "{path}");
    }
    let named = bob.get(&format!("/account?user={}", user.id)).await;
    assert_eq!(named.page(), "200 Bob Reader");
    before.stands(&service, &[]);
    assert_eq!(person_at(&mut alice).await.as_deref(), Some("Alice Admin"));
    let request = Request::delete("/account").body(Body::empty()).unwrap();
    assert_eq!(bob.send(request).await.status, 405);
}
