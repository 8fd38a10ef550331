//! The housekeeping beside the requests: what has lapsed is removed, a little at a time.

use std::sync::Arc;

use crate::{ambient::Clock, app::SWEEP, store::Store};

/// The most rows removed at once, so that nobody waits for the broom.
const BATCH: u32 = 500;

/// Sweeps for ever.
pub(super) async fn tend(store: Arc<dyn Store>, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        loop {
            match store.sweep(clock.now(), BATCH).await {
                Ok(swept) if swept >= u64::from(BATCH) => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "lapsed rows could not be removed; trying again later");
                    break;
                }
            }
        }
    }
}
