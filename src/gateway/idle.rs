//! An answer that pauses too long is cut off: whoever reads it learns that it broke, and nothing waits
//! for ever.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

/// A body whose frames may be so far apart and no further, without trailers.
pub(super) struct Idle<B> {
    body: B,
    patience: Duration,
    alarm: Pin<Box<Sleep>>,
}

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken<E> {
    /// The server behind broke off.
    #[error(transparent)]
    Body(E),
    /// It said nothing for too long.
    #[error("the server behind said nothing for too long")]
    Idle,
}

impl<B> Idle<B> {
    pub(super) fn new(body: B, patience: Duration) -> Self {
        Self { body, patience, alarm: Box::pin(tokio::time::sleep(patience)) }
    }
}

impl<B: Body + Unpin> Body for Idle<B> {
    type Data = B::Data;
    type Error = Broken<B::Error>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let later = Instant::now() + self.patience;
            self.alarm.as_mut().reset(later);
            // Trailers end it: they would be headers that nobody looked at.
            let frame = frame.filter(|frame| !frame.as_ref().is_ok_and(Frame::is_trailers));
            return Poll::Ready(frame.map(|frame| frame.map_err(Broken::Body)));
        }
        self.alarm.as_mut().poll(context).map(|()| Some(Err(Broken::Idle)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use futures_util::stream;
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;

    #[tokio::test]
    async fn trailers_go_no_further() {
        let cookie = (http::header::SET_COOKIE, http::HeaderValue::from_static("a=b"));
        let trailers = Frame::trailers([cookie].into_iter().collect());
        let frames = [Frame::data(Bytes::from_static(b"x")), trailers].map(Ok::<_, Infallible>);
        let body = Idle::new(StreamBody::new(stream::iter(frames)), Duration::from_secs(4));
        let whole = body.collect().await.unwrap();
        assert_eq!(whole.trailers(), None);
        assert_eq!(whole.to_bytes(), "x");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_within_the_patience_is_forgiven_and_a_longer_one_ends_it() {
        let pauses = stream::unfold(1, |pause| async move {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            let frame = Frame::data(Bytes::from_static(b"x"));
            Some((Ok::<_, Infallible>(frame), pause * 3))
        });
        let mut body = Idle::new(StreamBody::new(Box::pin(pauses)), Duration::from_secs(4));
        assert!(body.frame().await.unwrap().is_ok());
        assert!(body.frame().await.unwrap().is_ok());
        assert!(matches!(body.frame().await.unwrap(), Err(Broken::Idle)));
    }
}
