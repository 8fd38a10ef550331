//! Less than any gateway may do that decides by the tool: it reads the call, looks which tool it names, asks
//! the server behind over a connection that is kept, and passes the answer on as it comes. No header of the
//! client's goes on, and nothing is timed.

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

    async fn pass(self, call: Bytes) -> anyhow::Result<Response<Body>> {
        let read: Call<'_> = serde_json::from_slice(&call)?;
        let allowed = (read.method, read.params.name) == ("tools/call", "echo");
        anyhow::ensure!(allowed, "another tool");
        let onward = Request::post(self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .body(Full::new(call))?;
        Ok(self.pool.request(onward).await?.map(Body::new))
    }
}

pub(super) async fn passed(
    State(way): State<Way>,
    call: Bytes,
) -> Result<Response<Body>, (StatusCode, String)> {
    way.pass(call).await.map_err(|error| (StatusCode::BAD_GATEWAY, format!("{error:#}")))
}
