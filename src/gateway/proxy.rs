//! A server behind us that speaks Streamable HTTP: what the gate admitted goes on to it, and its answer
//! comes back as it arrives, neither of them held longer than it takes.

use std::{borrow::Cow, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header, request::Parts},
};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde_json::Value;
use tower::Service;
use url::Url;

use crate::{
    ambient::Clock,
    engine::policy::Policy,
    gateway::{
        head,
        identity::Identity,
        idle::Idle,
        judge::Asked,
        refused::{Refused, error},
        session::{Session, SessionSeal},
    },
    guard::Caller,
};

/// What leads to one server behind us.
pub struct Proxy {
    /// The connections to it.
    pub pool: Pool,
    /// The server's URL, without a query.
    pub upstream: Url,
    /// How it learns who calls.
    pub identity: Identity,
    /// What it is told with every request besides.
    pub headers: HeaderMap,
    /// What scopes imply.
    pub policy: Arc<Policy>,
    /// Its sessions.
    pub sessions: SessionSeal,
    /// The time until an answer begins.
    pub first_byte: Duration,
    /// The time an answer may pause.
    pub idle: Duration,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// Connections to a server behind us, kept open between calls.
pub type Pool = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A pool whose connections must stand within `connect`.
///
/// # Errors
/// When the system's certificates cannot be had.
pub fn pool(connect: Duration) -> std::io::Result<Pool> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(Duration::from_mins(1)));
    tcp.set_connect_timeout(Some(connect));
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let tls = HttpsConnectorBuilder::new().with_provider_and_platform_verifier(provider)?;
    let connector = tls.https_or_http().enable_all_versions().wrap_connector(tcp);
    let mut client = Client::builder(TokioExecutor::new());
    client.pool_timer(TokioTimer::new()).pool_idle_timeout(KEPT);
    Ok(client.build(connector))
}

/// The server behind, to be put behind a gate.
#[must_use]
pub fn proxied(
    proxy: Proxy,
) -> impl Service<Request, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    let proxy = Arc::new(proxy);
    tower::service_fn(move |request: Request| {
        let proxy = Arc::clone(&proxy);
        async move { Ok(proxy.pass_on(request).await) }
    })
}

/// Why there is no answer from the server behind.
enum Failed {
    /// The gateway itself refuses.
    Refused(Refused),
    /// It cannot be reached, or broke off.
    Unreachable,
    /// It took too long to begin its answer.
    Late,
    /// No client of MCP has such a method.
    Method,
    /// It answers what no MCP server should; with what to tell the client.
    Unfit(&'static str),
    /// We cannot say who calls.
    Unsigned,
}

impl Proxy {
    async fn pass_on(&self, request: Request) -> Response<Body> {
        let asked = request.extensions().get::<Arc<Asked>>().cloned();
        let id = || asked.map(|asked| asked.id.clone()).unwrap_or_default();
        self.answer(request).await.unwrap_or_else(|failed| failed.response(&id()))
    }

    async fn answer(&self, request: Request) -> Result<Response<Body>, Failed> {
        if ![Method::GET, Method::POST, Method::DELETE].contains(request.method()) {
            return Err(Failed::Method);
        }
        let (mut parts, body) = request.into_parts();
        let caller = parts.extensions.remove::<Caller>();
        let user = caller.as_ref().map(Caller::user);
        let session = self.sessions.open(&mut parts.headers, user).map_err(Failed::Refused)?;
        let onward = self.onward(&parts, caller.as_ref(), whole(&parts, body).await?)?;
        let answer = tokio::time::timeout(self.first_byte, self.pool.request(onward)).await;
        let answer = answer.map_err(|_| self.told(Failed::Late, &"no answer began in time"))?;
        let answer = answer.map_err(|error| self.told(Failed::Unreachable, &causes(&error)))?;
        self.accepted(answer.status(), answer.headers().get(header::LOCATION))?;
        if session.is_none() && nothing_there(&answer) {
            self.misled();
        }
        Ok(self.back(answer, session.as_ref(), caller.as_ref()))
    }

