use http::HeaderMap;
use proptest::prelude::*;

use super::*;

const HOUR: CallLimit = CallLimit { calls: 100, window: Duration::from_hours(1) };
const MINUTE: CallLimit = CallLimit { calls: 5, window: Duration::from_mins(1) };

struct Trial {
    rate: Rate<u32, FakeRelativeClock>,
    clock: FakeRelativeClock,
}

impl Trial {
    fn of(limit: CallLimit) -> Self {
        Self::with_room(limit, MOST_KEYS)
    }

    fn with_room(limit: CallLimit, keys: usize) -> Self {
        let clock = FakeRelativeClock::default();
        Self { rate: Rate::with_room("user", limit, clock.clone(), keys), clock }
    }

    fn take(&self, key: u32, uses: u32) -> Result<Standing, Exceeded> {
        self.rate.take(&key, NonZeroU32::new(uses).unwrap())
    }

    /// How many single uses the key has left, by using them up.
    fn drained(&self, key: u32) -> usize {
        (0..10_000).take_while(|_| self.take(key, 1).is_ok()).count()
    }

    fn wait(&self, span: Duration) {
        self.clock.advance(span);
    }
}

fn told(tell: impl FnOnce(&mut HeaderMap)) -> String {
    let mut headers = HeaderMap::new();
    tell(&mut headers);
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        format!("{name}: {}", value.to_str().unwrap())
    };
    headers.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn refused(outcome: Result<Standing, Exceeded>) -> String {
    let exceeded = outcome.unwrap_err();
    format!("{exceeded}\n{}", told(|headers| exceeded.tell(headers)))
}

#[test]
fn a_limit_is_a_burst_that_comes_back_evenly() {
    let trial = Trial::of(HOUR);
    assert_eq!(trial.drained(1), 100);
    trial.wait(Duration::from_secs(35));
    assert_eq!(trial.drained(1), 0);
    trial.wait(Duration::from_secs(1));
    assert_eq!(trial.drained(1), 1);
    trial.wait(Duration::from_mins(30));
    assert_eq!(trial.drained(1), 50);
    trial.wait(Duration::from_hours(1000));
    assert_eq!(trial.drained(1), 100, "no more than the limit is saved up");
}

#[test]
fn one_key_uses_up_nothing_of_another() {
    let trial = Trial::of(MINUTE);
    assert_eq!((trial.drained(1), trial.drained(2)), (5, 5));
}

