//! `Cache-Control`, `Age`, `Expires` and `Retry-After` of an answer; one header a line.

use std::time::Duration;

use countersign::{
    ambient::Timestamp,
    upstream::freshness::{Bounds, freshness, http_date, retry_after},
};

/// Those of client metadata documents, whose headers are strangers'.
const BOUNDS: Bounds = Bounds {
    floor: Duration::from_mins(5),
    ceiling: Duration::from_hours(24),
    silent: Duration::from_hours(1),
    uncacheable: Duration::from_mins(5),
};

/// Whatever the headers say, it is believed between five minutes and a day.
pub fn run(data: &[u8]) -> bool {
    let Some(text) = super::text(data) else { return false };
    let headers = super::headers(text);
    let fresh = freshness(&headers, &BOUNDS, super::NOW).fresh_for;
    assert!((BOUNDS.floor..=BOUNDS.ceiling).contains(&fresh), "{fresh:?}");
    let forbidding = super::headers(&format!("cache-control: no-store\n{text}"));
    assert_eq!(freshness(&forbidding, &BOUNDS, super::NOW).fresh_for, BOUNDS.uncacheable);
    let aged = super::headers(&format!("age: 4294967295\n{text}"));
    assert!(freshness(&aged, &BOUNDS, super::NOW).fresh_for <= fresh.max(BOUNDS.silent));
    let pause = retry_after(&headers);
    for value in headers.values().filter_map(|value| value.to_str().ok()) {
        if let Some(date) = http_date(value) {
            let years =
                Timestamp::from_unix(-62_200_000_000)..Timestamp::from_unix(253_402_300_861);
            assert!(years.contains(&date), "{date}");
        }
    }
    pause.is_some() || headers.contains_key("cache-control") || headers.contains_key("expires")
}
