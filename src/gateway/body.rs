//! A request's body, read whole because the judgement is about the whole, and bounded four ways: by
//! its own size, by time, by what the bodies of one person may take, and by what all may together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use bytes::BytesMut;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{gateway::refused::Refused, protocol::id::UserId};

/// Whether the head promises what is judged: JSON in UTF-8. Behind us a body of another charset (UTF-7),
/// coding or type could be read as another message, and a tool be called that nobody judged.
pub(super) fn is_plain(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let (kind, sole) = (kinds.next(), kinds.next().is_none());
    let json = kind.is_none_or(|kind| kind.to_str().is_ok_and(is_json));
    json && sole && !headers.contains_key(header::CONTENT_ENCODING)
}

fn is_json(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase().replace([' ', '\t', '"'], "");
    ["application/json", "application/json;charset=utf-8"].contains(&kind.trim_end_matches(';'))
}

/// The memory that all bodies under way may take together, in bytes; cloning shares. No person takes
/// more than a quarter of it, so that nobody keeps the others out.
#[derive(Clone)]
pub struct Room {
    all: Arc<Semaphore>,
    shares: Arc<Mutex<HashMap<Who, usize>>>,
    share: usize,
}

/// Whose bodies count together; none: of everybody, where nobody signs in.
type Who = Option<UserId>;

/// The part of the room that one body takes, given back when the request is done.
#[derive(Clone)]
pub(super) struct Taken {
    _share: Arc<Share>,
}

/// A part of the room, and whose it is.
struct Share {
    room: Room,
    who: Who,
    bytes: usize,
    all: OwnedSemaphorePermit,
}

impl Room {
    /// Room for `bytes`.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let all = Arc::new(Semaphore::new(bytes));
        Self { all, shares: Arc::default(), share: bytes / 4 }
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refused> {
        let bytes = u32::try_from(bytes).map_err(|_| Refused::TooLong)?;
        Arc::clone(&self.all).try_acquire_many_owned(bytes).map_err(|_| Refused::Busy)
    }

    /// Reads `body` of `who`, which is at most `most` bytes and arrives within `patience`.
    pub(super) async fn read(
        &self,
        who: Option<&UserId>,
        body: Body,
        most: usize,
        patience: Duration,
    ) -> Result<(Bytes, Taken), Refused> {
        let (room, who) = (self.clone(), who.cloned());
        let share = Share { all: self.take(0)?, room, who, bytes: 0 };
        let read = tokio::time::timeout(patience, share.whole(body, most)).await;
        read.map_err(|_| Refused::TooSlow)?
    }

    fn shares(&self) -> MutexGuard<'_, HashMap<Who, usize>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    async fn whole(mut self, mut body: Body, most: usize) -> Result<(Bytes, Taken), Refused> {
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Refused::TooLong)?.into_data() else { continue };
            if data.len() > most.saturating_sub(whole.len()) {
                return Err(Refused::TooLong);
            }
            self.grow(data.len(), most)?;
            whole.extend_from_slice(&data);
        }
        Ok((whole.freeze(), Taken { _share: Arc::new(self) }))
    }

    /// One body as long as there may be always finds room in its person's share.
    fn grow(&mut self, by: usize, most: usize) -> Result<(), Refused> {
        let mut shares = self.room.shares();
        let held = shares.get(&self.who).copied().unwrap_or_default();
        if held + by > self.room.share.max(most) {
            return Err(Refused::Busy);
        }
        self.all.merge(self.room.take(by)?);
        shares.insert(self.who.clone(), held + by);
        self.bytes += by;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut shares = self.room.shares();
        let left = shares.get(&self.who).map_or(0, |held| held.saturating_sub(self.bytes));
        if left == 0 {
            shares.remove(&self.who);
        } else {
            shares.insert(self.who.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(1);

    #[test]
    fn a_body_that_could_be_read_as_something_else_is_not_json() {
        let plain = |kinds: &[&'static str]| {
            let line =
                |kind: &&'static str| (header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
            is_plain(&kinds.iter().map(line).collect())
        };
        assert!(plain(&[]));
        for kind in
            ["application/json", "Application/JSON ; charset=\"UTF-8\"", "application/json;"]
        {
            assert!(plain(&[kind]), "{kind}");
        }
        for kind in [
            "application/json; charset=utf-7",
            "application/json; charset=utf-8; charset=utf-16",
            "application/x-www-form-urlencoded; x=application/json",
            "multipart/form-data; boundary=application/json",
            "text/plain",
            "",
        ] {
            assert!(!plain(&[kind]), "{kind}");
        }
        assert!(!plain(&["application/json", "text/plain"]));
        let coded = [(header::CONTENT_ENCODING, http::HeaderValue::from_static("br"))];
        assert!(!is_plain(&coded.into_iter().collect()));
    }

    #[tokio::test]
    async fn a_body_up_to_the_most_is_read_and_one_byte_more_is_not() {
        let room = Room::new(100);
        let (read, _taken) = room.read(None, Body::from("12345"), 5, TIME).await.ok().unwrap();
        assert_eq!(read, "12345");
        assert!(matches!(
            room.read(None, Body::from("123456"), 5, TIME).await,
            Err(Refused::TooLong)
        ));
    }

    #[tokio::test]
    async fn all_bodies_together_take_what_there_is_and_give_it_back() {
        let room = Room::new(10);
        let first = room.read(None, Body::from("1234567"), 10, TIME).await.ok().unwrap();
        assert!(matches!(room.read(None, Body::from("1234"), 10, TIME).await, Err(Refused::Busy)));
        drop(first);
        assert!(room.read(None, Body::from("1234"), 10, TIME).await.is_ok());
    }

    #[tokio::test]
    async fn nobody_takes_the_room_of_the_others() {
        let room = Room::new(40);
        let (mallory, ann) = (UserId::new("usr_mallory"), UserId::new("usr_ann"));
        let read = |who, bytes| room.read(Some(who), Body::from(bytes), 10, TIME);
        let held = read(&mallory, "123456").await.ok().unwrap();
        let second = read(&mallory, "12345").await;
        assert!(matches!(second, Err(Refused::Busy)), "a quarter, and no more");
        let others = read(&ann, "1234567890").await.ok().unwrap();
        drop((held, others));
        assert!(read(&mallory, "1234567890").await.is_ok());
        assert!(room.shares().is_empty(), "whoever sends nothing is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let never =
            Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        assert!(matches!(Room::new(9).read(None, never, 9, TIME).await, Err(Refused::TooSlow)));
    }
}
