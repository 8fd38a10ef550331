//! What it publishes, and beside whom it may stand.

use countersign::{
    devidp::NotLoopback,
    jose::{algorithm::Algorithm, keys::KeySet},
};

use super::{KEY, World, build, json_of, text};

#[tokio::test]
async fn its_metadata_names_its_endpoints_and_itself() {
    let document = json_of(World::new().get("/.well-known/openid-configuration").await).await;
    assert_eq!(document["issuer"], "http://localhost:8001");
    assert_eq!(document["token_endpoint"], "http://localhost:8001/token");
    assert_eq!(document["id_token_signing_alg_values_supported"][0], "ES256");
    assert_eq!(document["code_challenge_methods_supported"][0], "S256");
}

#[tokio::test]
async fn its_key_set_holds_its_public_key_only() {
    let body = text(World::new().get("/jwks").await).await;
    let keys = KeySet::parse(body.as_bytes(), &[Algorithm::Es256]).unwrap();
    assert!(keys.has(KEY.kid().as_str()) && !body.contains("\"d\""));
}

#[test]
fn it_refuses_to_exist_beside_a_public_url_or_under_a_public_name() {
    assert!(build("http://localhost:8001", "http://127.0.0.1:8000").is_ok());
    assert_eq!(build("http://localhost:8001", "https://a.example").err(), Some(NotLoopback));
    assert_eq!(build("https://idp.example", "http://localhost:8000").err(), Some(NotLoopback));
}

#[tokio::test]
async fn after_signing_out_only_a_registered_page_is_returned_to() {
    let world = World::new();
    let back = "post_logout_redirect_uri=http://localhost:8000/signed-out&state=x";
    let response = world.get(&format!("/end_session?{back}")).await;
    assert_eq!(response.headers()["location"], "http://localhost:8000/signed-out?state=x");
    let evil = world.get("/end_session?post_logout_redirect_uri=https://evil.example").await;
    assert_eq!(evil.status(), 400);
    assert_eq!(world.get("/end_session").await.status(), 200);
}

#[tokio::test]
async fn who_opens_its_address_reads_what_it_is_and_where_to_sign_in() {
    let page = text(World::new().get("/").await).await;
    assert!(page.contains("development identity provider"), "{page}");
    assert!(page.contains(r#"<a href="http://localhost:8000">"#), "{page}");
}
