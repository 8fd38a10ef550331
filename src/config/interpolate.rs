//! `${NAME}` in the string values of a TOML file: the only interpolation. It happens after the file
//! was parsed, so that no value can add a key, and it knows no defaults, nesting or escapes;
//! `${NAME?}` is empty where the variable is not set.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use zeroize::Zeroizing;

use super::{
    fault::{Fault, nearest},
    lookup::Lookup,
    variables::{VARIABLES, variable},
};

/// What came of it.
#[derive(Default)]
pub(super) struct Interpolation {
    /// What is wrong, and the byte where.
    pub(super) faults: Vec<(usize, String, String)>,
    /// The values that could not be filled in.
    pub(super) unresolved: Vec<Range<usize>>,
    /// Which variables were used, with their values.
    pub(super) used: Vec<(String, Zeroizing<String>)>,
}

/// Fills in every string value below `table`; `text` is the file.
pub(super) fn interpolate(table: &mut DeTable<'_>, text: &str, look: &Lookup) -> Interpolation {
    let mut done = Interpolation::default();
    for (_, value) in table.iter_mut() {
        done.value(value, text, look);
    }
    done
}

impl Interpolation {
    fn value(&mut self, value: &mut Spanned<DeValue<'_>>, text: &str, look: &Lookup) {
        let span = value.span();
        match value.get_mut() {
            DeValue::String(string) if string.contains("${") => {
                match self.fill(string, span.clone(), text, look) {
                    Some(filled) => *string = filled.into(),
                    None => self.unresolved.push(span),
                }
            }
            DeValue::Array(items) => {
                items.iter_mut().for_each(|item| self.value(item, text, look));
            }
            DeValue::Table(table) => {
                table.iter_mut().for_each(|(_, item)| self.value(item, text, look));
            }
            _ => {}
        }
    }

    /// The string with every variable filled in; none if one cannot be.
    fn fill(
        &mut self,
        string: &str,
        span: Range<usize>,
        text: &str,
        look: &Lookup,
    ) -> Option<String> {
        let (mut filled, mut rest, mut whole) = (String::new(), string, true);
        while let Some((before, after)) = rest.split_once("${") {
            filled.push_str(before);
            let inner = after.split_once('}').map(|(inner, _)| inner);
            let inner = inner.filter(|inner| is_name(inner.strip_suffix('?').unwrap_or(inner)));
            let written = inner.map_or("${".to_owned(), |inner| format!("${{{inner}}}"));
            let name = inner.map(|inner| inner.strip_suffix('?').unwrap_or(inner));
            let optional = name != inner;
            let inside = text.get(span.clone()).and_then(|raw| raw.find(&written)).unwrap_or(0);
            match name.ok_or_else(not_a_name).and_then(|name| resolve(name, optional, look)) {
                Ok(value) => {
                    filled.push_str(&value);
                    self.used.extend(name.map(|name| (name.to_owned(), value)));
                }
                Err((what, remedy)) => {
                    self.faults.push((span.start + inside, what, remedy));
                    whole = false;
                }
            }
            rest = inner.map_or(after, |inner| after.get(inner.len() + 1..).unwrap_or(""));
        }
        filled.push_str(rest);
        whole.then_some(filled)
    }
}

type Trouble = (String, String);

fn is_name(text: &str) -> bool {
    let word = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    word && text.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

fn not_a_name() -> Trouble {
    let what = "`${` is not followed by the name of a variable and `}`";
    let remedy = "write ${NAME}, or ${NAME?} where it may be missing; there are no defaults, no nesting and no escapes";
    (what.to_owned(), remedy.to_owned())
}

fn resolve(name: &str, optional: bool, look: &Lookup) -> Result<Zeroizing<String>, Trouble> {
    if OURS_ALONE.contains(&name) {
        let what = format!("{name} may not be read by a file");
        return Err((what, "use a secret of its own".to_owned()));
    }
    let given = look
        .secret(name)
        .map_err(|Fault { what, remedy, .. }| (format!("the variable {name} {what}"), remedy))?;
    let default = || variable(name).and_then(|known| known.default);
    let value = given.or_else(|| default().map(|text| Zeroizing::new(text.to_owned())));
    let value = value.or_else(|| optional.then(Zeroizing::default));
    value.ok_or_else(|| (format!("the variable {name} is not set"), how_to_set(name)))
}

fn how_to_set(name: &str) -> String {
    if let Some(known) = variable(name) {
        let file = if known.secret { format!(", or {name}_FILE") } else { String::new() };
        return format!("set it in the environment or in .env{file}. {}", known.doc);
    }
    match nearest(name, VARIABLES.iter().map(|known| known.name)) {
        Some(near) => format!("set it in the environment or in .env, or did you mean {near}?"),
        None => "set it in the environment or in .env".to_owned(),
    }
}

/// Secrets of the service that nothing in a file has a use for.
const OURS_ALONE: [&str; 3] =
    ["COUNTERSIGN_MASTER_KEY", "JWT_SECRET_KEY", "COUNTERSIGN_DATABASE_URL"];

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, variables: &[(&'static str, &'static str)]) -> (String, Vec<Trouble>) {
        let look = Lookup::new(variables.iter().copied());
        let mut table = DeTable::parse(text).unwrap();
        let done = interpolate(table.get_mut(), text, &look);
        let value =
            table.get_ref().get("a").and_then(|value| value.get_ref().as_str()).unwrap_or("");
        (
            value.to_owned(),
            done.faults.into_iter().map(|(_, what, remedy)| (what, remedy)).collect(),
        )
    }

    #[test]
    fn a_variable_is_filled_in_as_it_is() {
        let variables = [("X", "1\" \n${Y}"), ("Y", "2")];
        assert_eq!(run("a = '${X}-${Y}$$'", &variables), ("1\" \n${Y}-2$$".to_owned(), vec![]));
    }

    #[test]
    fn a_variable_of_the_table_has_its_default() {
        let (value, faults) = run("a = '${COUNTERSIGN_PUBLIC_URL}/x'", &[]);
        assert_eq!((value.as_str(), faults), ("http://localhost:8000/x", vec![]));
    }

    #[test]
    fn a_missing_one_is_refused_and_says_where_to_get_it() {
        let (_, faults) = run("a = '${AUTH0_DOMAIN}'", &[("AUTH0_DOMAIN", "")]);
        assert_eq!(faults[0].0, "the variable AUTH0_DOMAIN is not set");
        assert!(faults[0].1.contains("Auth0 dashboard"));
        assert!(run("a = '${AUTH0_DOMIAN}'", &[]).1[0].1.contains("did you mean AUTH0_DOMAIN?"));
    }

    #[test]
    fn one_that_may_be_missing_is_empty_then() {
        assert_eq!(run("a = 'x${FIREBASE_AUTH_DOMAIN?}y'", &[]), ("xy".to_owned(), vec![]));
        assert_eq!(run("a = '${X?}'", &[("X", "1")]), ("1".to_owned(), vec![]));
    }

    #[test]
    fn anything_else_behind_a_dollar_brace_is_refused() {
        for text in ["${", "${}", "${X", "${X:-1}", "${ X }", "${1}", "${?}", "${X??}"] {
            assert_eq!(run(&format!("a = '{text}'"), &[("X", "1")]).1, [not_a_name()], "{text}");
        }
    }

    #[test]
    fn the_master_key_stays_out_of_files() {
        let (_, faults) = run("a = '${JWT_SECRET_KEY}'", &[("JWT_SECRET_KEY", "hush")]);
        assert_eq!(faults.len(), 1);
    }
}
