//! `/token`, `/register`, `/revoke`: JSON for machines, never cached ([`never_kept`]).

use std::{
    mem,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::{
    protocol::error::{TokenError, TokenErrorCode},
    web::{Site, form::MachineForm, problem::TokenProblem},
};

/// A body, or why there is none: too long, or it broke off.
type Body = Result<Bytes, BytesRejection>;

impl<S: Send + Sync> FromRequest<S> for MachineForm {
    type Rejection = TokenProblem;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, TokenProblem> {
        let headers = mem::take(request.headers_mut());
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|fault| unread(TokenErrorCode::InvalidRequest, &fault))?;
        Ok(Self::read(&headers, &body)?)
    }
}

/// `POST /token` (RFC 6749 §3.2).
pub(super) async fn token(
    State(site): State<Arc<Site>>,
    MachineForm { authorization, params }: MachineForm,
) -> Result<Response, TokenProblem> {
    let answer = async move { site.tokens.token(authorization.as_deref(), &params).await };
    Ok(Json(to_the_end(answer).await?).into_response())
}

/// `POST /revoke` (RFC 7009 §2).
pub(super) async fn revoke(
    State(site): State<Arc<Site>>,
    MachineForm { authorization, params }: MachineForm,
) -> Result<Response, TokenProblem> {
    let answer = async move { site.revocation.revoke(authorization.as_deref(), &params).await };
    to_the_end(answer).await?;
    Ok(StatusCode::OK.into_response())
}

/// `POST /register` (RFC 7591 §3).
pub(super) async fn register(
    State(site): State<Arc<Site>>,
    body: Body,
) -> Result<Response, TokenProblem> {
    let body = body.map_err(|fault| unread(TokenErrorCode::InvalidClientMetadata, &fault))?;
    let response = site.registrations.register(&body).await?;
    Ok((StatusCode::CREATED, Json(response)).into_response())
}

/// Keeps every answer of these endpoints out of caches, refusals of a method or of a body included
/// (RFC 6749 §5.1).
pub(super) fn never_kept(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

fn unread(code: TokenErrorCode, fault: &BytesRejection) -> TokenProblem {
    let why = match fault.status() {
        StatusCode::PAYLOAD_TOO_LARGE => "The body is longer than 64 KiB.",
        _ => "The body ended early.",
    };
    TokenProblem::with_status(fault.status(), TokenError::new(code, why))
}

/// Runs a flow to its end even when the client hangs up: between finding a replay and revoking the
/// grant nobody may step out.
async fn to_the_end<T: Send + 'static>(
    flow: impl Future<Output = Result<T, TokenError>> + Send + 'static,
) -> Result<T, TokenError> {
    let flow: BoxFuture<'static, _> = Box::pin(flow);
    let done = AssertUnwindSafe(Unleft(Some(flow))).catch_unwind().await;
    done.unwrap_or_else(|_| {
        let why = "Something went wrong here; try again.";
        Err(TokenError::new(TokenErrorCode::TemporarilyUnavailable, why))
    })
}

/// Work that goes on by itself when nobody waits for it any more.
struct Unleft<T: Send + 'static>(Option<BoxFuture<'static, T>>);

impl<T: Send + 'static> Future for Unleft<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // Not here meanwhile: work that panicked is not gone on with.
        let Some(mut work) = self.0.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.0 = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Unleft<T> {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            drop(runtime.spawn(work.in_current_span()));
        }
    }
}
