//! How long a fetched document may be kept (RFC 9111 §4.2, RFC 5861 §4). Pure.
//!
//! Headers are a stranger's words: whatever stands in them, the answer stays within our bounds.

use std::time::Duration;

use http::{
    HeaderMap, HeaderName,
    header::{AGE, CACHE_CONTROL, DATE, EXPIRES, RETRY_AFTER},
};

use crate::ambient::Timestamp;

/// The bounds within which a document's own headers are believed.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Never fresh for less, except by [`Bounds::uncacheable`].
    pub floor: Duration,
    /// Never fresh for more.
    pub ceiling: Duration,
    /// When the headers say nothing.
    pub silent: Duration,
    /// When they say `no-store`, `no-cache`, `max-age=0` or an expiry already past.
    pub uncacheable: Duration,
}

/// What the headers of an answer say, within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// How long to use the document without asking again.
    pub fresh_for: Duration,
    /// How long the sender would have it used while it cannot be reached (`stale-if-error`).
    pub stale_if_error: Option<Duration>,
}

/// Reads the freshness of an answer that arrived at `now`.
#[must_use]
pub fn freshness(headers: &HeaderMap, bounds: &Bounds, now: Timestamp) -> Freshness {
    let said = CacheControl::read(headers);
    let lifetime = said.lifetime.or_else(|| expiry(headers, now));
    let fresh_for = match lifetime {
        _ if said.uncacheable => bounds.uncacheable,
        Some(Duration::ZERO) => bounds.uncacheable,
        Some(lifetime) => lifetime.saturating_sub(age(headers)).clamp(bounds.floor, bounds.ceiling),
        None => bounds.silent,
    };
    Freshness { fresh_for, stale_if_error: said.stale_if_error }
}

/// How long an answer asks to be left alone (RFC 9110 §10.2.3): seconds, or a date counted from the
/// answer's own.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let until = text(headers, &RETRY_AFTER)?;
    seconds(until).or_else(|| Some(http_date(until)?.since(http_date(text(headers, &DATE)?)?)))
}

/// An HTTP date in the one form that may be sent (RFC 9110 §5.6.7), as `Sun, 06 Nov 1994 08:49:37 GMT`.
#[must_use]
pub fn http_date(text: &str) -> Option<Timestamp> {
    let (_, date) = text.trim().split_once(", ")?;
    let parts: Vec<&str> = date.split(' ').collect();
    let [day, month, year, time, "GMT"] = parts.as_slice() else { return None };
    let clock: Vec<&str> = time.split(':').collect();
    let [hour, minute, second] = clock.as_slice() else { return None };
    let month = 1 + MONTHS.iter().position(|name| name == month)?;
    let days = days_since_epoch(number(year, 9999)?, i64::try_from(month).ok()?, number(day, 31)?);
    let seconds = number(hour, 23)? * 3600 + number(minute, 59)? * 60 + number(second, 60)?;
    Some(Timestamp::from_unix(days * 86_400 + seconds))
}

#[derive(Default)]
struct CacheControl {
    lifetime: Option<Duration>,
    stale_if_error: Option<Duration>,
    uncacheable: bool,
}

impl CacheControl {
    /// Directives that are repeated count as the shortest; unreadable ones not at all.
    fn read(headers: &HeaderMap) -> Self {
        let (mut said, mut shared) = (Self::default(), None);
        let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
        for directive in lines.flat_map(|line| line.split(',')).take(MAX_DIRECTIVES) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let value = seconds(value.trim().trim_matches('"'));
            match name.trim().to_ascii_lowercase().as_str() {
                "max-age" => said.lifetime = shorter(said.lifetime, value),
                "s-maxage" => shared = shorter(shared, value),
                "stale-if-error" => said.stale_if_error = shorter(said.stale_if_error, value),
                "no-store" => said.uncacheable = true,
                // `no-cache="Set-Cookie"` speaks of that header alone (RFC 9111 §5.2.2.4).
                "no-cache" if !directive.contains('=') => said.uncacheable = true,
                _ => {}
            }
        }
        said.lifetime = said.lifetime.or(shared);
        said
    }
}

fn shorter(known: Option<Duration>, read: Option<Duration>) -> Option<Duration> {
    match (known, read) {
        (Some(known), Some(read)) => Some(known.min(read)),
        (known, read) => known.or(read),
    }
}

/// RFC 9111 §5.3: an `Expires` that is no date lies in the past.
fn expiry(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let expires = headers.get(EXPIRES)?;
    let sent = text(headers, &DATE).and_then(http_date).unwrap_or(now);
    let expires = expires.to_str().ok().and_then(http_date);
    Some(expires.map_or(Duration::ZERO, |expires| expires.since(sent)))
}

fn age(headers: &HeaderMap) -> Duration {
    text(headers, &AGE).and_then(seconds).unwrap_or_default()
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `delta-seconds` (RFC 9111 §1.2.2): digits only; too many mean very long.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse::<u32>().unwrap_or(u32::MAX).into()))
}

fn number(text: &str, most: i64) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number <= most)
}

