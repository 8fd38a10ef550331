//! Members of JSON objects, found so that no reader finds others: Go's `encoding/json` matches their
//! names in any case, by simple Unicode folding, readers in C end them at a NUL, and of two of one name
//! some take the first and some the last.

use std::{borrow::Cow, fmt, mem};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// The members of an object that is being read: those of some names, each once and by its own name. The
/// others are read over.
pub(super) struct Sole<A, const N: usize> {
    map: A,
    names: [&'static str; N],
    seen: [bool; N],
}

impl<'de, A: MapAccess<'de>, const N: usize> Sole<A, N> {
    pub(super) const fn of(map: A, names: [&'static str; N]) -> Self {
        Self { map, names, seen: [false; N] }
    }

    /// The name of the next one, whose value has to be read before the one after it.
    ///
    /// # Errors
    /// When a member stands twice, or has a name that only lenient readers take for one of these.
    pub(super) fn next(&mut self) -> Result<Option<&'static str>, A::Error> {
        while let Some(Key(key)) = self.map.next_key()? {
            let Some(at) = self.names.iter().position(|name| folds_to(&key, name)) else {
                self.value_if(PASSED)?;
                continue;
            };
            if key != self.names[at] || mem::replace(&mut self.seen[at], true) {
                return Err(A::Error::custom("ambiguous"));
            }
            return Ok(Some(self.names[at]));
        }
        Ok(None)
    }

    pub(super) fn value<T: Deserialize<'de>>(&mut self) -> Result<T, A::Error> {
        self.map.next_value()
    }

    pub(super) fn value_if<T>(&mut self, of: IfText<T>) -> Result<Option<T>, A::Error> {
        self.map.next_value_seed(of)
    }
}

/// Reads any value to its end: JSON that every reader can read, with no lone surrogates, which some keep
/// and some replace, no numbers beyond the largest, and at most 127 deep (`serde_json`'s own limit), for
/// some give up beyond. (`IgnoredAny` passes over strings without reading them.) A text comes out as
/// the function makes it, anything else as none.
#[derive(Clone, Copy)]
pub(super) struct IfText<T>(pub(super) fn(&str) -> Option<T>);

/// Any value, read over.
pub(super) const PASSED: IfText<()> = IfText(|_| None);

impl<'de, T> DeserializeSeed<'de> for IfText<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<T>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, T> Visitor<'de> for IfText<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<T>, E> {
        Ok(self.0(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<T>, A::Error> {
        while seq.next_element_seed(PASSED)?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<T>, A::Error> {
        while map.next_key_seed(PASSED)?.is_some() {
            map.next_value_seed(PASSED)?;
        }
        Ok(None)
    }
}

/// The value of this member of `text` as it stands there, if `text` is an object and has one such member
/// for every reader.
pub(super) fn sole<'a>(text: &'a str, name: &'static str) -> Option<&'a str> {
    let mut found = None;
    each(text, &mut |key, value| {
        !folds_to(key, name) || key == name && found.replace(value).is_none()
    })?;
    found
}

/// The values of every member of `text` that some reader takes for `name`, of which there are none if
/// it is no object; nothing if a member's name cannot be read.
pub(super) fn any<'a>(text: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let mut found = Vec::new();
    if !text.trim_ascii_start().starts_with('{') {
        return Some(found);
    }
    each(text, &mut |key, value| {
        if folds_to(key, name) {
            found.push(value);
        }
        true
    })?;
    Some(found)
}

/// The elements of an array as they stand in `text`; none if it is no array.
pub(super) fn elements(text: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// Whether a lenient reader takes `key` for `name`, which is one of ours: ASCII.
pub(super) fn folds_to(key: &str, name: &str) -> bool {
    if key.is_ascii() && !key.contains('\0') {
        return key.eq_ignore_ascii_case(name);
    }
    let whole = key.split('\0').next().unwrap_or_default();
    whole.chars().map(folded).eq(name.chars().map(folded))
}

/// Besides ASCII, the Kelvin sign and the long s fold to an ASCII letter, and in Java and in Turkish the
/// two letters i.
const fn folded(c: char) -> char {
    match c {
        '\u{212A}' => 'k',
        '\u{17F}' => 's',
        '\u{130}' | '\u{131}' => 'i',
        _ => c.to_ascii_lowercase(),
    }
}

/// Calls `member` for each until it is told to stop; none if it was, or if `text` is no object.
fn each<'a>(text: &'a str, member: &mut dyn FnMut(&str, &'a str) -> bool) -> Option<()> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Each(member).deserialize(&mut reader).ok()?;
    reader.end().ok()
}

struct Each<'f, 'a>(&'f mut dyn FnMut(&str, &'a str) -> bool);

impl<'de> DeserializeSeed<'de> for Each<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Each<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &RawValue>()? {
            if !self.0(&key, value.get()) {
                return Err(A::Error::custom("ambiguous"));
            }
        }
        Ok(())
    }
}

/// A member's name: a copy only where it is written with escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_go_takes_for_ours_are_taken_for_ours() {
        for key in ["name", "NAME", "Name", "nAmE"] {
            assert!(folds_to(key, "name"), "{key}");
        }
        assert!(folds_to("tas\u{212A}Id", "taskId") && folds_to("ta\u{17F}kid", "taskId"));
        for key in ["names", "nam", "nàme", "na\u{212A}e", "", "\0name"] {
            assert!(!folds_to(key, "name"), "{key}");
        }
    }

    #[test]
    fn names_that_c_and_java_take_for_ours_are_taken_for_ours() {
        for key in ["name\0", "name\0x", "NAME\0"] {
            assert!(folds_to(key, "name"), "{key}");
        }
        assert!(folds_to("ur\u{131}", "uri") && folds_to("\u{130}D", "id"));
    }

    #[test]
    fn a_member_is_found_once_and_by_its_own_name_or_not_at_all() {
        assert_eq!(sole(r#" {"b": [1] ,"c":2} "#, "b"), Some("[1]"));
        for text in
            ["[]", "7", "{}", "{}x", r#"{"a":1,"a":1}"#, r#"{"A":1}"#, r#"{"a":1,"\u0061":1}"#]
        {
            assert_eq!(sole(text, "a"), None, "{text}");
        }
        assert_eq!(any(r#"{"a":1,"A":2,"b":3}"#, "a"), Some(vec!["1", "2"]));
        assert_eq!(any(r#"["a"]"#, "a"), Some(vec![]));
        assert_eq!(any(r#"{"\ud800":1,"a":2}"#, "a"), None);
    }

    #[test]
    fn elements_keep_their_text() {
        assert_eq!(elements("[1, {} ]"), Some(vec!["1", "{}"]));
        assert_eq!(elements("[1,2,3,"), None);
        assert_eq!(elements("{}"), None);
    }
}
