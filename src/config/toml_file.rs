//! A TOML file read into types, with the line of every fault.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue, Deserializer, Error},
};

use super::{
    fault::Fault,
    interpolate::{Interpolation, interpolate},
    lookup::Lookup,
    words::explain,
};

/// One file: its text, its parse tree and what is wrong with it so far.
pub(super) struct TomlFile<'a> {
    name: &'a str,
    text: &'a str,
    table: Spanned<DeTable<'a>>,
    variables: Interpolation,
    faults: Vec<(usize, Fault)>,
    well_formed: bool,
}

impl<'a> TomlFile<'a> {
    /// Parses `text` and fills in its variables. `name` is how faults call the file.
    pub(super) fn parse(name: &'a str, text: &'a str, look: &Lookup) -> Self {
        let (mut table, errors) = DeTable::parse_recoverable(text);
        let mut variables = interpolate(table.get_mut(), text, look);
        let well_formed = errors.is_empty();
        let found = std::mem::take(&mut variables.faults);
        let mut file = Self { name, text, table, variables, faults: Vec::new(), well_formed };
        // What comes after the first follows from it, mostly: a bracket that is not closed makes a
        // fault of every line below.
        if let Some(error) = errors.iter().min_by_key(|error| start(error)) {
            let what = format!("is not TOML: {}", error.message());
            file.fault(start(error), what, SYNTAX_REMEDY);
        }
        for (at, what, remedy) in found {
            file.fault(at, what, remedy);
        }
        file
    }

    /// Adds a fault at a byte of the file.
    pub(super) fn fault(&mut self, at: usize, what: impl Into<String>, remedy: impl Into<String>) {
        let before = self.text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        let place = format!("{}:{}", self.name, before + 1);
        self.faults.push((at, Fault::new(place, what, remedy)));
    }

    /// Adds a fault at a key such as `client.id` or `grant[2].scopes` (counted from 1); if there is no
    /// such key, at the part of it that is there.
    pub(super) fn fault_at_key(
        &mut self,
        key: &str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.fault(locate(self.table.get_ref(), key).unwrap_or(0), what, remedy);
    }

    /// Every fault, in the order of the lines.
    pub(super) fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|(at, _)| *at);
        self.faults.dedup();
        let faults = std::mem::take(&mut self.faults).into_iter();
        faults.map(|(_, fault)| self.without_values(&fault)).collect()
    }

    /// The content; none if the file has any fault. Each key that does not fit is noted, taken out,
    /// and the rest read again, so that one fault does not hide the next.
    pub(super) fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        if !self.well_formed {
            return None;
        }
        let mut table = self.table.clone();
        let mut taken = Vec::new();
        for _ in 0..MAX_FAULTS {
            match T::deserialize(Deserializer::from(table.clone())) {
                Ok(value) => return self.faults.is_empty().then_some(value),
                Err(error) => {
                    let span = error.span().unwrap_or(0..0);
                    self.note(&error, &span, &taken);
                    taken.push(take(table.get_mut(), &span)?);
                }
            }
        }
        None
    }

    /// Keeps the fault, unless it only follows from another: a variable that is not set, or a key that
    /// was taken out.
    fn note(&mut self, error: &Error, span: &Range<usize>, taken: &[String]) {
        let message = error.message();
        let missing = message.strip_prefix("missing field `").and_then(|m| m.strip_suffix('`'));
        let follows = missing.is_some_and(|key| taken.iter().any(|taken| taken == key));
        if follows || self.variables.unresolved.contains(span) {
            return;
        }
        let (what, remedy) = explain(&self.named(message));
        self.fault(span.start, what, remedy);
    }

    /// The fault without values, whoever found it and however it quotes them.
    fn without_values(&self, fault: &Fault) -> Fault {
        let (what, remedy) = (self.named(&fault.what), self.named(&fault.remedy));
        Fault { what, remedy, place: fault.place.clone() }
    }

    /// The text with the names of variables in the place of their values, which may be secrets.
    fn named(&self, text: &str) -> String {
        let long = self.variables.used.iter().filter(|(_, value)| value.len() >= 4);
        long.fold(text.to_owned(), |text, (name, value)| {
            let name = format!("${{{name}}}");
            let text = text.replace(value.as_str(), &name);
            text.replace(&value.escape_debug().to_string(), &name)
        })
    }
}

/// Takes the entry whose key or value stands at `span` out of the tree; its key, if there was one.
fn take(table: &mut DeTable<'_>, span: &Range<usize>) -> Option<String> {
    let here =
        |(key, value): &(&Spanned<_>, &Spanned<_>)| key.span() == *span || value.span() == *span;
    let found = table.iter().find(here).map(|(key, _)| key.clone());
    if let Some(key) = found {
        table.remove(&key);
        return Some(key.into_inner().into_owned());
    }
    table.iter_mut().find_map(|(_, value)| take_below(value.get_mut(), span))
}

fn take_below(value: &mut DeValue<'_>, span: &Range<usize>) -> Option<String> {
    match value {
        DeValue::Table(table) => take(table, span),
        DeValue::Array(items) if items.iter().any(|item| item.span() == *span) => {
            let rest = std::mem::replace(items, DeArray::new()).into_iter();
            *items = rest.filter(|item| item.span() != *span).collect();
            Some(String::new())
        }
        DeValue::Array(items) => items.iter_mut().find_map(|item| take_below(item.get_mut(), span)),
        _ => None,
    }
}

