//! Key ids that no set has: what they may cost, and which were judged.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::time::{Duration, Instant};

use crate::{
    jose::keys::KeySet,
    protocol::secret::Digest,
    upstream::kept::{Flight, Kept, Launch},
};

/// The budget of forced fetches of one source, and its negative memory. Monotonic throughout.
#[derive(Default)]
pub(super) struct Unknown(Mutex<State>);

#[derive(Default)]
struct State {
    forced: Option<Instant>,
    judged: HashMap<Digest, Instant>,
}

impl Unknown {
    /// Joins the flight under way or spends the budget on one; else how long to wait.
    pub(super) fn force(&self, kept: &Arc<Kept<KeySet>>) -> Result<Flight, Duration> {
        let mut state = self.state();
        if let Some(flight) = kept.flying() {
            return Ok(flight);
        }
        let now = Instant::now();
        let ready = state.forced.map_or(now, |last| last + BETWEEN_FORCED);
        if ready > now {
            return Err(ready - now);
        }
        match kept.launch(BETWEEN_ANY) {
            Launch::Held(pause) => Err(pause),
            Launch::Flying(flight) => {
                state.forced = Some(now);
                Ok(flight)
            }
        }
    }

    /// Whether `kid` was judged a moment ago.
    pub(super) fn remembers(&self, kid: &str) -> bool {
        let judged = self.state().judged.get(&Digest::of(kid)).copied();
        judged.is_some_and(|at| at.elapsed() < REMEMBERED)
    }

    /// Remembers that `kid` is nobody's; when the memory is full of recent ones, it is not.
    pub(super) fn remember(&self, kid: &str) {
        let judged = &mut self.state().judged;
        if judged.len() >= MOST_REMEMBERED {
            judged.retain(|_, at| at.elapsed() < REMEMBERED);
        }
        if judged.len() < MOST_REMEMBERED {
            judged.insert(Digest::of(kid), Instant::now());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const BETWEEN_FORCED: Duration = Duration::from_secs(30);
const BETWEEN_ANY: Duration = Duration::from_secs(5);
const REMEMBERED: Duration = Duration::from_secs(30);
const MOST_REMEMBERED: usize = 1024;
