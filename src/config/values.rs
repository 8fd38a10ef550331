//! Small values: durations, lists of stems, networks.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;
use jiff::SignedDuration;

use crate::engine::policy::CallLimit;

/// A positive length of time such as `90s`, `15m`, `1h` or `1h30m`.
pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    let span: SignedDuration = text.trim().parse().map_err(|_| NOT_A_DURATION)?;
    let span = Duration::try_from(span).map_err(|_| NOT_A_DURATION)?;
    if span.is_zero() { Err(NOT_A_DURATION) } else { Ok(span) }
}

/// A length of time that may be none, five minutes at most.
///
/// # Errors
/// What is wrong with it, to follow after it.
pub(super) fn pause(text: &str) -> Result<Duration, &'static str> {
    let span: SignedDuration = text.trim().parse().map_err(|_| NOT_A_DURATION)?;
    let span = Duration::try_from(span).map_err(|_| NOT_A_DURATION)?;
    if span <= Duration::from_mins(5) { Ok(span) } else { Err("is longer than five minutes") }
}

/// A positive length of time in days, such as `30d`, or as `duration` reads it.
///
/// # Errors
/// What is wrong with it, to follow after it.
pub fn days(text: &str) -> Result<Duration, &'static str> {
    let text = text.trim();
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    match days {
        Some(days @ 1..) => Ok(Duration::from_hours(24).saturating_mul(days)),
        _ => duration(text),
    }
}

/// A number of bytes such as `512KiB` or `4MiB`.
pub(super) fn size(text: &str) -> Option<usize> {
    let text = text.trim();
    let kib = text.strip_suffix("KiB").map(|number| (number, 1024));
    let (number, unit) = kib.or_else(|| text.strip_suffix("MiB").map(|n| (n, 1024 * 1024)))?;
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    number.parse::<usize>().ok().filter(|_| digits)?.checked_mul(unit)
}

/// How often in what time, such as `100/60m`; the time in whole seconds, a year at most.
pub(super) fn call_limit(text: &str) -> Result<CallLimit, &'static str> {
    let (calls, window) = text.split_once('/').ok_or(NOT_A_LIMIT)?;
    let calls = calls.trim().parse().ok().filter(|calls| *calls > 0).ok_or(NOT_A_LIMIT)?;
    let window = duration(window).map_err(|_| NOT_A_LIMIT)?;
    let year = Duration::from_hours(24 * 366);
    let fine = window <= year && window.subsec_nanos() == 0;
    fine.then_some(CallLimit { calls, window }).ok_or("is not in whole seconds, a year at most")
}

/// A limit, or `off`.
pub(super) fn call_limit_or_off(text: &str) -> Result<Option<CallLimit>, &'static str> {
    if text.trim() == "off" { Ok(None) } else { call_limit(text).map(Some) }
}

/// The life of an access token: from a minute to a day.
pub(super) fn access_ttl(text: &str) -> Result<Duration, &'static str> {
    let span = duration(text)?;
    let day = Duration::from_hours(24);
    let fine = (Duration::from_mins(1)..=day).contains(&span) && span.subsec_nanos() == 0;
    fine.then_some(span).ok_or("is not between 1m and 24h in whole seconds")
}

/// The same, in hours.
pub(super) fn access_ttl_hours(text: &str) -> Result<Duration, &'static str> {
    let digits = |b: u8| b.is_ascii_digit() || b == b'.';
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(digits) {
        return Err("is not a number of hours");
    }
    access_ttl(&format!("{text}h"))
}

/// File stems separated by commas: at least one, none twice, none that leaves its folder.
pub(super) fn stems(text: &str) -> Result<Vec<String>, String> {
    let mut stems: Vec<String> = Vec::new();
    for stem in text.split(',').map(str::trim).filter(|stem| !stem.is_empty()) {
        if !is_stem(stem) {
            return Err(format!(
                "`{stem}` is not the stem of a file name: letters, digits, - and _"
            ));
        }
        if stems.iter().any(|known| known == stem) {
            return Err(format!("names `{stem}` twice"));
        }
        stems.push(stem.to_owned());
    }
    if stems.is_empty() { Err("names none".to_owned()) } else { Ok(stems) }
}

fn is_stem(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    text.len() <= 64 && text.bytes().all(word)
}

/// Networks or single addresses separated by commas. A network of everybody is refused: it would
/// let anyone forge forwarding headers.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(network).collect()
}

fn network(item: &str) -> Result<IpNet, String> {
    let single = || item.parse::<IpAddr>().map(IpNet::from);
    let network: IpNet =
        item.parse().or_else(|_| single()).map_err(|_| format!("`{item}` is not a network"))?;
    if network.prefix_len() == 0 {
        return Err(format!("`{item}` is everybody, who could then forge forwarding headers"));
    }
    Ok(network.trunc())
}

const NOT_A_DURATION: &str = "is not a length of time";
const NOT_A_LIMIT: &str = "is not a number of times in a length of time";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_hours_minutes_and_seconds() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
        for text in ["", "1", "-1h", "0s", "1 fortnight", "h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pause_may_be_none_and_is_not_long() {
        assert_eq!(pause("0s"), Ok(Duration::ZERO));
        assert_eq!(pause("5s"), Ok(Duration::from_secs(5)));
        for text in ["", "5", "-1s", "6m", "soon"] {
            assert!(pause(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_in_whole_kibibytes_and_mebibytes() {
        assert_eq!(size("64KiB"), Some(65_536));
        assert_eq!(size(" 4MiB "), Some(4_194_304));
        let flood = "99999999999999999999MiB";
        for text in ["", "4", "4MB", "4 MiB", "MiB", "-1MiB", "+1MiB", "0.5MiB", "4mib", flood] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn a_limit_is_a_number_of_times_in_a_length_of_time() {
        let hour = CallLimit { calls: 100, window: Duration::from_hours(1) };
        assert_eq!(call_limit("100/60m"), Ok(hour));
        assert_eq!(call_limit_or_off(" 100 / 1h "), Ok(Some(hour)));
        assert_eq!(call_limit_or_off("off"), Ok(None));
        let bad = ["", "100", "0/1h", "-1/1h", "x/1h", "100/x", "100/60", "1/0s", "1/1ms"];
        for text in bad.into_iter().chain(["1/9000h", "5000000000/1h", "1/1h/1h", "off/1h"]) {
            assert!(call_limit(text).is_err() && call_limit_or_off(text).is_err(), "{text}");
        }
        assert!(call_limit("off").is_err());
    }

    #[test]
    fn a_token_that_lives_seconds_or_days_is_refused() {
        assert!(access_ttl("59s").is_err() && access_ttl("25h").is_err());
        assert_eq!(access_ttl_hours("24"), Ok(Duration::from_hours(24)));
        assert_eq!(access_ttl_hours("0.5"), Ok(Duration::from_mins(30)));
        for text in ["", "1h", "-1", "nan", "1e1", "0"] {
            assert!(access_ttl_hours(text).is_err(), "{text}");
        }
    }

    #[test]
    fn stems_that_leave_the_folder_or_stand_twice_are_refused() {
        assert_eq!(stems("dev, auth0,"), Ok(vec!["dev".to_owned(), "auth0".to_owned()]));
        for text in ["", ",", "../x", "a/b", "a.toml", "dev,dev", "Ä"] {
            assert!(stems(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_proxy_network_of_everybody_is_refused() {
        assert_eq!(networks("10.1.0.0/8, ::1").unwrap().len(), 2);
        for text in ["0.0.0.0/0", "::/0", "10.0.0.0/33", "proxy"] {
            assert!(networks(text).is_err(), "{text}");
        }
    }
}