fn start(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

/// The byte where the deepest part of `key` that exists begins.
fn locate(table: &DeTable<'_>, key: &str) -> Option<usize> {
    let (name, value) = table
        .iter()
        .filter(|(name, _)| rest_of(key, name.get_ref()).is_some())
        .max_by_key(|(name, _)| name.get_ref().len())?;
    let rest = rest_of(key, name.get_ref())?;
    let deeper = match value.get_ref() {
        DeValue::Table(table) => locate(table, rest.trim_start_matches('.')),
        DeValue::Array(items) => locate_item(items, rest),
        _ => None,
    };
    deeper.or(Some(name.span().start))
}

fn locate_item(items: &DeArray<'_>, key: &str) -> Option<usize> {
    let (number, rest) = key.strip_prefix('[')?.split_once(']')?;
    let item = items.get(number.parse::<usize>().ok()?.checked_sub(1)?)?;
    let deeper = match item.get_ref() {
        DeValue::Table(table) => locate(table, rest.trim_start_matches('.')),
        _ => None,
    };
    deeper.or(Some(item.span().start))
}

/// What follows `name` in `key`, if `name` is its first part.
fn rest_of<'k>(key: &'k str, name: &str) -> Option<&'k str> {
    let rest = key.strip_prefix(name)?;
    (rest.is_empty() || rest.starts_with(['.', '['])).then_some(rest)
}

const SYNTAX_REMEDY: &str =
    "look here and just above for a bracket or quote that is not closed, or a text without quotes";
/// More are not told about one file.
const MAX_FAULTS: usize = 50;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Shape {
        kind: String,
        port: Option<u16>,
        client: Option<BTreeMap<String, String>>,
        #[serde(default)]
        grant: Vec<Grant>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Grant {
        scopes: Vec<String>,
    }

    fn faults(text: &str, look: &Lookup) -> Vec<(String, String)> {
        let mut file = TomlFile::parse("a.toml", text, look);
        let _ = file.read::<Shape>();
        file.into_faults().into_iter().map(|f| (f.place, f.what)).collect()
    }

    fn places(text: &str) -> Vec<String> {
        faults(text, &Lookup::default()).into_iter().map(|(place, _)| place).collect()
    }

    #[test]
    fn every_unknown_key_and_wrong_type_is_told_with_its_line() {
        let text = "kind = 'x'\ncolour = 1\nport = 'many'\n[[grant]]\nscopes = ['a']\nwhom = 1\n[[grant]]\nscope = ['b']\n";
        assert_eq!(places(text), ["a.toml:2", "a.toml:3", "a.toml:6", "a.toml:7", "a.toml:8"]);
    }

    #[test]
    fn the_first_syntax_error_is_told_with_its_line_and_what_is_expected() {
        let rest = "kind = 'x'\n[[grant]]\nscopes = ['a']\n".repeat(8);
        for (text, place, expected) in [
            ("port = [1,\n", "a.toml:2", "expected literal string"),
            ("port = 1\nclient = {\n", "a.toml:4", "expected `,`"),
            ("port = 'x\n", "a.toml:1", "expected `'`"),
            ("port 1\n", "a.toml:1", "expected `=`"),
            ("[client\n", "a.toml:1", "expected `]`"),
        ] {
            let told = faults(&format!("{text}{rest}"), &Lookup::default());
            assert_eq!((told.len(), told[0].0.as_str()), (1, place));
            assert!(told[0].1.ends_with(expected), "{}", told[0].1);
        }
    }

    #[test]
    fn a_missing_variable_is_told_once_and_hides_nothing() {
        let text = "kind = 'x'\n\nport = '${PORT}'\ncolour = 1\n";
        assert_eq!(places(text), ["a.toml:3", "a.toml:4"]);
    }

    #[test]
    fn a_fault_names_the_variable_and_not_its_value() {
        let look = Lookup::new([("SECRET", "hush-hush")]);
        let told = faults("kind = 'x'\nport = '${SECRET}'", &look);
        assert_eq!(told[0].1, "string stands where u16 is expected");
        let told = faults("kind = 'x'\nclient = 'hush-hush'", &look);
        assert!(!format!("{told:?}").contains("hush"), "{told:?}");
    }

    #[test]
    fn a_key_is_found_by_its_path_or_by_what_there_is_of_it() {
        let text =
            "kind = 'x'\n[client]\n'a.b' = '1'\n[[grant]]\nscopes = []\n[[grant]]\nscopes = []";
        let table = DeTable::parse(text).unwrap();
        let line =
            |key: &str| locate(table.get_ref(), key).map(|at| text[..at].matches('\n').count() + 1);
        assert_eq!(line("kind"), Some(1));
        assert_eq!(line("client.a.b"), Some(3));
        assert_eq!(line("client.id"), Some(2));
        assert_eq!(line("grant[2].scopes"), Some(7));
        assert_eq!(line("grant[2].when.claim"), Some(6));
        assert_eq!(line("issuer"), None);
    }
}
