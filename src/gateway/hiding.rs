//! Lists of tools on their way back to a caller who may not use them all: read whole where they come
//! as JSON, event by event where they come as a stream.

use std::{error::Error, sync::Arc};

use axum::{
    body::{Body, Bytes, HttpBody as _, to_bytes},
    http::{HeaderMap, Response, StatusCode, header},
};
use futures_util::{Stream, stream};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::{
    engine::policy::{Operation, Policy, Verdict},
    gateway::{
        judge::asker,
        listing::{Events, without_hidden},
        refused::error,
    },
    guard::Caller,
};

/// What one caller may see of a server's tools.
pub(super) struct Hiding {
    policy: Arc<Policy>,
    caller: Option<Caller>,
}

impl Hiding {
    /// None when the caller may use every tool there is.
    pub(super) fn of(policy: &Arc<Policy>, caller: Option<&Caller>) -> Option<Self> {
        let hides = policy.may_hide(caller.map(asker).as_ref());
        hides.then(|| Self { policy: Arc::clone(policy), caller: caller.cloned() })
    }

    /// The answer without the tools that are hidden. What cannot be read is not passed on.
    pub(super) async fn applied(self, answer: Response<Body>, id: &Value) -> Response<Body> {
        let (mut head, body) = answer.into_parts();
        let nothing_to_read = body.is_end_stream() || !head.status.is_success();
        let coded = head.headers.contains_key(header::CONTENT_ENCODING);
        let body = match kind(&head.headers) {
            _ if nothing_to_read => return Response::from_parts(head, body),
            "text/event-stream" if !coded => Some(Body::from_stream(self.in_events(body))),
            "application/json" if !coded => self.in_json(body).await,
            _ => None,
        };
        let Some(body) = body else { return unreadable(id) };
        head.headers.remove(header::CONTENT_LENGTH);
        Response::from_parts(head, body)
    }

    fn keeps(&self, tool: &str) -> bool {
        let asker = self.caller.as_ref().map(asker);
        self.policy.verdict(Operation::Tool(tool), asker.as_ref()) == Verdict::Allowed
    }

    async fn in_json(&self, body: Body) -> Option<Body> {
        let whole = to_bytes(body, MAX_LIST).await.ok()?;
        let changed = without_hidden(&whole, &|tool| self.keeps(tool)).ok()?;
        Some(changed.map_or_else(|| Body::from(whole), Body::from))
    }

    fn in_events(
        self,
        body: Body,
    ) -> impl Stream<Item = Result<Bytes, Box<dyn Error + Send + Sync>>> {
        let events = Events::new(MAX_LIST);
        stream::unfold(Some((body, events, self)), |under_way| async {
            let (mut body, mut events, hiding) = under_way?;
            loop {
                let Some(frame) = body.frame().await else {
                    let rest = events.finish(&|tool| hiding.keeps(tool));
                    return (!rest.is_empty()).then(|| (Ok(rest.into()), None));
                };
                let data = match frame.map(http_body::Frame::into_data) {
                    Ok(Ok(data)) => data,
                    Ok(Err(_trailers)) => continue,
                    Err(error) => return Some((Err(error.into()), None)),
                };
                match events.feed(&data, &|tool| hiding.keeps(tool)) {
                    Ok(shown) if shown.is_empty() => {}
                    Ok(shown) => return Some((Ok(shown.into()), Some((body, events, hiding)))),
                    Err(fault) => return Some((Err(fault.into()), None)),
                }
            }
        })
    }
}

/// The media type, without its parameters; of two a client could believe the other.
fn kind(headers: &HeaderMap) -> &str {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let sole = kinds.next().filter(|_| kinds.next().is_none());
    let kind = sole.and_then(|kind| kind.to_str().ok());
    kind.unwrap_or_default().split(';').next().unwrap_or_default().trim()
}

fn unreadable(id: &Value) -> Response<Body> {
    tracing::warn!(
        "a list of tools cannot be read, and so cannot be shown to somebody who may not use them all"
    );
    let text = "The MCP server behind this gateway answers what cannot be read.";
    error(StatusCode::BAD_GATEWAY, -32000, text, id)
}

/// The longest list, and the longest event of a stream that may carry one, in bytes.
const MAX_LIST: usize = 16 * 1024 * 1024;
