//! Event streams: they flow while they may, and end when their permission does.

use std::{convert::Infallible, time::Duration};

use axum::body::{Body, Bytes};
use countersign::protocol::id::GrantId;
use futures_util::{StreamExt as _, stream};
use http::{Method, Response};
use http_body_util::BodyExt as _;

use super::{Setup, Unlike, call};
use crate::guard::NOW;
use countersign::ambient::{Clock as _, Timestamp};

const EVENT: &[u8] = b"data: {}\n\n";

/// One event, and then silence.
fn silence(_: &http::request::Parts) -> Response<Body> {
    let events =
        stream::iter([Ok::<_, Infallible>(Bytes::from_static(EVENT))]).chain(stream::pending());
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(Body::from_stream(events))
        .unwrap()
}

async fn first(body: &mut Body) -> Bytes {
    body.frame().await.unwrap().unwrap().into_data().unwrap()
}

/// Whether a body ends within a while.
async fn ends(body: &mut Body) -> bool {
    tokio::time::timeout(Duration::from_millis(300), body.frame())
        .await
        .is_ok_and(|end| end.is_none())
}

#[tokio::test]
async fn an_event_arrives_before_the_stream_ends() {
    let setup = Setup::new().await;
    setup.upstream.answers(silence);
    for method in [Method::GET, Method::POST] {
        let request = setup.request(method, &[], &call("look").to_string());
        let mut body = setup.send(request).await.into_body();
        assert_eq!(first(&mut body).await, EVENT);
        assert!(!ends(&mut body).await);
    }
}

#[tokio::test]
async fn every_stream_ends_when_the_grant_is_revoked() {
    let setup = Setup::new().await;
    setup.upstream.answers(silence);
    let mut bodies = Vec::new();
    for method in [Method::GET, Method::POST] {
        let request = setup.request(method, &[], &call("look").to_string());
        let mut body = setup.send(request).await.into_body();
        first(&mut body).await;
        bodies.push(body);
    }
    let now = setup.world.clock.now();
    setup.world.revocations.revoke(
        GrantId::from_bytes([8; 16]),
        now.plus(Duration::from_hours(1)),
        now,
    );
    assert!(!ends(&mut bodies[0]).await && !ends(&mut bodies[1]).await);
    setup.world.revocations.revoke(
        GrantId::from_bytes([7; 16]),
        now.plus(Duration::from_hours(1)),
        now,
    );
    assert!(ends(&mut bodies[0]).await && ends(&mut bodies[1]).await);
}

/// A length that is declared is no promise to be quick.
#[tokio::test]
async fn nor_does_a_long_answer_of_a_known_length_outlive_the_grant() {
    let setup = Setup::new().await;
    setup.upstream.answers(|head| {
        let mut slow = silence(head);
        slow.headers_mut().insert("content-length", "1000000".parse().unwrap());
        slow
    });
    let mut body = setup.post(&call("look")).await.into_body();
    first(&mut body).await;
    let now = setup.world.clock.now();
    let until = now.plus(Duration::from_hours(1));
    setup.world.revocations.revoke(GrantId::from_bytes([7; 16]), until, now);
    assert!(ends(&mut body).await);
}

#[tokio::test]
async fn who_only_listens_is_heard_no_longer_than_the_token_lasts_and_a_call_runs_to_its_end() {
    let setup = Setup::new().await;
    setup.upstream.answers(silence);
    let request = setup.request(Method::GET, &[], "");
    let mut listening = setup.send(request).await.into_body();
    let mut calling = setup.post(&call("look")).await.into_body();
    first(&mut listening).await;
    first(&mut calling).await;
    setup.world.clock.set(Timestamp::from_unix(NOW + 3661));
    // Something happens, and everybody looks at the clock.
    let now = setup.world.clock.now();
    setup.world.revocations.revoke(
        GrantId::from_bytes([8; 16]),
        now.plus(Duration::from_hours(1)),
        now,
    );
    assert!(ends(&mut listening).await);
    assert!(!ends(&mut calling).await);
}

#[tokio::test]
async fn a_stream_that_says_nothing_for_too_long_breaks_off() {
    let idle = Duration::from_millis(100);
    let setup = Setup::unlike(Unlike { idle, ..Unlike::default() }).await;
    setup.upstream.answers(silence);
    let mut body = setup.post(&call("look")).await.into_body();
    first(&mut body).await;
    assert!(body.frame().await.unwrap().is_err());
}

/// Tells when it is dropped.
struct Dropped(Option<tokio::sync::oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.take().map(|tell| tell.send(()));
    }
}

#[tokio::test]
async fn when_the_client_hangs_up_the_server_behind_learns_of_it() {
    let setup = Setup::new().await;
    let (tell, told) = tokio::sync::oneshot::channel();
    let watch = std::sync::Mutex::new(Some(Dropped(Some(tell))));
    setup.upstream.answers(move |_| {
        let watch = watch.lock().unwrap().take();
        let events = stream::unfold(watch, |watch| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(EVENT)), watch))
        });
        let events = Body::from_stream(events);
        Response::builder().header("content-type", "text/event-stream").body(events).unwrap()
    });
    let mut body = setup.post(&call("look")).await.into_body();
    first(&mut body).await;
    drop(body);
    assert!(tokio::time::timeout(Duration::from_secs(5), told).await.is_ok());
}
