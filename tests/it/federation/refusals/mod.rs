//! Statements of a provider that must lead nowhere: one row per refusal. After each the client knows
//! `error`, `state` and `iss`, the store holds nothing new, the log says why and no secret.

pub(crate) mod algorithms;
pub(crate) mod answers;
pub(crate) mod binding;
pub(crate) mod keys;
pub(crate) mod parties;
pub(crate) mod people;
pub(crate) mod structure;
pub(crate) mod times;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use super::{kind::Kind, token::Defect, world::World};

/// What is wrong, what the log says of it, how it is done.
pub(crate) type Row = (&'static str, &'static str, Defect);

/// The provider's answer cannot be trusted.
pub(crate) const UNTRUSTED: &str = "server_error";
/// The person may not enter.
pub(crate) const DENIED: &str = "access_denied";

/// Tries each row at every kind of provider, and names those that fail.
pub(crate) async fn refused_by_every_kind(rows: &[Row]) {
    for kind in Kind::ALL {
        refused(kind, shipped, UNTRUSTED, rows).await;
    }
}

/// Tries each row at one kind whose file is changed so, one after another at one service, whose key
/// set is cold at the first and warm at the others.
pub(crate) async fn refused(kind: Kind, edit: fn(&str) -> String, error: &str, rows: &[Row]) {
    let (mut failed, mut world) = (Vec::new(), None);
    for (name, why, defect) in rows {
        let here = match world.take() {
            Some(world) => world,
            None => World::with(kind, edit).await,
        };
        let attempt = AssertUnwindSafe(attempt(&here, error, why, *defect));
        if attempt.catch_unwind().await.is_ok() {
            world = Some(here);
        } else {
            failed.push(format!("{kind:?}: {name}"));
        }
    }
    assert!(failed.is_empty(), "these rows fail: {failed:#?}");
}

async fn attempt(world: &World, error: &str, why: &str, defect: Defect) {
    world.provider.now(|desk| desk.defect = defect);
    let state = world.service.state();
    let answer = world.walk().await;
    world.was_refused(&answer, error, why);
    assert_eq!(world.service.state(), state, "a row came, went or changed");
}

/// The file as shipped.
pub(crate) fn shipped(file: &str) -> String {
    file.to_owned()
}