#[test]
fn what_is_left_is_told() {
    let trial = Trial::of(HOUR);
    assert!((0..36).all(|_| trial.take(1, 1).is_ok()));
    let standing = trial.take(1, 1).unwrap();
    insta::assert_snapshot!(told(|headers| Left(vec![standing]).tell(headers)), @r#"
    ratelimit-policy: "user";q=100;w=3600
    ratelimit: "user";r=63;t=36
    "#);
    assert_eq!(told(|headers| Left::default().tell(headers)), "");
}

#[test]
fn several_limits_are_one_list_and_stand_beside_those_of_a_server_behind() {
    let (wide, narrow) = (Trial::of(HOUR), Trial::of(MINUTE));
    let left = Left(vec![wide.take(1, 1).unwrap(), narrow.take(1, 2).unwrap()]);
    let mut headers = HeaderMap::new();
    headers.insert("ratelimit", "\"theirs\";r=1".parse().unwrap());
    left.tell(&mut headers);
    let all: Vec<_> = headers.get_all("ratelimit").iter().collect();
    assert_eq!(all, ["\"theirs\";r=1", "\"user\";r=99;t=36, \"user\";r=3;t=12"]);
}

#[test]
fn a_refusal_says_when_to_come_back_in_whole_seconds_rounded_up() {
    let trial = Trial::of(MINUTE);
    assert_eq!(trial.drained(1), 5);
    trial.wait(Duration::from_millis(1500));
    insta::assert_snapshot!(refused(trial.take(1, 1)), @r#"
    The limit is 5 in 1 minute. Try again in 11 seconds.
    ratelimit-policy: "user";q=5;w=60
    ratelimit: "user";r=0;t=11
    retry-after: 11
    "#);
    trial.wait(Duration::from_millis(10_499));
    assert!(refused(trial.take(1, 1)).ends_with("retry-after: 1"), "never 0");
    trial.wait(Duration::from_millis(1));
    assert!(trial.take(1, 1).is_ok(), "and then it holds");
}

#[test]
fn several_uses_at_once_are_taken_all_or_none() {
    let trial = Trial::of(MINUTE);
    assert!(trial.take(1, 3).is_ok());
    insta::assert_snapshot!(refused(trial.take(1, 4)), @r#"
    The limit is 5 in 1 minute. Try again in 24 seconds.
    ratelimit-policy: "user";q=5;w=60
    ratelimit: "user";r=2;t=12
    retry-after: 24
    "#);
    assert_eq!(trial.drained(1), 2);
}

#[test]
fn more_at_once_than_the_limit_never_pass_however_many() {
    let trial = Trial::of(MINUTE);
    insta::assert_snapshot!(refused(trial.take(1, 6)), @r#"
    The limit is 5 at once. Send fewer in one request.
    ratelimit-policy: "user";q=5;w=60
    retry-after: 60
    "#);
    let year = Trial::of(CallLimit { calls: 1, window: Duration::from_hours(24 * 365) });
    assert!(year.take(1, u32::MAX).is_err(), "and nothing overflows");
    assert_eq!((trial.drained(1), year.drained(1)), (5, 1));
}

#[test]
fn what_is_given_back_can_be_taken_again_and_no_more() {
    let trial = Trial::of(MINUTE);
    let two = NonZeroU32::new(2).unwrap();
    assert!(trial.take(1, 2).is_ok());
    trial.rate.give_back(&1, two);
    assert_eq!(trial.drained(1), 5);
    trial.rate.give_back(&1, two);
    trial.rate.give_back(&9, two);
    assert_eq!((trial.drained(1), trial.drained(9)), (2, 5));
}

#[test]
fn keys_that_have_everything_back_are_forgotten_and_others_are_not() {
    let trial = Trial::of(MINUTE);
    assert!(trial.take(1, 1).is_ok());
    assert_eq!(trial.drained(2), 5);
    trial.wait(Duration::from_secs(25));
    trial.rate.sweep();
    assert_eq!((trial.rate.keys(), trial.drained(2)), (1, 2));
    trial.wait(Duration::from_mins(2));
    trial.rate.sweep();
    assert_eq!(trial.rate.keys(), 0);
}

#[test]
fn a_flood_of_keys_fills_a_bounded_table_and_its_rest_shares_one_allowance() {
    let trial = Trial::with_room(MINUTE, 10);
    assert_eq!(trial.drained(0), 5);
    assert!((1..10).all(|key| trial.take(key, 1).is_ok()));
    let others = (10..10_000).filter(|key| trial.take(*key, 1).is_ok()).count();
    assert_eq!((others, trial.rate.keys()), (5, 10), "not one more for being many");
    assert_eq!((trial.drained(0), trial.drained(1)), (0, 4), "who was there keeps their own");
    trial.wait(Duration::from_mins(2));
    trial.rate.sweep();
    assert_eq!(trial.drained(10_000), 5, "there is room again");
}

#[test]
fn a_name_cannot_write_into_the_header() {
    for (name, told) in [("a\"b\\", r#""a\"b\\""#), ("ü\r\nx: y", "\"???x: y\"")] {
        let rate = Rate::new(name, MINUTE, FakeRelativeClock::default());
        let left = Left(vec![rate.take(&1, NonZeroU32::MIN).unwrap()]);
        let mut headers = HeaderMap::new();
        left.tell(&mut headers);
        assert_eq!(headers["ratelimit"], format!("{told};r=4;t=12"));
    }
}

proptest! {
    /// GCRA's promise, whatever the pattern: in any window, at most a burst and what came back in it.
    #[test]
    fn no_pattern_gets_more_than_the_burst_and_what_came_back(
        calls in 1_u32..50,
        seconds in 1_u64..4000,
        steps in prop::collection::vec((0_u64..2_000_000, 1_u32..6), 1..80),
    ) {
        let limit = CallLimit { calls, window: Duration::from_secs(seconds) };
        let trial = Trial::of(limit);
        let (mut passed, mut waited) = (0_u128, Duration::ZERO);
        for (milliseconds, uses) in steps {
            let pause = Duration::from_millis(milliseconds);
            trial.wait(pause);
            waited += pause;
            match trial.take(1, uses) {
                Ok(_) => passed += u128::from(uses),
                Err(exceeded) => prop_assert!(exceeded.retry_after() >= 1),
            }
            let back = waited.as_nanos() / period(limit).as_nanos();
            prop_assert!(passed <= u128::from(calls) + back);
        }
    }

    /// Whoever waits as long as they are told is let through.
    #[test]
    fn retry_after_is_enough(calls in 1_u32..500, seconds in 1_u64..100_000, uses in 1_u32..500) {
        let trial = Trial::of(CallLimit { calls, window: Duration::from_secs(seconds) });
        trial.drained(1);
        if let Err(exceeded) = trial.take(1, uses.min(calls)) {
            trial.wait(Duration::from_secs(exceeded.retry_after()));
            prop_assert!(trial.take(1, uses.min(calls)).is_ok());
        }
    }
}
