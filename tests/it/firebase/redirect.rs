//! The redirect mode when all is well: Google's code flow here, the Firebase token from Identity Toolkit.

use serde_json::{Value, json};

use super::{
    google::{API_KEY, UID},
    toolkit::{SIGN_IN, hex_hash},
    world::{World, configured},
};
use crate::federation::{kind::SECRET, world::query};

#[tokio::test]
async fn a_person_signs_in_by_google_and_no_token_passes_through_the_browser() {
    let world = World::redirect(&[]).await;
    let mut browser = world.service.browser();
    let leaving = world.leave(&mut browser).await;
    assert!(leaving.starts_with(&format!("{}/o/auth?", world.google.uri)), "{leaving}");
    let back = world.google.now(|desk| desk.sign_in(&leaving));
    let answer = browser.get(&back).await;
    let landing = answer.landing();
    world.keeps_secrets(&answer);
    let (scopes, _) = world.redeem(&landing).await;
    assert_eq!(scopes, "admin read write");
    let rows = "clients 1, codes 1, consents 1, grants 1, identities 1, users 1";
    assert_eq!(world.service.rows(), rows);
    assert!(world.service.database_holds(UID), "the person is the project's, not Google's");
    world.log_keeps_secrets();
}

#[tokio::test]
async fn google_is_given_the_hash_of_the_nonce_that_the_toolkit_is_given() {
    let world = World::redirect(&[]).await;
    let mut browser = world.service.browser();
    let leaving = world.leave(&mut browser).await;
    let sent = query(&leaving, "nonce").unwrap();
    let back = world.google.now(|desk| desk.sign_in(&leaving));
    assert!(browser.get(&back).await.landing().contains_key("code"));
    let asked = &world.google.requests(SIGN_IN).await[0];
    assert_eq!(asked.url.query(), Some(format!("key={API_KEY}").as_str()));
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    let post = format!("http://x/?{}", body["postBody"].as_str().unwrap());
    let raw = query(&post, "nonce").unwrap();
    assert_eq!(sent, hex_hash(&raw));
    assert!(!leaving.contains(&raw));
    assert_eq!(query(&post, "providerId").as_deref(), Some("google.com"));
    assert_eq!(body["requestUri"], json!("http://localhost:8000/callback/firebase"));
    assert_eq!(body["returnIdpCredential"], json!(false));
    let names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names.len(), 4, "{names:?}");
}

#[tokio::test]
async fn google_is_asked_as_a_code_flow_is_asked() {
    let world = World::redirect(&[]).await;
    let leaving = world.leave(&mut world.service.browser()).await;
    let one = |name: &str| query(&leaving, name).unwrap_or_default();
    assert_eq!(one("scope"), "openid email profile");
    assert_eq!(one("prompt"), "select_account");
    assert_eq!((one("code_challenge_method").as_str(), one("code_challenge").len()), ("S256", 43));
    assert_eq!(one("redirect_uri"), "http://localhost:8000/callback/firebase");
    assert!(one("state").starts_with("cs_st_"));
    assert!(!leaving.contains(SECRET) && !leaving.contains(API_KEY));
}

#[tokio::test]
async fn no_page_of_the_sign_in_runs_a_script() {
    let world = World::redirect(&[]).await;
    let mut browser = world.service.browser();
    let ask = world.service.ask(&world.client);
    let page = browser.get(&format!("/authorize?{}", ask.encoded())).await;
    assert!(!page.body.contains("<script"), "{}", page.body);
    assert!(!page.header("content-security-policy").contains("script-src"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    for path in ["sign-in", "confirm"] {
        let page = browser.get(&format!("/{path}/firebase?state=x")).await;
        assert_eq!(page.page(), super::world::EXPIRED);
        assert!(!page.body.contains("<script"));
    }
}

#[tokio::test]
async fn the_tenant_is_named_to_the_toolkit() {
    let world = World::redirect(&["tenant = \"corp-x1y2z\""]).await;
    world.google.now(|desk| {
        desk.toolkit.tenant = Some("corp-x1y2z");
        desk.person["firebase"]["tenant"] = json!("corp-x1y2z");
    });
    let landing = world.walk_by_google().await.landing();
    assert_eq!(world.redeem(&landing).await.0, "admin read write");
}

#[tokio::test]
async fn the_mode_is_redirect_where_google_has_an_id_and_a_secret_and_sdk_where_not() {
    let redirects = |variables: &[(&str, &str)], keys: &[&str]| {
        let setup = variables
            .iter()
            .fold(configured("http://127.0.0.1:1", keys), |it, (n, v)| it.variable(n, v));
        let config = setup.load().unwrap();
        config.providers[0].firebase.as_deref().unwrap().google.is_some()
    };
    let web = [("GOOGLE_CLIENT_ID", "a"), ("GOOGLE_CLIENT_SECRET", "b")];
    assert!(redirects(&web, &[]));
    assert!(!redirects(&[], &[]));
    assert!(!redirects(&[("GOOGLE_CLIENT_ID", ""), ("GOOGLE_CLIENT_SECRET", "")], &[]));
    assert!(!redirects(&web, &["mode = \"sdk\""]), "the file's word counts");
    assert!(redirects(&web, &["mode = \"redirect\""]));
}
