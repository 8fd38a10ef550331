//! `/authorize` of the development identity provider.

use super::{World, ask, landing, text};

#[tokio::test]
async fn the_page_offers_every_user_and_carries_the_request() {
    let world = World::new();
    let response = world.get(&format!("/authorize?{}", ask().encoded())).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'none'"));
    insta::assert_snapshot!(text(response).await, @r#"countersign-dev /authorize ["alice", "bob", "mallory"] ["client_id=countersign-dev", "redirect_uri=http://localhost:8000/callback/dev", "response_type=code", "scope=openid email profile", "state=s t", "nonce=n1", "code_challenge=g80hPkaKL7rbUpYj1pvTaDr7jxOh8KvDFn00a94wNxk", "code_challenge_method=S256"]"#);
}

#[tokio::test]
async fn a_hinted_user_comes_first() {
    let world = World::new();
    for hint in ["bob", "bob@example.com"] {
        let form = ask().with("login_hint", hint);
        let page = text(world.get(&format!("/authorize?{}", form.encoded())).await).await;
        assert!(page.contains(r#"["bob", "alice", "mallory"]"#), "{page}");
    }
}

#[tokio::test]
async fn a_pressed_button_returns_code_state_and_issuer_once_each() {
    let world = World::new();
    let response = world.post("/authorize", &ask().with("user", "alice"), None).await;
    let landed = landing(&response);
    assert_eq!(landed.len(), 3);
    assert!(landed["code"].starts_with("cs_ac_"));
    assert_eq!(
        (landed["state"].as_str(), landed["iss"].as_str()),
        ("s t", "http://localhost:8001")
    );
}

#[tokio::test]
async fn a_request_by_post_shows_the_page_too() {
    let world = World::new();
    assert_eq!(world.post("/authorize", &ask(), None).await.status(), 200);
}

#[tokio::test]
async fn an_unknown_client_or_redirect_is_never_redirected() {
    let world = World::new();
    for form in [
        ask().with("client_id", "other"),
        ask().without("client_id"),
        ask().with("redirect_uri", "http://localhost:8000/callback/dev/"),
        ask().with("redirect_uri", "http://localhost:9999/callback/dev"),
        ask().with("redirect_uri", "https://evil.example/"),
        ask().without("redirect_uri"),
    ] {
        let response = world.post("/authorize", &form.with("user", "alice"), None).await;
        assert_eq!(response.status(), 400);
        assert!(!response.headers().contains_key("location"));
    }
    let twice = format!("{}&state=other", ask().encoded());
    assert_eq!(world.get(&format!("/authorize?{twice}")).await.status(), 400);
}

#[tokio::test]
async fn every_other_fault_is_told_to_the_client() {
    let world = World::new();
    for (form, error) in [
        (ask().with("response_type", "token"), "unsupported_response_type"),
        (ask().without("response_type"), "unsupported_response_type"),
        (ask().with("scope", "email"), "invalid_scope"),
        (ask().with("prompt", "none"), "login_required"),
        (ask().with("request", "x"), "request_not_supported"),
        (ask().without("nonce"), "invalid_request"),
        (ask().without("code_challenge"), "invalid_request"),
        (ask().with("code_challenge", "short"), "invalid_request"),
        (ask().with("code_challenge_method", "plain"), "invalid_request"),
        (ask().without("code_challenge_method"), "invalid_request"),
        (ask().with("user", "nobody"), "access_denied"),
    ] {
        let landed = landing(&world.post("/authorize", &form, None).await);
        assert_eq!(landed["error"], error);
        assert_eq!(landed["state"], "s t");
        assert_eq!(landed["iss"], "http://localhost:8001");
        assert!(!landed.contains_key("code"));
    }
}
