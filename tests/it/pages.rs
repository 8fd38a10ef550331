//! The pages as a browser receives them.

mod samples;

use std::{fs, path::Path};

use countersign::web::pages::{ASSETS, AuthorizePage, ErrorPage, Pages, style};

use self::samples::{button, claimed, consent, dev, every_page, failure, link};

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