/// Days from 1970-01-01 in the Gregorian calendar, counted in years that begin in March.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let century = year.div_euclid(400);
    let of_century = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    century * 146_097 + of_century * 365 + of_century / 4 - of_century / 100 + of_year - 719_468
}

/// More directives than anyone sends.
const MAX_DIRECTIVES: usize = 32;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(784_111_777);
    const BOUNDS: Bounds = Bounds {
        floor: Duration::from_mins(5),
        ceiling: Duration::from_hours(1),
        silent: Duration::from_mins(10),
        uncacheable: Duration::from_mins(1),
    };

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        lines.iter().map(pair).collect()
    }

    fn fresh(lines: &[(&str, &str)]) -> u64 {
        freshness(&headers(lines), &BOUNDS, NOW).fresh_for.as_secs()
    }

    proptest! {
        #[test]
        fn whatever_the_headers_say_the_answer_stays_within_bounds(
            control in "[ -~]{0,60}|((max-age|s-maxage|no-cache|stale-if-error)=?\"?[-0-9]{0,25}\"?[,; ]?){0,5}",
            age in "[ -~]{0,30}|[0-9]{0,30}",
            expires in "[ -~]{0,40}|[A-Z][a-z]{2}, [0-9]{1,3} (Jan|Feb|Xxx) [0-9]{1,5} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
        ) {
            let lines = [("cache-control", &control), ("age", &age), ("expires", &expires), ("retry-after", &expires)];
            let headers = headers(&lines.map(|(name, value)| (name, value.as_str())));
            let fresh_for = freshness(&headers, &BOUNDS, NOW).fresh_for;
            prop_assert!(fresh_for >= BOUNDS.uncacheable && fresh_for <= BOUNDS.ceiling);
            let _any = retry_after(&headers);
        }
    }

    #[test]
    fn age_is_subtracted_from_max_age() {
        assert_eq!(fresh(&[("cache-control", "public, max-age=1800"), ("age", "600")]), 1200);
    }

    #[test]
    fn lifetimes_are_clamped_on_both_sides() {
        assert_eq!(fresh(&[("cache-control", "public, max-age=15")]), 300);
        assert_eq!(fresh(&[("cache-control", "max-age=19302")]), 3600);
        assert_eq!(fresh(&[("cache-control", "max-age=999999999999999999999")]), 3600);
        assert_eq!(fresh(&[("cache-control", "max-age=600"), ("age", "1000000000000")]), 300);
    }

    #[test]
    fn silence_and_garbage_mean_the_default() {
        assert_eq!(fresh(&[]), 600);
        for garbage in
            ["max-age", "max-age=", "max-age=-1", "max-age=1e3", "max-age=x", "=,=;,,\"", "é"]
        {
            assert_eq!(fresh(&[("cache-control", garbage)]), 600, "{garbage}");
        }
        assert_eq!(fresh(&[("cache-control", "max-age=1200"), ("age", "-5")]), 1200);
    }

    #[test]
    fn what_must_not_be_stored_is_kept_for_a_minute() {
        for said in ["no-store", "No-Cache", "max-age=0", "no-cache, max-age=3600"] {
            assert_eq!(fresh(&[("cache-control", said)]), 60, "{said}");
        }
        assert_eq!(fresh(&[("expires", "0")]), 60);
        assert_eq!(fresh(&[("cache-control", "no-cache=\"Set-Cookie\", max-age=900")]), 900);
    }

    #[test]
    fn the_shortest_of_repeated_directives_counts() {
        let twice = [("cache-control", "max-age=3000"), ("cache-control", "MAX-AGE=\"900\"")];
        assert_eq!(fresh(&twice), 900);
    }

    #[test]
    fn shared_lifetime_and_expiry_stand_in_for_max_age() {
        assert_eq!(fresh(&[("cache-control", "s-maxage=700")]), 700);
        assert_eq!(fresh(&[("cache-control", "s-maxage=700, max-age=800")]), 800);
        let dated = [
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("expires", "Sun, 06 Nov 1994 09:09:37 GMT"),
        ];
        assert_eq!(fresh(&dated), 1200);
        assert_eq!(fresh(&[("expires", "Sun, 06 Nov 1994 09:09:37 GMT")]), 1200);
    }

    #[test]
    fn stale_if_error_is_told() {
        let headers = headers(&[("cache-control", "max-age=15, stale-if-error=86400")]);
        let told = freshness(&headers, &BOUNDS, NOW).stale_if_error;
        assert_eq!(told, Some(Duration::from_hours(24)));
    }

    #[test]
    fn dates_are_read_in_the_one_form_that_is_sent() {
        let read = |text| http_date(text).map(Timestamp::unix);
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(read("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(read("Thu, 29 Feb 2024 12:00:00 GMT"), Some(1_709_208_000));
        for text in ["", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, +6 Nov 1994 08:49:37 GMT", ", , ,"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let read = |text| retry_after(&headers(&[("date", date), ("retry-after", text)]));
        assert_eq!(read("120"), Some(Duration::from_mins(2)));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:37 GMT"), Some(Duration::from_mins(1)));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
    }
}
