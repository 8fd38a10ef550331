//! The loopback listener to which the browser returns (RFC 8252 §7.3).

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail, ensure};
use axum::{
    Router,
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    cli::output::shown,
    protocol::{form::Params, secret::Digest},
};

/// A listener on a free port of this machine.
pub(super) struct Callback {
    listener: TcpListener,
    port: u16,
}

/// What the answer must carry.
pub(super) struct Expected {
    pub(super) state: String,
    pub(super) issuer: String,
    pub(super) sends_iss: bool,
}

struct Waiting {
    expected: Expected,
    answer: Mutex<Option<oneshot::Sender<Result<String>>>>,
}

impl Callback {
    /// Listens.
    pub(super) async fn listen() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.context("no port of this machine can be listened on")?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// Where the browser is to return.
    pub(super) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}/callback", self.port)
    }

    /// Waits for the browser. A request with another `state` is turned away, and the wait goes on.
    pub(super) async fn code(self, expected: Expected) -> Result<String> {
        let (send, answer) = oneshot::channel();
        let (quit, stop) = oneshot::channel::<()>();
        let waiting = Arc::new(Waiting { expected, answer: Mutex::new(Some(send)) });
        let router = Router::new().route("/callback", get(returned)).with_state(waiting);
        let serving = tokio::spawn(async move {
            let stop = async { stop.await.unwrap_or_default() };
            axum::serve(self.listener, router).with_graceful_shutdown(stop).await
        });
        let code = answer.await.context("the listener ended")?;
        let _ = quit.send(());
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), serving).await;
        code
    }
}

async fn returned(State(waiting): State<Arc<Waiting>>, RawQuery(query): RawQuery) -> Response {
    let params = query.and_then(|query| Params::parse(&query).ok());
    let Some(params) = params.filter(|params| waiting.expected.is_ours(params)) else {
        return page(
            StatusCode::BAD_REQUEST,
            "This is not the sign-in that the terminal waits for.",
        );
    };
    let code = waiting.expected.code_of(&params);
    let told = match &code {
        Ok(_) => page(
            StatusCode::OK,
            "You are signed in. Close this window and go back to the terminal.",
        ),
        Err(_) => page(StatusCode::OK, "The sign-in did not work. The terminal says why."),
    };
    let answer = waiting.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(answer) = answer {
        let _ = answer.send(code);
    }
    told
}

impl Expected {
    /// RFC 6749 §10.12
    fn is_ours(&self, params: &Params) -> bool {
        let state = params.one("state");
        state.is_some_and(|state| Digest::of(state).matches(&Digest::of(&self.state)))
    }

    /// The code, from the issuer that was asked and no other (RFC 9207 §2.4).
    fn code_of(&self, params: &Params) -> Result<String> {
        match params.one("iss") {
            Some(iss) => ensure!(iss == self.issuer, "the answer comes from another issuer"),
            None => ensure!(!self.sends_iss, "the answer does not name its issuer"),
        }
        if let Some(error) = params.one("error") {
            let why = params.one("error_description").map(|why| format!(": {}", shown(why)));
            bail!("the sign-in was refused: {}{}", shown(error), why.unwrap_or_default());
        }
        params.one("code").map(str::to_owned).context("the answer carries no code")
    }
}

/// A plain page that repeats nothing of the request.
fn page(status: StatusCode, text: &'static str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>Countersign</title><style>body{{font:1.1rem system-ui;max-width:32rem;margin:20vh auto;padding:1rem}}</style>\
         <h1>Countersign</h1><p>{text}</p></html>"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, Html(html)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> Expected {
        Expected { state: "s".to_owned(), issuer: "http://a".to_owned(), sends_iss: true }
    }

    fn params(query: &str) -> Params {
        Params::parse(query).unwrap()
    }

    #[test]
    fn an_answer_with_another_state_is_not_ours() {
        assert!(expected().is_ours(&params("state=s&code=c")));
        assert!(!expected().is_ours(&params("state=t&code=c")));
        assert!(!expected().is_ours(&params("code=c")));
    }

    #[test]
    fn an_answer_of_another_issuer_or_of_none_is_refused() {
        assert_eq!(expected().code_of(&params("code=c&iss=http%3A%2F%2Fa")).unwrap(), "c");
        assert!(expected().code_of(&params("code=c&iss=http%3A%2F%2Fb")).is_err());
        assert!(expected().code_of(&params("code=c")).is_err());
    }

    #[test]
    fn an_error_is_told_with_its_reason_and_without_control_characters() {
        let query = "error=access_denied&error_description=no%1B%5B2J&iss=http%3A%2F%2Fa";
        let error = expected().code_of(&params(query)).unwrap_err().to_string();
        assert_eq!(error, "the sign-in was refused: access_denied: no\u{FFFD}[2J");
        let bare = params("error=server_error&iss=http%3A%2F%2Fa");
        let error = expected().code_of(&bare).unwrap_err().to_string();
        assert_eq!(error, "the sign-in was refused: server_error");
    }
}
