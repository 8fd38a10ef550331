//! Floor 3: how often. Counts uses against a limit, key by key, and says what is left.
//!
//! It owns the algorithm, the bound on the number of keys and the headers that tell a client. It knows
//! neither requests nor people nor addresses: who counts together is its caller's choice of a key.
//!
//! The algorithm is the generic cell rate algorithm: a limit of 100 in an hour lets 100 through at
//! once and gives one back every 36 seconds, so that there is no moment at which all come back.

mod header;
mod store;

use std::{fmt, hash::Hash, num::NonZeroU32, sync::Arc, time::Duration};

use governor::{NotUntil, Quota, RateLimiter, middleware::StateInformationMiddleware};

use self::store::Bounded;
use crate::engine::policy::CallLimit;

pub use self::header::{RATE_LIMIT, RATE_LIMIT_POLICY};
pub use governor::clock::{Clock, FakeRelativeClock, MonotonicClock};

/// The most keys one limit remembers, some ten megabytes. Whoever comes after them shares one
/// allowance: a flood of keys costs the newcomers their room, and never frees anybody of the limit.
pub const MOST_KEYS: usize = 100_000;

/// A limit, counted for each key by itself.
pub struct Rate<K: Clone + Eq + Hash, C: Clock = MonotonicClock> {
    policy: Policy,
    states: Bounded<K>,
    limiter: RateLimiter<K, Bounded<K>, C, StateInformationMiddleware>,
}

/// A limit by its name, as the headers tell it.
#[derive(Clone, Debug)]
struct Policy {
    name: Arc<str>,
    limit: CallLimit,
}

/// What is left of one limit.
#[derive(Clone, Debug)]
pub struct Standing {
    policy: Policy,
    left: u32,
    /// Within this time there will be no more than that.
    next: Duration,
}

/// What is left of every limit that a request counted against; none: of no limit.
#[derive(Clone, Debug, Default)]
pub struct Left(pub Vec<Standing>);

/// A limit that does not allow a request. Displays as a sentence or two for whoever sent it.
#[derive(Clone, Debug)]
pub struct Exceeded {
    standing: Standing,
    wait: Wait,
}

/// What helps. The order is that of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wait {
    For(Duration),
    /// One request asks for more than the limit ever allows at once.
    InVain,
}

impl<K: Clone + Eq + Hash, C: Clock> Rate<K, C> {
    /// A limit that nobody has used yet. `name` is what the headers call it.
    pub fn new(name: &str, limit: CallLimit, clock: C) -> Self {
        Self::with_room(name, limit, clock, MOST_KEYS)
    }

    /// [`Rate::new`] with room for at most so many keys.
    pub fn with_room(name: &str, limit: CallLimit, clock: C, keys: usize) -> Self {
        let burst = NonZeroU32::new(limit.calls).unwrap_or(NonZeroU32::MIN);
        let limit = CallLimit { calls: burst.get(), window: limit.window.min(LONGEST) };
        let states = Bounded::new(keys);
        let quota = Quota::with_period(period(limit)).unwrap_or(Quota::per_second(burst));
        let policy = Policy { name: header::name(name), limit };
        let limiter = RateLimiter::new(quota.allow_burst(burst), states.clone(), clock);
        Self { policy, states, limiter }
    }

    /// Takes `uses` of the key's allowance, all or none.
    ///
    /// # Errors
    /// [`Exceeded`] when there are not so many left; nothing is taken then.
    pub fn take(&self, key: &K, uses: NonZeroU32) -> Result<Standing, Exceeded> {
        // Beyond the burst governor multiplies, and could overflow.
        if uses.get() > self.policy.limit.calls {
            return Err(self.in_vain());
        }
        match self.limiter.check_key_n(key, uses) {
            Ok(Ok(state)) => {
                Ok(self.standing(state.remaining_burst_capacity(), period(self.policy.limit)))
            }
            Ok(Err(not)) => Err(self.not_yet(&not, uses)),
            Err(_) => Err(self.in_vain()),
        }
    }

    /// Undoes a [`Rate::take`] of so many uses: what they were for did not come about.
    pub fn give_back(&self, key: &K, uses: NonZeroU32) {
        let taken = period(self.policy.limit) * uses.get();
        self.states.move_back(key, taken.into());
    }

    /// Forgets the keys that have their whole allowance again.
    pub fn sweep(&self) {
        if self.states.is_full() {
            let name = &*self.policy.name;
            tracing::warn!(
                limit = name,
                "no more can be counted apart; newcomers share one allowance"
            );
        }
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    /// How many keys are remembered.
    pub fn keys(&self) -> usize {
        self.limiter.len()
    }

    fn standing(&self, left: u32, next: Duration) -> Standing {
        Standing { policy: self.policy.clone(), left, next }
    }

    fn in_vain(&self) -> Exceeded {
        Exceeded { standing: self.standing(0, self.policy.limit.window), wait: Wait::InVain }
    }

    /// Each use that is lacking takes one period to come back, the first of them the rest of one.
    fn not_yet(&self, not: &NotUntil<C::Instant>, uses: NonZeroU32) -> Exceeded {
        let wait = not.wait_time_from(self.limiter.clock().now());
        let period = period(self.policy.limit);
        let lacking = wait.as_nanos().div_ceil(period.as_nanos()).max(1);
        let lacking = u32::try_from(lacking).unwrap_or(u32::MAX).min(uses.get());
        let next = wait.saturating_sub(period * (lacking - 1));
        let standing = self.standing(uses.get() - lacking, next);
        Exceeded { standing, wait: Wait::For(wait) }
    }
}

impl Exceeded {
    /// When to try again, in whole seconds and at least one. Of what can never pass, the whole window:
    /// until then, nothing changes at all.
    #[must_use]
    pub fn retry_after(&self) -> u64 {
        match self.wait {
            Wait::For(wait) => header::seconds(wait),
            Wait::InVain => header::seconds(self.standing.policy.limit.window),
        }
    }

    /// The one that lasts longer.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        if other.wait > self.wait { other } else { self }
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CallLimit { calls, window } = self.standing.policy.limit;
        match self.wait {
            Wait::For(_) => {
                let window = spoken(header::seconds(window));
                let wait = spoken(self.retry_after());
                write!(f, "The limit is {calls} in {window}. Try again in {wait}.")
            }
            Wait::InVain => write!(f, "The limit is {calls} at once. Send fewer in one request."),
        }
    }
}

/// The time in which one use comes back.
fn period(limit: CallLimit) -> Duration {
    (limit.window / limit.calls.max(1)).max(Duration::from_nanos(1))
}

/// A length of time for people, such as `90 seconds`.
fn spoken(seconds: u64) -> String {
    let (count, unit) = match seconds {
        whole if whole % 3600 == 0 => (whole / 3600, "hour"),
        whole if whole % 60 == 0 => (whole / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// No longer than governor can count.
const LONGEST: Duration = Duration::from_hours(24 * 366);

#[cfg(test)]
mod tests;
