//! The pages as a browser receives them.

use std::{fs, path::Path};

use countersign::{
    engine::record::ClientKind,
    web::pages::{
        ASSETS, AuthorizePage, ConnectLine, DevSignInPage, DevUserButton, ErrorPage, HomePage, Link,
        Pages, ProviderButton, ScopeLine, ServerBox, SignedOutPage, style,
    },
};

fn consent() -> AuthorizePage {
    AuthorizePage {
        client_name: "Claude Code".into(),
        client_host: Some("claude.ai".into()),
        client_kind: ClientKind::Document,
        redirect_host: "claude.ai".into(),
        loopback: false,
        server_name: "Demo tools".into(),
        server_url: "https://tools.example.com/mcp".into(),
        scopes: vec![
            scope("read", "See your profile and read data"),
            scope("write", "Add and change data"),
        ],
        providers: vec![
            button("google", "Continue with Google", None),
            button("auth0", "Continue with Auth0", Some("Not reachable right now")),
        ],
        form: "c2VhbGVk".into(),
        notice: None,
    }
}

fn scope(name: &str, says: &str) -> ScopeLine {
    ScopeLine { name: name.into(), says: says.into() }
}

fn button(id: &str, label: &str, note: Option<&str>) -> ProviderButton {
    ProviderButton { id: id.into(), label: label.into(), note: note.map(str::to_owned) }
}

fn claimed(name: &str) -> AuthorizePage {
    AuthorizePage {
        client_name: name.into(),
        client_host: None,
        client_kind: ClientKind::Dynamic,
        redirect_host: "localhost".into(),
        loopback: true,
        ..consent()
    }
}

fn link(href: &str, label: &str) -> Link {
    Link { href: href.into(), label: label.into() }
}

fn failure() -> ErrorPage {
    ErrorPage {
        status: 400,
        title: "This sign-in was already used or is too old".into(),
        detail: "Each sign-in works once and for ten minutes. This one cannot be continued.".into(),
        remedy: Some("Go back to the program you came from and start again from there.".into()),
        request_id: "01J9ZC8Q4T".into(),
        retry: Some(link("/authorize?again=1", "Try again")),
        back: Some(link("https://claude.ai/", "Go back")),
    }
}

