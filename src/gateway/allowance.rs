//! How often each person may call a server and its tools: counted here, in this process alone.
//!
//! A call is one `tools/call`. A request that calls no tool, such as `tools/list`, takes nothing; a
//! batch takes one for each of its calls.

use std::{collections::BTreeMap, num::NonZeroU32};

use crate::{
    engine::policy::CallLimit,
    protocol::id::UserId,
    rate::{Clock, Exceeded, Left, MonotonicClock, Rate},
};

/// Who counts together: a person, or everybody who is not signed in (`auth = "none"`).
type Who = Option<UserId>;

/// The limits of one server, and what each person has left of them.
pub struct Allowances<C: Clock = MonotonicClock> {
    server: Option<Rate<Who, C>>,
    tools: BTreeMap<String, Rate<Who, C>>,
}

impl Allowances {
    /// The limit of all calls of the server, and those of some `[[tool]]` rules by their names.
    pub fn new(
        server: Option<CallLimit>,
        tools: impl IntoIterator<Item = (String, CallLimit)>,
    ) -> Self {
        Self::with_clock(server, tools, &MonotonicClock)
    }
}

impl<C: Clock + Clone> Allowances<C> {
    /// [`Allowances::new`] with another clock.
    pub fn with_clock(
        server: Option<CallLimit>,
        tools: impl IntoIterator<Item = (String, CallLimit)>,
        clock: &C,
    ) -> Self {
        let rate = |name: &str, limit| Rate::new(name, limit, clock.clone());
        let tools = tools.into_iter().map(|(name, limit)| {
            let rate = rate(&format!("tool:{name}"), limit);
            (name, rate)
        });
        let tools = tools.collect();
        Self { server: server.map(|limit| rate("user", limit)), tools }
    }

    /// Takes one of the server's allowance for each call of a request, and one of its tool's where the
    /// tool has a limit of its own: all of it, or nothing.
    ///
    /// `calls` has one entry for each call: the name of the rule the tool falls under, or the tool's
    /// own name where it falls under none.
    ///
    /// # Errors
    /// [`Exceeded`]: the limit that keeps the caller waiting longest.
    pub fn take(&self, user: Option<&UserId>, calls: &[&str]) -> Result<Left, Exceeded> {
        let who = user.cloned();
        let (mut taken, mut left, mut refusals) = (Vec::new(), Left::default(), Vec::new());
        for (rate, uses) in self.demands(calls) {
            match rate.take(&who, uses) {
                Ok(standing) => {
                    taken.push((rate, uses));
                    left.0.push(standing);
                }
                Err(exceeded) => refusals.push(exceeded),
            }
        }
        let longest = refusals.into_iter().reduce(Exceeded::or_worse);
        let Some(exceeded) = longest else { return Ok(left) };
        for (rate, uses) in taken {
            rate.give_back(&who, uses);
        }
        Err(exceeded)
    }

    /// Forgets who has their whole allowance again.
    pub fn sweep(&self) {
        self.server.iter().chain(self.tools.values()).for_each(Rate::sweep);
    }

