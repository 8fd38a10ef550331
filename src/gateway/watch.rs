//! An answer that goes on for long outlives neither the grant it was begun under nor, where it only
//! listens, the access token: authorization holds for every moment of it, not for its beginning alone.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};

/// A body that ends when its permission does.
pub(super) struct Watched<B> {
    body: B,
    end: Pin<Box<dyn Future<Output = ()> + Send>>,
    ended: bool,
}

impl<B> Watched<B> {
    pub(super) fn new(body: B, end: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { body, end: Box::pin(end), ended: false }
    }
}

impl<B: Body + Unpin> Body for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        if !self.ended && self.end.as_mut().poll(context).is_ready() {
            self.ended = true;
        }
        if self.ended {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
