//! A JSON reader that forgets nothing: of members of one name it keeps all, for those readers that take
//! the first, or the last, or look past upper case and what follows a NUL.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Any JSON value.
pub(super) enum Lenient {
    Object(Vec<(String, Lenient)>),
    List(Vec<Lenient>),
    Text(String),
    Other,
}

impl Lenient {
    /// Every member that some reader takes for `name`.
    pub(super) fn members(&self, name: &str) -> Vec<&Self> {
        let Self::Object(members) = self else { return Vec::new() };
        let named = members.iter().filter(|(known, _)| folded(known) == folded(name));
        named.map(|(_, value)| value).collect()
    }

    /// The text that it is.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its elements, or itself alone.
    pub(super) fn each(&self) -> Vec<&Self> {
        match self {
            Self::List(all) => all.iter().collect(),
            one => vec![one],
        }
    }
}

/// A name as it ends for readers in C, folded as in Go and Java: without the long s and the letters i of
/// Turkish, `to_lowercase` would do.
fn folded(name: &str) -> String {
    let whole = name.split('\0').next().unwrap_or_default();
    whole.replace('\u{17F}', "s").replace(['\u{130}', '\u{131}'], "i").to_lowercase()
}

impl<'de> Deserialize<'de> for Lenient {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Lenient;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Lenient, E> {
        Ok(Lenient::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Lenient, E> {
        Ok(Lenient::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Lenient, E> {
        Ok(Lenient::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Lenient, E> {
        Ok(Lenient::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Lenient, E> {
        Ok(Lenient::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Lenient, E> {
        Ok(Lenient::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Lenient, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = seq.next_element()? {
            all.push(one);
        }
        Ok(Lenient::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lenient, A::Error> {
        let mut all = Vec::new();
        while let Some(member) = map.next_entry()? {
            all.push(member);
        }
        Ok(Lenient::Object(all))
    }
}
