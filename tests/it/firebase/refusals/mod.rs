//! ID tokens that our page may not have posted: one row per refusal. After each the page knows that it
//! was refused, the store holds nothing new, the log says why and no secret.

mod kinds;
mod parties;
mod people;
mod shared;
mod subjects;
mod times;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use super::world::{DENIED, UNTRUSTED, World};
use crate::federation::refusals::Row;

/// Tries each row, one after another at one service, and names those that fail.
pub(crate) async fn refused(keys: &[&str], error: &str, rows: &[Row]) {
    let (mut failed, mut world) = (Vec::new(), None);
    for (name, why, defect) in rows {
        let here = match world.take() {
            Some(world) => world,
            None => World::with(keys, &[]).await,
        };
        let attempt = AssertUnwindSafe(here.refuses(*defect, error, why)).catch_unwind().await;
        if attempt.is_ok() {
            world = Some(here);
        } else {
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "these rows fail: {failed:#?}");
}
