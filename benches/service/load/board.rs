//! What is written down while a load runs.

use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use tokio::sync::Notify;

/// What a run found.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// Right answers.
    pub(crate) done: u64,
    /// Wrong ones, and connections that broke.
    pub(crate) errors: u64,
    pub(crate) first_error: Option<String>,
    pub(crate) lasted: Duration,
    /// In microseconds.
    pub(crate) latencies: Histogram<u64>,
    /// What the server's process used meanwhile.
    pub(crate) cpu: Duration,
}

impl Measured {
    /// Right answers a second.
    pub(crate) fn rate(&self) -> f64 {
        count(self.done) / self.lasted.as_secs_f64().max(1e-9)
    }

    /// Seconds of CPU for 1,000 answers.
    pub(crate) fn cpu_for_1000(&self) -> f64 {
        self.cpu.as_secs_f64() * 1000.0 / count(self.done.max(1))
    }

    /// A percentile of the latencies.
    pub(crate) fn percentile(&self, percent: f64) -> Duration {
        Duration::from_micros(self.latencies.value_at_percentile(percent))
    }
}

/// A count as a number to divide by; none here comes near four billion.
pub(crate) fn count(number: u64) -> f64 {
    u32::try_from(number).unwrap_or(u32::MAX).into()
}

/// Where the clients of one run write.
pub(super) struct Board {
    state: RefCell<State>,
    dry: Notify,
}

struct State {
    phase: Phase,
    done: u64,
    errors: u64,
    first_error: Option<String>,
    latencies: Histogram<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Warming,
    Measuring,
    Over,
}

impl Board {
    pub(super) fn new() -> anyhow::Result<Self> {
        let state = State {
            phase: Phase::Warming,
            done: 0,
            errors: 0,
            first_error: None,
            latencies: Histogram::new_with_bounds(1, LONGEST, 3)?,
        };
        Ok(Self { state: RefCell::new(state), dry: Notify::new() })
    }

    pub(super) fn measure(&self) {
        self.state.borrow_mut().phase = Phase::Measuring;
    }

    pub(super) fn end(&self) {
        self.state.borrow_mut().phase = Phase::Over;
    }

    pub(super) fn is_over(&self) -> bool {
        self.state.borrow().phase == Phase::Over
    }

    /// An answer to what was begun, or was meant to begin, at `start`.
    pub(super) fn answered(&self, start: Instant) {
        let mut state = self.state.borrow_mut();
        if state.phase == Phase::Measuring {
            let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(LONGEST);
            state.done += 1;
            state.latencies.saturating_record(micros.max(1));
        }
    }

    /// Errors count in every phase: a warm-up that fails is a failure.
    pub(super) fn failed(&self, error: &anyhow::Error) {
        let mut state = self.state.borrow_mut();
        state.errors += 1;
        state.first_error.get_or_insert_with(|| format!("{error:#}"));
    }

    pub(super) fn ran_dry(&self) {
        self.dry.notify_one();
    }

    pub(super) async fn dry(&self) {
        self.dry.notified().await;
    }

    /// What was measured since the last time.
    pub(super) fn taken(&self, lasted: Duration, cpu: Duration) -> Measured {
        let measured = self.measured(lasted, cpu);
        let mut state = self.state.borrow_mut();
        (state.done, state.errors, state.first_error) = (0, 0, None);
        state.latencies.reset();
        measured
    }

    pub(super) fn measured(&self, lasted: Duration, cpu: Duration) -> Measured {
        let state = self.state.borrow();
        Measured {
            done: state.done,
            errors: state.errors,
            first_error: state.first_error.clone(),
            lasted,
            latencies: state.latencies.clone(),
            cpu,
        }
    }
}

/// A minute, in microseconds.
const LONGEST: u64 = 60_000_000;