    /// Each limit that the calls count against, with how many of them do.
    fn demands(&self, calls: &[&str]) -> impl Iterator<Item = (&Rate<Who, C>, NonZeroU32)> {
        let mut counts = BTreeMap::<&str, usize>::new();
        for call in calls {
            *counts.entry(call).or_default() += 1;
        }
        let uses = |count| NonZeroU32::new(u32::try_from(count).unwrap_or(u32::MAX));
        let whole = self.server.iter().zip(uses(calls.len()));
        let by_tool = counts
            .into_iter()
            .filter_map(move |(call, count)| Some((self.tools.get(call)?, uses(count)?)));
        whole.chain(by_tool)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;

    use super::*;
    use crate::rate::FakeRelativeClock;

    const MINUTE: Duration = Duration::from_mins(1);

    struct Trial {
        allowances: Allowances<FakeRelativeClock>,
        clock: FakeRelativeClock,
    }

    impl Trial {
        /// Ten calls a minute, two of them of `slow`.
        fn new() -> Self {
            let limit = |calls| CallLimit { calls, window: MINUTE };
            Self::of(Some(limit(10)), &[("slow", limit(2))])
        }

        fn of(server: Option<CallLimit>, tools: &[(&str, CallLimit)]) -> Self {
            let clock = FakeRelativeClock::default();
            let tools = tools.iter().map(|(name, limit)| ((*name).to_owned(), *limit));
            Self { allowances: Allowances::with_clock(server, tools, &clock), clock }
        }

        /// The headers, or the refusal's sentence.
        fn take(&self, user: Option<&str>, calls: &[&str]) -> Result<String, String> {
            let user = user.map(UserId::new);
            let left = self.allowances.take(user.as_ref(), calls);
            let left = left.map_err(|exceeded| exceeded.to_string())?;
            let mut headers = HeaderMap::new();
            left.tell(&mut headers);
            let told = headers.get("ratelimit").map_or("", |value| value.to_str().unwrap());
            Ok(told.to_owned())
        }

        /// How many more calls of a tool go through, by making them.
        fn drained(&self, user: Option<&str>, tool: &str) -> usize {
            (0..100).take_while(|_| self.take(user, &[tool]).is_ok()).count()
        }
    }

    const ANN: Option<&str> = Some("usr_ann");
    const BOB: Option<&str> = Some("usr_bob");

    #[test]
    fn each_person_has_their_own_allowance() {
        let trial = Trial::new();
        assert_eq!((trial.drained(ANN, "x"), trial.drained(BOB, "x")), (10, 10));
        trial.clock.advance(MINUTE / 2);
        assert_eq!((trial.drained(ANN, "x"), trial.drained(ANN, "y")), (5, 0));
    }

    #[test]
    fn who_is_not_signed_in_shares_one_allowance_and_takes_nothing_of_anybody() {
        let trial = Trial::new();
        assert_eq!((trial.drained(None, "x"), trial.drained(None, "x")), (10, 0));
        assert_eq!(trial.drained(ANN, "x"), 10);
    }

    #[test]
    fn a_limited_tool_counts_against_both_limits() {
        let trial = Trial::new();
        let told = trial.take(ANN, &["slow"]);
        assert_eq!(told.as_deref(), Ok("\"user\";r=9;t=6, \"tool:slow\";r=1;t=30"));
        assert_eq!(trial.take(ANN, &["x"]).as_deref(), Ok("\"user\";r=8;t=6"));
        assert_eq!((trial.drained(ANN, "slow"), trial.drained(ANN, "x")), (1, 7));
    }

    #[test]
    fn a_request_that_calls_no_tool_takes_nothing() {
        let trial = Trial::new();
        assert_eq!(trial.take(ANN, &[]).as_deref(), Ok(""));
        assert_eq!(trial.drained(ANN, "x"), 10);
        assert_eq!(trial.take(ANN, &[]).as_deref(), Ok(""), "nor is it refused");
    }

    #[test]
    fn a_batch_takes_one_for_each_call() {
        let trial = Trial::new();
        let told = trial.take(ANN, &["x", "slow", "y", "slow"]);
        assert_eq!(told.as_deref(), Ok("\"user\";r=6;t=6, \"tool:slow\";r=0;t=30"));
    }

    #[test]
    fn what_one_limit_refuses_takes_nothing_of_another() {
        let trial = Trial::new();
        let refused = trial.take(ANN, &["x", "slow", "slow", "slow"]).unwrap_err();
        assert_eq!(refused, "The limit is 2 at once. Send fewer in one request.");
        assert_eq!(trial.drained(ANN, "slow"), 2);
        for _ in 0..20 {
            assert!(trial.take(ANN, &["slow"]).is_err());
        }
        assert_eq!(trial.drained(ANN, "x"), 8, "refusals of the tool cost no call of the server");
        trial.clock.advance(MINUTE / 2);
        assert_eq!(trial.drained(ANN, "x"), 5);
        for _ in 0..20 {
            assert!(trial.take(ANN, &["slow"]).is_err());
        }
        trial.clock.advance(Duration::from_secs(6));
        assert_eq!(trial.drained(ANN, "slow"), 1, "nor the other way round");
    }

    #[test]
    fn of_two_refusals_the_longer_wait_is_told() {
        let hour = CallLimit { calls: 1, window: Duration::from_hours(1) };
        let trial = Trial::of(Some(CallLimit { calls: 1, window: MINUTE }), &[("slow", hour)]);
        assert!(trial.take(ANN, &["slow"]).is_ok());
        let refused = trial.take(ANN, &["slow"]).unwrap_err();
        assert_eq!(refused, "The limit is 1 in 1 hour. Try again in 1 hour.");
        let refused = trial.take(ANN, &["x"]).unwrap_err();
        assert_eq!(refused, "The limit is 1 in 1 minute. Try again in 1 minute.");
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let trial = Trial::of(None, &[]);
        assert_eq!(trial.drained(ANN, "x"), 100);
        assert_eq!(trial.take(ANN, &["x"]).as_deref(), Ok(""));
    }

    #[test]
    fn who_has_everything_back_is_forgotten() {
        let trial = Trial::new();
        assert_eq!(trial.drained(ANN, "slow"), 2);
        let remembered = || trial.allowances.server.as_ref().map(Rate::keys);
        trial.allowances.sweep();
        assert_eq!(remembered(), Some(1));
        trial.clock.advance(MINUTE * 2);
        trial.allowances.sweep();
        assert_eq!((remembered(), trial.allowances.tools["slow"].keys()), (Some(0), 0));
    }
}
