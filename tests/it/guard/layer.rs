//! The layer around a service: every method, before any routing, and without the token inside.

use axum::{Extension, Router, body::Body, routing::post};
use countersign::guard::Caller;
use http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::json;
use tower::ServiceExt as _;

use super::{World, shown};

fn app(world: &World) -> Router {
    let echo = |Extension(caller): Extension<Caller>, headers: HeaderMap| async move {
        format!("{} {}", caller.user(), headers.contains_key(header::AUTHORIZATION))
    };
    Router::new()
        .route("/mcp", post(echo))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(world.guard.clone().layer())
}

fn request(method: Method, path: &str, token: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn every_method_without_a_token_is_401_and_never_405() {
    let world = World::new();
    for name in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
        let method = Method::from_bytes(name.as_bytes()).unwrap();
        let response = app(&world).oneshot(request(method, "/mcp", None)).await.unwrap();
        assert_eq!(response.status(), 401, "{name}");
        let challenge = response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.contains("resource_metadata="), "{name}");
        assert!(challenge.contains("scope=\"read\""), "{name}");
    }
}

#[tokio::test]
async fn paths_that_do_not_exist_are_401_too() {
    let world = World::new();
    let response = app(&world).oneshot(request(Method::GET, "/none", None)).await.unwrap();
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn inside_there_is_a_caller_and_no_token() {
    let world = World::new();
    let token = world.token(&json!({}));
    let sent = request(Method::POST, "/mcp", Some(&token));
    let response = app(&world).oneshot(sent).await.unwrap();
    assert_eq!(shown(response).await, "200 OK\nusr_alice false");
}

#[tokio::test]
async fn a_caller_that_came_with_the_request_is_replaced() {
    let world = World::new();
    let alice = world.call(&world.token(&json!({}))).await.unwrap();
    let mut sent = request(Method::POST, "/mcp", Some(&world.token(&json!({"sub": "usr_bob"}))));
    sent.extensions_mut().insert(alice);
    let response = app(&world).oneshot(sent).await.unwrap();
    assert_eq!(shown(response).await, "200 OK\nusr_bob false");
}

#[tokio::test]
async fn with_a_token_the_service_routes_as_ever() {
    let world = World::new();
    let token = world.token(&json!({}));
    let response = app(&world).oneshot(request(Method::GET, "/mcp", Some(&token))).await.unwrap();
    assert_eq!(response.status(), 405);
}
