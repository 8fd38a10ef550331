//! DNS rebinding: a page elsewhere whose name was bound to our address after it was loaded.

use axum::body::Body;
use http::{Request, header};

use crate::harness::{Form, Service};

async fn status(service: &Service, method: &str, path: &str, host: &str) -> u16 {
    let request = Request::builder().method(method).uri(path).header(header::HOST, host);
    service.send(request.body(Body::empty()).unwrap()).await.status.as_u16()
}

#[tokio::test]
async fn pages_and_the_consent_are_refused_under_another_name() {
    let service = Service::start().await;
    let ask = format!("/authorize?{}", service.ask(&service.client().await).encoded());
    for host in ["evil.example", "evil.example:8000", "localhost.evil.example:8000", ""] {
        for path in [&ask, "/", "/sign-out", "/signed-out", "/callback/dev"] {
            assert_eq!(status(&service, "GET", path, host).await, 421, "{path} at {host}");
        }
        let form = Form::of(&[("form", "x"), ("provider", "dev")]);
        let answer = service.post("/authorize", &form, &[("host", host)]).await;
        assert_eq!(answer.page(), "421 This request is for somebody else");
    }
    let elsewhere = format!("http://evil.example:8000{ask}");
    assert_eq!(status(&service, "GET", &elsewhere, "localhost:8000").await, 421);
}

#[tokio::test]
async fn every_loopback_name_opens_the_pages_of_a_service_on_this_machine() {
    let service = Service::start().await;
    let ask = format!("/authorize?{}", service.ask(&service.client().await).encoded());
    for host in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "127.0.0.1:49152"] {
        assert_eq!(status(&service, "GET", &ask, host).await, 200, "{host}");
    }
}

#[tokio::test]
async fn machines_are_answered_under_any_name() {
    let service = Service::start().await;
    for path in ["/jwks", "/healthz", "/.well-known/oauth-authorization-server"] {
        assert_eq!(status(&service, "GET", path, "countersign:8000").await, 200, "{path}");
    }
}
