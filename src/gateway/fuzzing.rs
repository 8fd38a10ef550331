//! A way in for the fuzz targets, and for nobody else: the gate's judgement without HTTP around it.

use http::HeaderMap;

use crate::{
    engine::policy::{Asker, Policy},
    gateway::{
        judge::{Asked, judge},
        message::Message,
    },
};

/// What a request with these headers and this body asks for, if `asker` may have all of it.
#[must_use]
pub fn judged(
    policy: &Policy,
    asker: Option<&Asker<'_>>,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<Asked> {
    let messages = Message::read_all(body).ok()?;
    judge(policy, asker, headers, &messages).ok()
}
