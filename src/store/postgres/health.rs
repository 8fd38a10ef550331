//! Whether it is worth trying to connect: while no server answers, one caller at a time tries, after
//! growing pauses, and all the others are told so at once.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;

use tokio::time::Instant;

use super::fault::Fault;
use crate::ambient::{Entropy, random};

/// What is known about the servers.
pub(super) struct Health {
    alive: AtomicUsize,
    trouble: Mutex<Option<Trouble>>,
    entropy: Arc<dyn Entropy>,
}

struct Trouble {
    failures: u32,
    until: Instant,
    why: String,
}

/// A connection that works; counted until it is dropped.
pub(super) struct Alive(Arc<Health>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Health {
    pub(super) fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { alive: AtomicUsize::new(0), trouble: Mutex::new(None), entropy }
    }

    /// Whether there is any connection.
    pub(super) fn is_connected(&self) -> bool {
        self.alive.load(Ordering::Relaxed) > 0
    }

    /// Whether a caller may ask for a connection.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.is_connected() {
            return Ok(());
        }
        let now = Instant::now();
        match &mut *self.trouble() {
            Some(trouble) if now < trouble.until => Err(Fault::Down(trouble.why.clone())),
            Some(trouble) => {
                // This caller tries; the others wait for what becomes of it.
                trouble.until = now + LONGEST;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A connection was made.
    pub(super) fn connected(self: &Arc<Self>) -> Alive {
        self.alive.fetch_add(1, Ordering::Relaxed);
        *self.trouble() = None;
        Alive(Arc::clone(self))
    }

    /// None could be made.
    pub(super) fn failed(&self, why: &str) {
        let mut trouble = self.trouble();
        let failures = trouble.as_ref().map_or(0, |trouble| trouble.failures) + 1;
        let pause = self.jittered((SHORTEST * 2_u32.pow(failures.min(8))).min(LONGEST));
        *trouble = Some(Trouble { failures, until: Instant::now() + pause, why: why.to_owned() });
    }

    /// This length of time, or up to twice as long, so that many do not come at once.
    pub(super) fn jittered(&self, pause: Duration) -> Duration {
        let [byte] = random(&*self.entropy);
        pause + pause * u32::from(byte) / 256
    }

    fn trouble(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const SHORTEST: Duration = Duration::from_millis(25);
const LONGEST: Duration = Duration::from_secs(1);
