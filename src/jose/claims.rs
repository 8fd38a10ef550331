//! Claims read by type, deny by default: a claim that is present in another form than it must have,
//! `null` included, is refused and never taken for absent (RFC 7519 §4).

use serde_json::{Map, Value};

use crate::{
    ambient::Timestamp,
    jose::refusal::{Refusal, claim},
};

/// The claims of one token.
#[derive(Clone, Copy)]
pub(super) struct Claims<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Claims<'a> {
    pub(super) fn text(self, name: &'static str) -> Result<Option<&'a str>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(claim(name, "is not a string")),
        }
    }

    pub(super) fn required_text(self, name: &'static str) -> Result<&'a str, Refusal> {
        self.text(name)?.ok_or(claim(name, MISSING))
    }

    pub(super) fn date(self, name: &'static str) -> Result<Option<Timestamp>, Refusal> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        date(value).map(Some).ok_or(claim(name, "is not a date"))
    }

    pub(super) fn required_date(self, name: &'static str) -> Result<Timestamp, Refusal> {
        self.date(name)?.ok_or(claim(name, MISSING))
    }

    /// One string or a list of strings (RFC 7519 §4.1.3).
    pub(super) fn audiences(self) -> Result<Vec<&'a str>, Refusal> {
        match self.0.get("aud") {
            None => Err(claim("aud", MISSING)),
            Some(Value::String(one)) => Ok(vec![one]),
            Some(Value::Array(list)) => {
                let texts: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
                texts.ok_or(claim("aud", "is not a list of strings"))
            }
            Some(_) => Err(claim("aud", "is neither a string nor a list")),
        }
    }

    /// `exp` must lie ahead (RFC 7519 §4.1.4). Returns it.
    pub(super) fn unexpired(self, latest_past: Timestamp) -> Result<Timestamp, Refusal> {
        let exp = self.required_date("exp")?;
        if exp > latest_past { Ok(exp) } else { Err(Refusal::Expired) }
    }

    /// `name`, if present, must not lie ahead.
    pub(super) fn begun(
        self,
        name: &'static str,
        earliest_future: Timestamp,
    ) -> Result<Option<Timestamp>, Refusal> {
        let date = self.date(name)?;
        if date.is_some_and(|date| date > earliest_future) {
            return Err(Refusal::NotYetValid);
        }
        Ok(date)
    }
}

/// A `NumericDate` between 1970 and 9999. Fractions of a second, which RFC 7519 §2 permits, are cut off.
fn date(value: &Value) -> Option<Timestamp> {
    #[expect(clippy::cast_possible_truncation, reason = "between 1970 and 9999")]
    let cut = |float: f64| (0.0..1e12).contains(&float).then_some(float as i64);
    let seconds = value.as_i64().or_else(|| cut(value.as_f64()?))?;
    (0..=END_OF_9999).contains(&seconds).then(|| Timestamp::from_unix(seconds))
}

const MISSING: &str = "is missing";
const END_OF_9999: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_seconds_and_fractions_are_dates_and_nothing_else() {
        let read = |value: Value| date(&value).map(Timestamp::unix);
        assert_eq!(read(json!(0)), Some(0));
        assert_eq!(read(json!(1_800_000_000.9)), Some(1_800_000_000));
        assert_eq!(read(json!(END_OF_9999)), Some(END_OF_9999));
        for other in [
            json!(-1),
            json!(-0.5),
            json!(END_OF_9999 + 1),
            json!(u64::MAX),
            json!(1e300),
            json!("1800000000"),
            json!(null),
            json!(true),
            json!([1]),
        ] {
            assert_eq!(read(other.clone()), None, "{other}");
        }
    }
}
