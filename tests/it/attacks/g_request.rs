//! Group G, its second half: how the token endpoint is asked.

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::json;

use super::{before::Before, g_code::secrets, shared::exchange};
use crate::harness::{Answer, Form, REDIRECT, Service, Setup};

/// The exchange in every way in which it must not be sent.
fn missent(form: &Form) -> Vec<(String, String)> {
    let encoded = form.encoded();
    let fields = ["grant_type", "client_id", "code", "redirect_uri", "code_verifier"];
    let members = fields.map(|name| (name.to_owned(), json!(form.value(name).unwrap())));
    let document = json!(members.into_iter().collect::<serde_json::Map<_, _>>()).to_string();
    let mut all = vec![(FORM.to_owned(), document.clone()), (FORM.to_owned(), String::new())];
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "form"] {
        all.extend([&document, &encoded].map(|body| (kind.to_owned(), body.clone())));
    }
    for name in fields {
        let (first, rest) = name.split_at(1);
        let spelled = format!("%{:02x}{rest}", first.as_bytes()[0]);
        for body in [
            form.clone().and(name, form.value(name).unwrap()).encoded(),
            form.clone().and(name, "").encoded(),
            form.clone().and(name, "another").encoded(),
            format!("{encoded}&{spelled}=another"),
            encoded.replacen(&format!("{name}="), &format!("{name}%5B%5D="), 1),
        ] {
            all.push((FORM.to_owned(), body));
        }
    }
    all
}

