//! `POST`: messages to a process, and the answers.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderValue, Request, Response, StatusCode, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::time::timeout;

use super::{
    Endpoint, SESSION_ID, accepts_events,
    frame::{self, Kind, Members},
    inbox::Inbox,
    is_stateless,
    pool::{NoProcess, Owner},
    process::Process,
    reply::{self, Failed},
    traffic::{Ended, Item, ItemKind, Refused},
};
use crate::ambient::random;

/// One body, read.
struct Posted<'a> {
    messages: Vec<Members<'a>>,
    batch: bool,
    events: bool,
    stateless: bool,
}

impl Endpoint {
    pub(super) async fn post(&self, owner: &Owner, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, MAX_BODY).await else {
            return Failed::TooLong.response("null");
        };
        let Some(posted) = str::from_utf8(&body).ok().and_then(|text| Posted::read(text, &parts))
        else {
            return Failed::Unreadable.response("null");
        };
        let id = posted.id();
        let answered = self.pass(owner, &parts, posted).await;
        answered.unwrap_or_else(|failed| failed.response(&id))
    }

    async fn pass(
        &self,
        owner: &Owner,
        parts: &Parts,
        mut posted: Posted<'_>,
    ) -> Result<Response<Body>, Failed> {
        let named = parts.headers.contains_key(SESSION_ID);
        if posted.initializes() {
            if named || posted.messages.len() > 1 {
                return Err(Failed::Initialized);
            }
            return self.open(owner, posted).await;
        }
        if named || !is_stateless(&parts.headers) {
            return self.ask(self.session(owner, &parts.headers)?, posted).await;
        }
        posted.stateless = true;
        let process = self.pool.stateless(owner).map_err(Failed::NoProcess)?;
        self.ask(process, posted).await
    }

    /// Starts a process, and a session with it once it has agreed to be initialized.
    async fn open(&self, owner: &Owner, posted: Posted<'_>) -> Result<Response<Body>, Failed> {
        let (number, process) = self.pool.open(owner).map_err(Failed::NoProcess)?;
        let opening = Opening(Some(Arc::clone(&process)));
        let (batch, events) = (posted.batch, posted.events);
        let plain = Posted { events: false, ..posted };
        let mut inbox = self.send(&process, plain).await?.ok_or(Failed::Unreadable)?;
        let Ok(first) = timeout(self.times.start, inbox.next()).await else {
            process.end(Ended::Slow);
            return Err(Failed::Slow(Ended::Slow.to_string()));
        };
        let first = first.ok_or_else(|| ended(&process))?;
        if first.kind == ItemKind::Failure || error_code(&first).is_some() {
            process.end(Ended::Refused);
            return Ok(reply::answers(&[first], batch));
        }
        let session = URL_SAFE_NO_PAD.encode(random::<32>(&*self.entropy));
        self.pool.name(&session, number);
        opening.done();
        let mut response = if events {
            reply::events(inbox.into_events(Some(first), self.times.beat))
        } else {
            reply::answers(&[first], batch)
        };
        if let Ok(session) = HeaderValue::from_str(&session) {
            response.headers_mut().insert(SESSION_ID, session);
        }
        Ok(response)
    }

    /// Asks a running process.
    async fn ask(
        &self,
        process: Arc<Process>,
        posted: Posted<'_>,
    ) -> Result<Response<Body>, Failed> {
        let (batch, events, stateless) = (posted.batch, posted.events, posted.stateless);
        let Some(mut inbox) = self.send(&process, posted).await? else {
            return Ok(reply::empty(StatusCode::ACCEPTED));
        };
        let first = timeout(self.times.head, inbox.next()).await;
        if let Ok(first) = &first {
            let first = first.as_ref().ok_or_else(|| ended(&process))?;
            let status = error_code(first).filter(|_| stateless && !batch).and_then(status_of);
            if let Some(status) = status {
                return Ok(reply::json(status, first.text.clone()));
            }
        }
        let first = first.ok().flatten();
        let failed = first.as_ref().is_some_and(|first| first.kind == ItemKind::Failure);
        if events && !failed {
            return Ok(reply::events(inbox.into_events(first, self.times.beat)));
        }
        let answers = inbox.answers(first).await;
        if answers.is_empty() {
            return Err(ended(&process));
        }
        Ok(reply::answers(&answers, batch))
    }

    /// Hands the messages over; the stream of the answers, if any are to come.
    async fn send(
        &self,
        process: &Arc<Process>,
        posted: Posted<'_>,
    ) -> Result<Option<Inbox>, Failed> {
        let taken = process.traffic.take_in(posted.messages, posted.events);
        let taken = taken.map_err(|refused| match refused {
            Refused::Ended if posted.stateless => ended(process),
            Refused::Ended => Failed::NoSession,
            Refused::Busy => Failed::Busy,
            Refused::Unreadable => Failed::Unreadable,
        })?;
        let inbox = taken.outlet.map(|outlet| Inbox::new(Arc::clone(process), outlet));
        let written = process.write(taken.lines, self.times.stalled).await;
        written.map_err(|_| Failed::NotRead)?;
        Ok(inbox)
    }
}

/// A process that has no session yet: it ends with the request, unless there comes to be one.
struct Opening(Option<Arc<Process>>);

impl Opening {
    fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(process) = &self.0 {
            process.end(Ended::Closed);
        }
    }
}

impl<'a> Posted<'a> {
    fn read(text: &'a str, parts: &Parts) -> Option<Self> {
        let (messages, batch) = frame::split(text).ok()?;
        let events = accepts_events(&parts.headers);
        let fit = !messages.is_empty() && messages.iter().all(|it| it.kind().is_some());
        fit.then_some(Self { messages, batch, events, stateless: false })
    }

    fn initializes(&self) -> bool {
        let mut requests = self.messages.iter().filter(|it| it.kind() == Some(Kind::Request));
        requests.any(|request| request.method().as_deref() == Some("initialize"))
    }

    /// The id to answer to when nothing else can be said.
    fn id(&self) -> String {
        match self.messages.as_slice() {
            [message] if message.kind() == Some(Kind::Request) => {
                message.get("id").unwrap_or("null").to_owned()
            }
            _ => "null".to_owned(),
        }
    }
}

fn ended(process: &Process) -> Failed {
    match process.traffic.ended() {
        Some(Ended::Stopping) => Failed::NoProcess(NoProcess::Stopping),
        Some(reason) => Failed::Ended(reason.to_string()),
        None => Failed::NotRead,
    }
}

fn error_code(item: &Item) -> Option<i64> {
    let message = Members::read(&item.text).ok()?;
    message.below(&["error", "code"]).ok().flatten()?.parse().ok()
}

/// MCP 2026-07-28, Streamable HTTP: what the protocol itself refuses has a status of its own.
const fn status_of(code: i64) -> Option<StatusCode> {
    match code {
        -32601 => Some(StatusCode::NOT_FOUND),
        -32700 | -32600 | -32020 | -32021 | -32022 => Some(StatusCode::BAD_REQUEST),
        _ => None,
    }
}

/// The longest body there can be, in bytes; how long it may be here was judged before.
const MAX_BODY: usize = 64 * 1024 * 1024;
