//! The guard as a tower layer: around any service that speaks `http`, on every method, before any
//! routing.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{
    TryFutureExt as _,
    future::{self, BoxFuture, MapOk},
};
use http::{Request, Response, header};
use http_body_util::{Either, Full};
use tower::{Layer, Service};

use crate::guard::{Caller, Guard, GuardRefusal};

/// Puts a [`Guard`] around a service. What passes carries a [`Caller`](crate::guard::Caller) among
/// its extensions and no `Authorization` header.
#[derive(Clone)]
pub struct GuardLayer(Arc<Guard>);

impl Guard {
    /// This guard as a layer. Let a CORS layer, if there is one, stand outside of it.
    #[must_use]
    pub const fn layer(self: Arc<Self>) -> GuardLayer {
        GuardLayer(self)
    }

    /// Lets a request in: from here on it carries its [`Caller`] and no token.
    pub(crate) async fn enter<B>(&self, request: &mut Request<B>) -> Result<Caller, GuardRefusal> {
        let caller = self.caller(request.headers(), request.uri()).await?;
        admit(request, caller.clone());
        Ok(caller)
    }

    /// The same for a caller whose token was verified lately; false: it has to be looked at.
    fn enter_again<B>(&self, request: &mut Request<B>) -> bool {
        let kept = self.kept(request.headers(), request.uri());
        kept.map(|caller| admit(request, caller)).is_some()
    }
}

fn admit<B>(request: &mut Request<B>, caller: Caller) {
    request.headers_mut().remove(header::AUTHORIZATION);
    request.extensions_mut().insert(caller);
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService { guard: Arc::clone(&self.0), inner }
    }
}

/// A service behind a [`Guard`].
#[derive(Clone)]
pub struct GuardService<S> {
    guard: Arc<Guard>,
    inner: S,
}

/// The guard's own refusal, or what the guarded service answered.
pub type GuardedBody<B> = Either<Full<Bytes>, B>;

/// The answer of a guarded service: at once for a token that was verified lately, after a look at it
/// otherwise.
pub type GuardedFuture<F, R, E> = future::Either<
    MapOk<F, fn(Response<R>) -> Response<GuardedBody<R>>>,
    BoxFuture<'static, Result<Response<GuardedBody<R>>, E>>,
>;

impl<S, B, R> Service<Request<B>> for GuardService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response<GuardedBody<R>>;
    type Error = S::Error;
    type Future = GuardedFuture<S::Future, R, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if self.guard.enter_again(&mut request) {
            return future::Either::Left(self.inner.call(request).map_ok(passed));
        }
        let guard = Arc::clone(&self.guard);
        // The clone may not be ready; the one that was polled is.
        let waiting = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, waiting);
        future::Either::Right(Box::pin(async move {
            match guard.enter(&mut request).await {
                Ok(_) => inner.call(request).await.map(passed),
                Err(refusal) => Ok(guard.refuse(&refusal).map(Either::Left)),
            }
        }))
    }
}

fn passed<R>(response: Response<R>) -> Response<GuardedBody<R>> {
    response.map(Either::Right)
}
