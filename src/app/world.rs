//! The machine's own time and dice, for whoever starts the service or works beside it.

use std::sync::Arc;

use crate::ambient::{Clock, Entropy, OsEntropy, SystemClock};

/// The machine's clock.
#[must_use]
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// The machine's random source.
#[must_use]
pub fn entropy() -> Arc<dyn Entropy> {
    Arc::new(OsEntropy)
}
