//! A server behind the gateway: it remembers what reached it and answers as it is told.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, extract::State};
use http::{Request, Response, request::Parts};
use http_body_util::{BodyExt as _, Collected};
use tokio::net::TcpListener;
use url::Url;

type Answer = Arc<dyn Fn(&Parts) -> Response<Body> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) url: Url,
    seen: Arc<Mutex<Vec<(Parts, String)>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Upstream {
    /// One that answers an empty result.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/behind", listener.local_addr().unwrap()).parse().unwrap();
        let good: Answer = Arc::new(|_| json(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#));
        let answer = Arc::new(Mutex::new(good));
        let upstream = Self { url, seen: Arc::default(), answer };
        let router = Router::new().fallback(answer_as_told).with_state(upstream.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        upstream
    }

    /// One that is not there.
    pub(crate) async fn nowhere() -> Self {
        let mut upstream = Self::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        upstream.url = format!("http://{}/behind", listener.local_addr().unwrap()).parse().unwrap();
        upstream
    }

    pub(crate) fn answers(
        &self,
        answer: impl Fn(&Parts) -> Response<Body> + Send + Sync + 'static,
    ) {
        *self.answer.lock().unwrap() = Arc::new(answer);
    }

    /// How many requests reached it.
    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// The head and body of the last request that reached it.
    pub(crate) fn last(&self) -> (Parts, String) {
        self.seen.lock().unwrap().last().cloned().expect("a request reached the upstream")
    }
}

async fn answer_as_told(
    State(upstream): State<Upstream>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let body = String::from_utf8_lossy(&body).into_owned();
    upstream.seen.lock().unwrap().push((parts.clone(), body));
    let answer = Arc::clone(&upstream.answer.lock().unwrap());
    answer(&parts)
}

pub(crate) fn json(body: &str) -> Response<Body> {
    let response = Response::builder().header("content-type", "application/json");
    response.body(Body::from(body.to_owned())).unwrap()
}
