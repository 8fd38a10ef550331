//! The words of the pages: read from one file per language, offered to the templates as
//! `words(key, …)` (text) and `say(key, …)` (markup with the filled-in values in bold).

use std::{collections::BTreeMap, sync::Arc};

use minijinja::{
    Environment, Error, ErrorKind, HtmlEscape, Value,
    value::{Kwargs, ValueKind},
};

/// Every text of one language by `table.key`.
#[derive(Clone, Debug)]
pub(super) struct Texts(Arc<BTreeMap<String, String>>);

impl Texts {
    /// The English texts, which are part of the program.
    #[expect(clippy::expect_used, reason = "part of the program; every test that renders reads it")]
    pub(super) fn english() -> Self {
        let source = include_str!("../../../templates/text.en.toml");
        let tables: BTreeMap<String, BTreeMap<String, String>> =
            toml::from_str(source).expect("the embedded texts are tables of strings");
        let flat = tables.into_iter().flat_map(|(table, texts)| {
            texts.into_iter().map(move |(key, text)| (format!("{table}.{key}"), text))
        });
        Self(Arc::new(flat.collect()))
    }

    /// The keys, sorted.
    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Makes `words` and `say` known to the templates.
    pub(super) fn offer_to(self, environment: &mut Environment<'static>) {
        let markup = self.clone();
        environment.add_function("words", move |key: &str, values: Kwargs| {
            self.fill(key, &values, str::to_owned, str::to_owned)
        });
        environment.add_function("say", move |key: &str, values: Kwargs| {
            let filled = markup.fill(key, &values, escaped, |value| {
                format!("<strong><bdi>{}</bdi></strong>", HtmlEscape(value))
            });
            filled.map(Value::from_safe_string)
        });
    }

    /// The text of `key`, its own words passed through `literal` and each `{name}` replaced by the
    /// value of that name passed through `shown`. A name without a value, or the reverse, is a fault.
    fn fill(
        &self,
        key: &str,
        values: &Kwargs,
        literal: impl Fn(&str) -> String,
        shown: impl Fn(&str) -> String,
    ) -> Result<String, Error> {
        let fault = || Error::new(ErrorKind::InvalidOperation, format!("text {key} is missing"));
        let mut pieces = self.0.get(key).ok_or_else(fault)?.split('{');
        let mut filled = pieces.next().map(&literal).unwrap_or_default();
        for piece in pieces {
            let (name, rest) = piece.split_once('}').ok_or_else(fault)?;
            filled += &shown(&one_value(values, name)?);
            filled += &literal(rest);
        }
        values.assert_all_used()?;
        Ok(filled)
    }
}

fn escaped(text: &str) -> String {
    HtmlEscape(text).to_string()
}

fn one_value(values: &Kwargs, name: &str) -> Result<String, Error> {
    let value: Value = values.get(name)?;
    match value.kind() {
        ValueKind::String | ValueKind::Number => Ok(value.to_string()),
        kind => Err(Error::new(ErrorKind::InvalidOperation, format!("{{{name}}} is {kind}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str) -> Result<String, Error> {
        let mut environment = Environment::new();
        let texts = [("greet.one".to_owned(), "Hello, “{who}” & {where}".to_owned())];
        Texts(Arc::new(texts.into())).offer_to(&mut environment);
        environment.render_named_str("x.html", template, ())
    }

    #[test]
    fn values_in_markup_are_escaped_bold_and_isolated() {
        let page = rendered("{{ say('greet.one', who='<b>{where}', where=7) }}").unwrap();
        insta::assert_snapshot!(page, @"Hello, “<strong><bdi>&lt;b&gt;{where}</bdi></strong>” &amp; <strong><bdi>7</bdi></strong>");
    }

    #[test]
    fn values_in_text_are_escaped_by_the_template() {
        let page = rendered("{{ words('greet.one', who='<b>', where=7) }}").unwrap();
        insta::assert_snapshot!(page, @"Hello, “&lt;b&gt;” &amp; 7");
    }

    #[test]
    fn a_missing_text_or_value_and_a_value_too_many_are_faults() {
        assert!(rendered("{{ words('greet.two') }}").is_err());
        assert!(rendered("{{ words('greet.one', who=1) }}").is_err());
        assert!(rendered("{{ words('greet.one', who=1, where=2, why=3) }}").is_err());
    }
}