fn home() -> HomePage {
    let connect = |client: &str, command: &str| ConnectLine {
        client: client.into(),
        command: command.into(),
    };
    HomePage {
        servers: vec![
            ServerBox {
                name: "Demo tools".into(),
                url: "http://localhost:8000/mcp".into(),
                sign_in: true,
                connect: vec![
                    connect("Claude Code", "claude mcp add --transport http demo http://localhost:8000/mcp"),
                    connect("VS Code", r#"code --add-mcp '{"name":"demo","type":"http","url":"http://localhost:8000/mcp"}'"#),
                ],
            },
            ServerBox {
                name: "Weather".into(),
                url: "http://localhost:8000/weather".into(),
                sign_in: false,
                connect: vec![],
            },
        ],
        metadata_url: "/.well-known/oauth-authorization-server".into(),
    }
}

fn dev() -> DevSignInPage {
    let user = |value: &str, name: &str, note: &str| DevUserButton {
        value: value.into(),
        name: name.into(),
        email: format!("{value}@example.com"),
        note: note.into(),
    };
    DevSignInPage {
        client_name: "Countersign".into(),
        action: "/authorize".into(),
        hidden: vec![("state".into(), "a\"b".into())],
        users: vec![
            user("alice", "Alice Admin", "May do everything"),
            user("bob", "Bob Reader", "May only read"),
            user("eve", "Eve Outsider", "Is not admitted"),
            user("dora", "Dora", ""),
        ],
    }
}

fn signed_out() -> SignedOutPage {
    SignedOutPage { provider: Some("Google".into()), back: Some(link("/", "Back to the start")) }
}

/// One of everything, by file name.
fn every_page() -> Vec<(&'static str, String)> {
    let pages = Pages::new();
    let app = AuthorizePage {
        client_kind: ClientKind::PreRegistered,
        client_host: None,
        client_name: "Cursor".into(),
        redirect_host: "cursor:".into(),
        notice: Some("Auth0 could not be reached. Choose another way to sign in.".into()),
        ..consent()
    };
    let bare = AuthorizePage { scopes: vec![], providers: vec![], ..consent() };
    let plain_error = ErrorPage { remedy: None, retry: None, back: None, ..failure() };
    vec![
        ("authorize", pages.authorize(&consent())),
        ("authorize-loopback", pages.authorize(&claimed("Claude Code"))),
        ("authorize-app", pages.authorize(&app)),
        ("authorize-bare", pages.authorize(&bare)),
        ("authorize-hostile", pages.authorize(&claimed(&"W<script>".repeat(1200)))),
        ("error", pages.error(&failure())),
        ("error-bare", pages.error(&plain_error)),
        ("signed-out", pages.signed_out(&signed_out())),
        ("signed-out-bare", pages.signed_out(&SignedOutPage { provider: None, back: None })),
        ("home", pages.home(&home())),
        ("home-bare", pages.home(&HomePage { servers: vec![], ..home() })),
        ("dev-sign-in", pages.dev_sign_in(&dev())),
        ("dev-sign-in-bare", pages.dev_sign_in(&DevSignInPage { users: vec![], ..dev() })),
    ]
}

fn authorize(page: &AuthorizePage) -> String {
    Pages::new().authorize(page)
}

#[test]
fn every_page_renders_whole() {
    for (name, page) in every_page() {
        assert!(page.ends_with("</html>\n") || page.ends_with("</html>"), "{name}");
        for once in ["<html lang=\"en\">", "<h1>", "<main ", "<title>"] {
            assert_eq!(page.matches(once).count(), 1, "{name}: {once}");
        }
        assert!(!page.contains("could not be shown"), "{name}");
    }
}

#[test]
fn no_page_has_a_script_an_inline_style_or_a_foreign_resource() {
    for (name, page) in every_page() {
        for forbidden in ["<script", " style=", "<style", " onclick", "src=\"http", "<iframe"] {
            assert!(!page.contains(forbidden), "{name}: {forbidden}");
        }
        let own = ["/static/style.css?v=", "/static/logo.svg?v="];
        assert!(own.iter().all(|path| page.contains(path)), "{name}");
    }
    assert!(!style().contains("url(") && !style().contains("@import"));
}

#[test]
fn consent_is_one_form_with_a_button_per_provider_and_a_cancel() {
    let page = authorize(&consent());
    assert_eq!(page.matches("<form method=\"post\" action=\"/authorize\">").count(), 1);
    assert_eq!(page.matches("<form").count(), 1);
    assert!(page.contains(r#"<input type="hidden" name="form" value="c2VhbGVk">"#));
    assert!(page.contains(r#"name="provider" value="google">Continue with Google</button>"#));
    assert!(page.contains(r#"name="provider" value="auth0">Continue with Auth0 <small>Not reachable right now</small></button>"#));
    assert!(page.contains(r#"<button name="cancel" value="1">"#));
}

#[test]
fn consent_names_client_server_scopes_and_the_host_it_returns_to() {
    let page = AuthorizePage { redirect_host: "callback.example.net".into(), ..consent() };
    let page = authorize(&page);
    for shown in [
        "<bdi>Claude Code</bdi></strong>” from <strong><bdi>claude.ai</bdi>",
        "<bdi>Demo tools</bdi>",
        "https:&#x2f;&#x2f;tools.example.com&#x2f;mcp",
        "See your profile and read data <code>read</code>",
        "your browser goes to <strong><bdi>callback.example.net</bdi></strong>",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn a_name_that_is_only_a_claim_is_called_one() {
    let page = authorize(&claimed("Claude Code"));
    assert!(page.contains("A program that calls itself “<strong><bdi>Claude Code"));
    assert!(page.contains("Nobody has checked this name"));
    assert!(!authorize(&consent()).contains("calls itself"));
}

#[test]
fn a_return_to_this_computer_is_warned_about() {
    let page = authorize(&claimed("Claude Code"));
    assert!(page.contains("a program on this computer (<strong><bdi>localhost</bdi></strong>)"));
    assert!(page.contains("Make sure you started that program yourself"));
    assert!(!authorize(&consent()).contains("class=\"warn\""));
}

#[test]
fn a_return_to_an_app_is_described_by_its_links() {
    let page = authorize(&AuthorizePage { redirect_host: "cursor:".into(), ..consent() });
    assert!(page.contains("the app on this device that handles <strong><bdi>cursor:</bdi>"));
}

#[test]
fn markup_in_a_name_is_shown_as_text() {
    let page = authorize(&claimed("</title><script>alert(1)</script><img src=x onerror=alert(1)>"));
    assert!(!page.contains("<script") && !page.contains("<img src=x"));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;"));
}

#[test]
fn a_name_that_turns_the_text_around_is_straightened() {
    let page = authorize(&claimed("Evil\u{202E}edoC edualC\u{2066}"));
    assert!(!page.contains(['\u{202E}', '\u{2066}']));
}

#[test]
fn a_name_of_ten_kilobytes_leaves_the_page_small() {
    let page = authorize(&claimed(&"x".repeat(10_240)));
    assert!(page.len() < 6_000, "{}", page.len());
    assert!(page.contains(&format!("{}…", "x".repeat(79))));
}

#[test]
fn a_long_host_is_shown_to_its_end() {
    let host = format!("accounts.google.com.{}.evil.example", "a".repeat(60));
    let page = authorize(&AuthorizePage { redirect_host: host.clone(), ..consent() });
    assert!(page.contains(&format!("<bdi>{host}</bdi>")));
}

#[test]
fn hostile_values_stay_inside_their_attributes() {
    let page = AuthorizePage {
        form: "\"><script>1</script>".into(),
        providers: vec![button("\" autofocus x=\"", "<b>", None)],
        ..consent()
    };
    let page = authorize(&page);
    assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("\" autofocus"));
}

#[test]
fn an_error_says_what_to_do_and_which_number_to_give() {
    let page = Pages::new().error(&failure());
    for shown in ["Error 400", "What you can do", "<bdi>01J9ZC8Q4T</bdi>", ">Try again</a>"] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn a_link_that_runs_code_or_leaves_unseen_is_not_shown() {
    for href in ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example"] {
        let page = ErrorPage { retry: Some(link(href, "Go")), back: None, ..failure() };
        assert!(!Pages::new().error(&page).contains("<a "), "{href}");
    }
}

#[test]
fn the_development_page_says_loudly_what_it_is_and_lists_every_user() {
    let page = Pages::new().dev_sign_in(&dev());
    assert!(page.contains("Development only"));
    assert!(page.contains(r#"<input type="hidden" name="state" value="a&quot;b">"#));
    for user in ["alice", "bob", "eve", "dora"] {
        assert!(page.contains(&format!(r#"name="user" value="{user}">"#)), "{user}");
    }
}

/// `cargo test --test it writes_every_page -- --ignored`, then
/// `node tests/e2e/screenshots.mjs target/pages`.
#[test]
#[ignore = "writes target/pages for tests/e2e/screenshots.mjs"]
fn writes_every_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    fs::create_dir_all(folder.join("static")).unwrap();
    for (name, page) in every_page() {
        fs::write(folder.join(name).with_extension("html"), page).unwrap();
    }
    for asset in ASSETS {
        fs::write(folder.join(asset.path.trim_start_matches('/')), asset.body).unwrap();
    }
}