#[tokio::test]
async fn g11_json_a_query_another_method_or_a_repeated_parameter_is_refused_and_spends_nothing() {
    let service = Service::start().await;
    let form = exchange(&service).await.without("resource");
    let before = Before::of(&service);
    for (kind, body) in missent(&form) {
        // `redirect_uri[]=…` is a request without the parameter, which burns the code: another's row.
        if body.contains("redirect_uri%5B") || body.contains("code_verifier%5B") {
            continue;
        }
        let request = Request::post("/token").header(header::CONTENT_TYPE, &kind);
        let answer = service.send(request.body(Body::from(body.clone())).unwrap()).await;
        let told = answer.refusal();
        let known = ["400 invalid_request: ", "401 invalid_client: client_id is missing."];
        assert!(known.iter().any(|start| told.starts_with(start)), "{kind} {body}: {told}");
    }
    let encoded = form.encoded();
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE] {
        let request = Request::builder().method(&method).uri(format!("/token?{encoded}"));
        let answer = service.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{method}");
    }
    let told = service.post(&format!("/token?{encoded}"), &Form::of(&[]), &[]).await.refusal();
    assert_eq!(told, "400 invalid_request: grant_type is missing.", "a query is not read");
    before.stands(&service, &secrets(&form));
    assert_eq!(service.token(&form).await.status, 200);
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn g12_sql_in_any_parameter_is_a_value_like_another() {
    let service = Service::start().await;
    let (client, token) = service.lineage("alice").await;
    let form = exchange(&service).await;
    let ask = service.ask(&client);
    let revoke = Form::of(&[("client_id", &client), ("token", &token)]);
    let before = Before::of(&service);
    for sql in [
        "' OR '1'='1",
        "'; DROP TABLE grants; --",
        "x' UNION SELECT digest, 1 FROM codes --",
        "\"; DELETE FROM users; --",
        "%' OR id LIKE '%",
        "$1",
        "?1",
        "{\"$ne\": null}",
        "\u{0}",
        "\\'); VACUUM; --",
    ] {
        for name in ["client_id", "code", "grant_type"] {
            let told = service.token(&form.clone().with(name, sql)).await;
            assert!([400, 401].contains(&told.status.as_u16()), "{name} {sql}: {}", told.body);
        }
        for name in ["client_id", "refresh_token", "resource", "scope"] {
            let form = service.refresh(&client, &token).with(name, sql);
            let told = service.token(&form).await;
            assert!([400, 401].contains(&told.status.as_u16()), "{name} {sql}: {}", told.body);
        }
        for name in ["client_id", "redirect_uri", "resource", "scope", "code_challenge"] {
            let ask = ask.clone().with(name, sql).with("prompt", "none");
            let told = service.get(&format!("/authorize?{}", ask.encoded())).await;
            assert!([400, 303].contains(&told.status.as_u16()), "{name} {sql}: {}", told.body);
        }
        let told = service.post("/revoke", &revoke.clone().with("token", sql), &[]).await;
        assert_eq!(told.status, 200, "as any unknown token");
        let told = service.post("/revoke", &revoke.clone().with("client_id", sql), &[]).await;
        assert_eq!(told.status, 401);
        let told = service.browser().get(&format!("/callback/{}", encode(sql))).await;
        assert_eq!(told.status, 400, "{sql}");
    }
    before.stands(&service, &[&secrets(&form)[..], &[token.as_str()]].concat());
    assert_eq!(service.token(&form).await.status, 200);
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[test]
fn g12_a_default_or_guessable_secret_refuses_the_start() {
    let good = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
    let public = || {
        let setup = Setup::new().variable("COUNTERSIGN_PUBLIC_URL", "https://auth.example.com");
        let setup =
            setup.variable("COUNTERSIGN_PROVIDERS", "google").variable("GOOGLE_CLIENT_ID", "a");
        let setup = setup.variable("GOOGLE_CLIENT_SECRET", "b").variable("OAUTH_CLIENT_ID", "c");
        let setup = setup.variable("OAUTH_REDIRECT_URI", REDIRECT);
        setup.variable("COUNTERSIGN_MASTER_KEY", good).variable("OAUTH_CLIENT_SECRET", good)
    };
    assert!(public().load().is_ok());
    let zeros = "A".repeat(43);
    for (name, guessable) in [
        ("COUNTERSIGN_MASTER_KEY", "changeme"),
        ("COUNTERSIGN_MASTER_KEY", &good[..42]),
        ("COUNTERSIGN_MASTER_KEY", &zeros),
        ("OAUTH_CLIENT_SECRET", "hunter2"),
        ("OAUTH_CLIENT_SECRET", "change-me-change-me-change-me"),
        ("OAUTH_CLIENT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("JWT_SECRET_KEY", "your-secret-key-here-please"),
    ] {
        let setup = public().variable(name, guessable);
        let setup = if name == "JWT_SECRET_KEY" {
            setup.variable("COUNTERSIGN_MASTER_KEY", "")
        } else {
            setup
        };
        let faults = setup.load().err().unwrap_or_else(|| panic!("{name}={guessable} starts"));
        assert!(faults.iter().any(|fault| fault.place == name), "{name}: {faults:?}");
        let told = faults.iter().map(ToString::to_string).collect::<String>();
        assert!(!told.contains(guessable), "{told}");
    }
}

#[tokio::test]
async fn g14_a_page_of_another_origin_gets_nothing_by_a_persons_credentials() {
    let service = Service::start().await;
    let mut victim = crate::people::signed_in(&service, "alice").await;
    let form = exchange(&service).await;
    let cookies = victim.cookies.clone();
    let evil = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let before = Before::of(&service);
    for path in
        ["/token", "/register", "/revoke", "/authorize", "/account", "/introspect", "/sign-out"]
    {
        let question = [
            ("origin", "https://evil.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type,cookie"),
        ];
        let mut request = Request::options(path).body(Body::empty()).unwrap();
        for (name, value) in question {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let preflight = victim.send(request).await;
        let answer: Answer = victim.post_with(path, &Form::of(&[("client_id", "x")]), &evil).await;
        let machine = ["/token", "/register", "/revoke"].contains(&path);
        for answer in [&preflight, &answer] {
            let origin = answer.header("access-control-allow-origin");
            assert_eq!(origin, if machine { "*" } else { "" }, "{path}");
            assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
            assert!(!answer.header("access-control-allow-headers").contains("cookie"), "{path}");
            assert_eq!(answer.header("set-cookie"), "", "{path}");
        }
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
    assert_eq!(victim.cookies, cookies);
    before.stands(
        &service,
        &[&secrets(&form)[..], &[victim.cookies["countersign-session"].as_str()]].concat(),
    );
}
