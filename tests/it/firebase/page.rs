//! The page that runs the SDK: what it loads, what it may reach, what it is told.

use serde_json::{Value, json};

use super::{
    google::{API_KEY, PROJECT},
    world::World,
};

#[tokio::test]
async fn the_page_may_reach_google_and_the_projects_one_domain_and_nothing_else() {
    let world = World::sdk().await;
    let page = world.open(&mut world.service.browser()).await;
    let mut lines: Vec<_> =
        page.answer.headers.iter().map(|(n, v)| format!("{n}: {v:?}")).collect();
    lines.retain(|line| !line.starts_with("x-request-id") && !line.starts_with("content-length"));
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    cache-control: "no-store"
    content-security-policy: "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; script-src 'self' https://apis.google.com; connect-src 'self' https://identitytoolkit.googleapis.com https://securetoken.googleapis.com; frame-src https://example-1a2b3.firebaseapp.com; form-action 'none'"
    content-type: "text/html; charset=utf-8"
    cross-origin-opener-policy: "same-origin-allow-popups"
    permissions-policy: "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    referrer-policy: "no-referrer"
    x-content-type-options: "nosniff"
    x-frame-options: "DENY"
    "#);
}

#[tokio::test]
async fn the_page_is_told_the_project_and_where_to_post_and_no_secret() {
    let world = World::with(&["tenant = \"corp-x1y2z\""], &[]).await;
    let page = world.open(&mut world.service.browser()).await;
    let config = block(&page.answer.body, "firebase-config");
    let wanted = json!({
        "apiKey": API_KEY, "authDomain": format!("{PROJECT}.firebaseapp.com"),
        "projectId": PROJECT, "tenantId": "corp-x1y2z", "state": page.state,
        "post": "/callback/firebase", "emulator": null,
    });
    assert_eq!(config, wanted);
    assert!(page.state.starts_with("cs_st_"));
    assert!(!page.answer.body.contains("cs_bt_"), "the browser's own token is in its cookie alone");
}

#[tokio::test]
async fn every_script_is_a_file_of_ours_or_data() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let tags: Vec<_> = page.answer.body.split("<script").skip(1).collect();
    let heads: Vec<_> = tags.iter().map(|tag| tag.split('>').next().unwrap()).collect();
    assert_eq!(heads.len(), 3, "{heads:?}");
    assert!(heads[..2].iter().all(|head| head.starts_with(" type=\"application/json\" id=")));
    let source = heads[2].strip_prefix(" type=\"module\" src=\"").unwrap().trim_end_matches('"');
    let source = source.replace("&#x2f;", "/");
    assert!(source.starts_with("/static/firebase-sign-in"), "{source}");
    let module = browser.get(&source).await;
    assert_eq!((module.status.as_u16(), module.header("content-type")), (200, SCRIPT));
    assert!(!page.answer.body.contains("onclick") && !page.answer.body.contains("javascript:"));
}

#[tokio::test]
async fn each_way_to_sign_in_that_opens_a_window_has_a_button() {
    let ways = "sign_in = [\"google.com\", \"github.com\", \"password\", \"oidc.corp\"]";
    let world = World::with(&[ways], &[]).await;
    let page = world.open(&mut world.service.browser()).await;
    let buttons: Vec<_> = page.answer.body.split("data-provider=\"").skip(1).collect();
    let named: Vec<_> = buttons.iter().map(|tag| tag.split('"').next().unwrap()).collect();
    assert_eq!(named, ["google.com", "github.com", "oidc.corp"]);
    for label in ["Continue with Google", "Continue with GitHub", "Continue with corp"] {
        assert!(page.answer.body.contains(label), "{label}");
    }
}

#[tokio::test]
async fn a_client_s_name_cannot_write_into_the_page() {
    let world = World::sdk().await;
    let name = "</script><script>alert(1)</script>";
    let metadata = json!({
        "client_name": name, "redirect_uris": [crate::harness::REDIRECT],
        "token_endpoint_auth_method": "none",
    });
    let registered = world.service.register(&metadata).await.json();
    let ask = world.service.ask(registered["client_id"].as_str().unwrap());
    let mut browser = world.service.browser();
    let here = world.service.to_provider(&mut browser, &ask, "firebase").await;
    let page = browser.get(&here).await;
    assert!(!page.body.contains("<script>"), "{}", page.body);
}

#[tokio::test]
async fn the_page_needs_its_sign_in_and_opening_it_changes_nothing() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    for _ in 0..3 {
        assert_eq!(browser.get(&page.here).await.status, 200);
    }
    assert_eq!(world.service.rows(), "clients 1, sign_ins 1");
    for path in ["/sign-in/firebase", "/sign-in/firebase?state=x", "/sign-in/nobody?state=x"] {
        assert_eq!(browser.get(path).await.page(), super::world::EXPIRED, "{path}");
    }
    let mut other = world.service.browser();
    assert_eq!(other.get(&page.here).await.page(), super::world::EXPIRED);
}

/// The data in one script element.
fn block(page: &str, id: &str) -> Value {
    let start = format!("<script type=\"application/json\" id=\"{id}\">");
    let data = page.split(&start).nth(1).unwrap().split("</script>").next().unwrap();
    serde_json::from_str(data).unwrap()
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