    fn onward(
        &self,
        parts: &Parts,
        caller: Option<&Caller>,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, Failed> {
        let mut headers = head::onward(&parts.headers);
        headers.extend(self.headers.clone());
        if let Some(caller) = caller {
            let scopes = self.policy.expand(caller.scopes());
            let told = self.identity.tell(&mut headers, caller, &scopes, self.clock.now());
            told.map_err(|error| self.told(Failed::Unsigned, &error))?;
        }
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let mut onward = Request::new(Full::new(body));
        *onward.method_mut() = parts.method.clone();
        *onward.uri_mut() = self.uri(parts.uri.query())?;
        *onward.headers_mut() = headers;
        Ok(onward)
    }

    fn uri(&self, query: Option<&str>) -> Result<Uri, Failed> {
        let mut url = Cow::Borrowed(&self.upstream);
        if query.is_some() {
            url.to_mut().set_query(query); // encodes what no request may carry as it is
        }
        url.as_str().parse().map_err(|error| self.told(Failed::Unreachable, &error))
    }

    /// Redirects and challenges are between us and the server behind: a client that followed them would
    /// leave by the side door, or sign in for ever. Nobody asked for another protocol either: a proxy
    /// before us that saw 101 would no longer tell one person's requests from another's.
    fn accepted(&self, status: StatusCode, to: Option<&HeaderValue>) -> Result<(), Failed> {
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            let failed = Failed::Unfit("The MCP server behind this gateway does not accept it.");
            return Err(
                self.told(failed, &"it answers 401; turn its own sign-in off, or see `identity`")
            );
        }
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            let failed = Failed::Unfit("The MCP server behind this gateway has moved.");
            let to = to.and_then(|to| to.to_str().ok()?.split(['?', '#']).next());
            let to = to.unwrap_or("nowhere");
            let why = format!("it redirects to {to}; set `upstream` to where it stands");
            return Err(self.told(failed, &why));
        }
        if status.is_informational() {
            let failed = Failed::Unfit("The MCP server behind this gateway answers no request.");
            return Err(self.told(failed, &format!("it answers {status}")));
        }
        Ok(())
    }

    fn back(
        &self,
        answer: Response<hyper::body::Incoming>,
        session: Option<&Session>,
        caller: Option<&Caller>,
    ) -> Response<Body> {
        let (head, body) = answer.into_parts();
        let mut headers = head::back(&head.headers);
        self.sessions.seal(&mut headers, session, caller.map(Caller::user));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NO_PAGE));
        let mut response = Response::new(Body::new(Idle::new(body, self.idle)));
        *response.status_mut() = head.status;
        *response.headers_mut() = headers;
        response
    }

    /// Tells the operator that nothing stands at this path; the client gets the answer as it is.
    fn misled(&self) {
        tracing::warn!(server = %self.sessions.server, upstream = %self.upstream, "the server behind answers 404; see that the path of `upstream` is right");
    }

    /// Tells the operator why, once.
    fn told(&self, failed: Failed, why: &dyn std::fmt::Display) -> Failed {
        tracing::warn!(server = %self.sessions.server, upstream = %self.upstream, %why, "the server behind did not answer");
        failed
    }
}

/// Whether a web server says that it has nothing there; an MCP server says 404 in JSON, about a method.
fn nothing_there<B>(answer: &Response<B>) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    answer.status() == StatusCode::NOT_FOUND && !json
}

/// What the gate has read already; only a POST has anything to say.
async fn whole(parts: &Parts, body: Body) -> Result<Bytes, Failed> {
    if parts.method != Method::POST {
        return Ok(Bytes::new());
    }
    axum::body::to_bytes(body, usize::MAX).await.map_err(|_| Failed::Refused(Refused::TooLong))
}

/// An error and what caused it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    if text.ends_with("InvalidContentType") {
        text.push_str(" (no TLS there; is it http?)"); // what rustls says of a plain answer
    }
    text
}

impl Failed {
    fn response(self, id: &Value) -> Response<Body> {
        let (status, text) = match self {
            Self::Refused(refused) => return refused.response(None),
            Self::Method => {
                let text = "This method is not allowed here.";
                let mut response = error(StatusCode::METHOD_NOT_ALLOWED, -32000, text, id);
                let allow = HeaderValue::from_static("GET, POST, DELETE");
                response.headers_mut().insert(header::ALLOW, allow);
                return response;
            }
            Self::Unreachable => {
                (StatusCode::BAD_GATEWAY, "The MCP server behind this gateway cannot be reached.")
            }
            Self::Late => (
                StatusCode::GATEWAY_TIMEOUT,
                "The MCP server behind this gateway did not answer in time.",
            ),
            Self::Unfit(text) => (StatusCode::BAD_GATEWAY, text),
            Self::Unsigned => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here."),
        };
        error(status, -32000, text, id)
    }
}

/// What a browser that is led here may make of an answer: nothing, and nothing of our origin.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";
/// Less than the five seconds after which Node.js closes a connection that rests.
const KEPT: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_404_of_a_web_server_is_told_from_one_of_an_mcp_server() {
        let answer = |kind: Option<&str>, status: u16| {
            let answer = Response::builder().status(status);
            let answer = kind.into_iter().fold(answer, |it, kind| it.header("content-type", kind));
            nothing_there(&answer.body(()).unwrap())
        };
        assert!(answer(Some("text/plain; charset=utf-8"), 404) && answer(None, 404));
        assert!(!answer(Some("application/json"), 404) && !answer(None, 200));
    }

    #[test]
    fn https_where_plain_http_is_spoken_is_told_as_that() {
        let error = std::io::Error::other("received corrupt message of type InvalidContentType");
        assert!(causes(&error).ends_with("is it http?)"));
        assert_eq!(causes(&std::io::Error::other("refused")), "refused");
    }
}
