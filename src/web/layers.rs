//! Layers that let a request go on or have it answered otherwise. They hold what they wrap as it is, where
//! axum's `from_fn` would clone and box it for every request.

use std::task::{Context, Poll};

use axum::{extract::Request, response::Response};
use futures_util::future::{Either, Ready, ready};
use tower::{Layer, Service};

/// A check of a request: the answer, where the request may not go on.
pub(super) trait Refuse:
    Fn(&Request) -> Option<Response> + Clone + Send + Sync + 'static
{
}

impl<C: Fn(&Request) -> Option<Response> + Clone + Send + Sync + 'static> Refuse for C {}

/// A layer of a check: what it answers is the answer. Without one the request goes on.
#[derive(Clone)]
pub(super) struct Unless<C>(pub(super) C);

impl<S, C: Clone> Layer<S> for Unless<C> {
    type Service = Checked<S, C>;

    fn layer(&self, inner: S) -> Checked<S, C> {
        Checked { inner, check: self.0.clone() }
    }
}

/// A layer that leads some requests to another service.
#[derive(Clone)]
pub(super) struct LeadTo<O> {
    pub(super) other: O,
    pub(super) which: fn(&Request) -> bool,
}

impl<S, O: Clone> Layer<S> for LeadTo<O> {
    type Service = Forked<S, O>;

    fn layer(&self, inner: S) -> Forked<S, O> {
        Forked { inner, aside: self.clone() }
    }
}

/// A service behind a check.
#[derive(Clone)]
pub(super) struct Checked<S, C> {
    inner: S,
    check: C,
}

impl<S, C> Service<Request> for Checked<S, C>
where
    S: Service<Request, Response = Response>,
    C: Refuse,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match (self.check)(&request) {
            Some(answer) => Either::Left(ready(Ok(answer))),
            None => Either::Right(self.inner.call(request)),
        }
    }
}

/// A service, and another one for some of its requests.
#[derive(Clone)]
pub(super) struct Forked<S, O> {
    inner: S,
    aside: LeadTo<O>,
}

impl<S, O> Service<Request> for Forked<S, O>
where
    S: Service<Request>,
    O: Service<Request, Response = S::Response, Error = S::Error>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<O::Future, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        std::task::ready!(self.aside.other.poll_ready(context))?;
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if (self.aside.which)(&request) {
            Either::Left(self.aside.other.call(request))
        } else {
            Either::Right(self.inner.call(request))
        }
    }
}
