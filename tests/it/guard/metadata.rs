//! Protected resource metadata (RFC 9728), served without a web framework.

use axum::{Router, body::Body};
use http::{Method, Request, header};
use tower::ServiceExt as _;

use super::{World, shown};

async fn asked(method: Method) -> http::Response<Body> {
    let guard = World::new().guard;
    let path = guard.metadata_path();
    let app: Router = Router::new().route_service(&path, guard.metadata_service());
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap()
}

#[tokio::test]
async fn the_document_names_the_exact_url_and_never_offline_access() {
    let response = asked(Method::GET).await;
    assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    insta::assert_snapshot!(shown(response).await, @r#"
    200 OK
    {"resource":"https://mcp.example/mcp","authorization_servers":["https://auth.example"],"scopes_supported":["read"],"bearer_methods_supported":["header"],"resource_name":"Demo tools"}
    "#);
}

#[tokio::test]
async fn it_stands_between_host_and_path() {
    let guard = World::new().guard;
    assert_eq!(guard.metadata_path(), "/.well-known/oauth-protected-resource/mcp");
    let root = World::guarding("https://mcp.example").guard;
    assert_eq!(root.metadata_path(), "/.well-known/oauth-protected-resource");
}

#[tokio::test]
async fn a_preflight_is_answered_and_a_post_is_not() {
    let preflight = asked(Method::OPTIONS).await;
    assert_eq!(preflight.status(), 204);
    assert!(preflight.headers().contains_key(header::ACCESS_CONTROL_ALLOW_HEADERS));
    assert_eq!(asked(Method::POST).await.status(), 405);
}
