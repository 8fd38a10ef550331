//! A request's body, read whole because the judgement is about the whole, and bounded three ways: by
//! its own size, by time, and by what all bodies together may take.

use std::{sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::gateway::refused::Refused;

/// The memory that all bodies under way may take together, in bytes; cloning shares.
#[derive(Clone)]
pub struct Room(Arc<Semaphore>);

/// The part of the room that one body takes, given back when the request is done.
#[derive(Clone)]
pub(super) struct Taken {
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Room {
    /// Room for `bytes`.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refused> {
        let bytes = u32::try_from(bytes).map_err(|_| Refused::TooLong)?;
        Arc::clone(&self.0).try_acquire_many_owned(bytes).map_err(|_| Refused::Busy)
    }

    /// Reads `body`, which is at most `most` bytes and arrives within `patience`.
    pub(super) async fn read(
        &self,
        body: Body,
        most: usize,
        patience: Duration,
    ) -> Result<(Bytes, Taken), Refused> {
        let read = tokio::time::timeout(patience, self.whole(body, most)).await;
        read.map_err(|_| Refused::TooSlow)?
    }

    async fn whole(&self, mut body: Body, most: usize) -> Result<(Bytes, Taken), Refused> {
        let mut whole = BytesMut::new();
        let mut taken = self.take(0)?;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Refused::TooLong)?.into_data() else { continue };
            if data.len() > most.saturating_sub(whole.len()) {
                return Err(Refused::TooLong);
            }
            taken.merge(self.take(data.len())?);
            whole.extend_from_slice(&data);
        }
        Ok((whole.freeze(), Taken { _permit: Arc::new(taken) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_body_up_to_the_most_is_read_and_one_byte_more_is_not() {
        let room = Room::new(100);
        let (read, _taken) = room.read(Body::from("12345"), 5, TIME).await.ok().unwrap();
        assert_eq!(read, "12345");
        assert!(matches!(room.read(Body::from("123456"), 5, TIME).await, Err(Refused::TooLong)));
    }

    #[tokio::test]
    async fn all_bodies_together_take_what_there_is_and_give_it_back() {
        let room = Room::new(10);
        let first = room.read(Body::from("1234567"), 10, TIME).await.ok().unwrap();
        assert!(matches!(room.read(Body::from("1234"), 10, TIME).await, Err(Refused::Busy)));
        drop(first);
        assert!(room.read(Body::from("1234"), 10, TIME).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let never =
            Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        assert!(matches!(Room::new(9).read(never, 9, TIME).await, Err(Refused::TooSlow)));
    }
}
