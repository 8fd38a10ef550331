//! What every gateway that decides by the tool does, and nothing else: it reads the call, looks which tool
//! it names, asks the server behind over a connection that is kept, and passes the answer on as it comes.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{Request, Response, StatusCode, header},
};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::Deserialize;

/// The way to the server behind.
#[derive(Clone)]
pub(super) struct Way {
    pool: Client<HttpConnector, Full<Bytes>>,
    url: String,
}

#[derive(Deserialize)]
struct Call<'a> {
    method: &'a str,
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Params<'a> {
    name: &'a str,
}

impl Way {
    /// To this address and port.
    pub(super) fn to(address: &str) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        let pool = Client::builder(TokioExecutor::new()).build(tcp);
        Self { pool, url: format!("http://{address}/mcp") }
    }
}

pub(super) async fn passed(
    State(way): State<Way>,
    call: Bytes,
) -> Result<Response<Body>, (StatusCode, String)> {
    let read: Call<'_> = serde_json::from_slice(&call).map_err(bad)?;
    if (read.method, read.params.name) != ("tools/call", "echo") {
        return Err(bad("another tool"));
    }
    let onward = Request::post(way.url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .body(Full::new(call))
        .map_err(bad)?;
    Ok(way.pool.request(onward).await.map_err(bad)?.map(Body::new))
}

fn bad(why: impl ToString) -> (StatusCode, String) {
    (StatusCode::BAD_GATEWAY, why.to_string())
}
