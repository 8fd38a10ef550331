//! Parameters of a query or a form (RFC 6749 appendix B), read once, repeats refused.

use zeroize::Zeroizing;

/// The most parameters one request may carry.
pub const MAX_PARAMETERS: usize = 64;

/// Decoded parameters, each at most once (`resource` excepted, RFC 8707 §2). A parameter without a
/// value counts as absent (RFC 6749 §3.1).
pub struct Params {
    pairs: Vec<(String, Zeroizing<String>)>,
    repeated: Vec<String>,
}

/// The parameters cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    /// RFC 6749 §3.1: parameters must not be repeated.
    #[error("the parameter \"{0}\" is given more than once")]
    Repeated(String),
    /// More than [`MAX_PARAMETERS`].
    #[error("too many parameters")]
    TooMany,
}

impl Params {
    /// Decodes `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// [`FormFault`] on a repeated parameter or more than [`MAX_PARAMETERS`].
    pub fn parse(text: &str) -> Result<Self, FormFault> {
        let params = Self::parse_with_repeats(text)?;
        match params.repeated.first() {
            Some(name) => Err(FormFault::Repeated(shown(name))),
            None => Ok(params),
        }
    }

    /// [`Params::parse`] for those who know whom to tell of a repeat only by the other parameters. A
    /// repeated one has no value at all, so that nobody takes the first or the last for meant.
    ///
    /// # Errors
    /// [`FormFault::TooMany`].
    pub fn parse_with_repeats(text: &str) -> Result<Self, FormFault> {
        let mut params = Self { pairs: Vec::new(), repeated: Vec::new() };
        for (number, pair) in url::form_urlencoded::parse(text.as_bytes()).enumerate() {
            if number == MAX_PARAMETERS {
                return Err(FormFault::TooMany);
            }
            let (name, value) = (pair.0.into_owned(), Zeroizing::new(pair.1.into_owned()));
            if name != "resource" && params.pairs.iter().any(|(known, _)| *known == name) {
                params.repeated.push(name);
            } else {
                params.pairs.push((name, value));
            }
        }
        let Self { pairs, repeated } = &mut params;
        pairs.retain(|(name, _)| !repeated.contains(name));
        Ok(params)
    }

    /// Whether this parameter is given more than once.
    #[must_use]
    pub fn repeats(&self, name: &str) -> bool {
        self.repeated.iter().any(|repeated| repeated == name)
    }

    /// The first parameter that is given more than once, as it can be shown.
    #[must_use]
    pub fn repeated(&self) -> Option<String> {
        self.repeated.first().map(|name| shown(name))
    }

    /// The value of a parameter, absent when missing or empty.
    #[must_use]
    pub fn one(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|pair| gives(pair, name));
        found.map(|(_, value)| value.as_str())
    }

    /// Every non-empty value of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let found = self.pairs.iter().filter(move |pair| gives(pair, name));
        found.map(|(_, value)| value.as_str())
    }
}

fn gives((known, value): &(String, Zeroizing<String>), name: &str) -> bool {
    known == name && !value.is_empty()
}

/// A stranger's name for a parameter in the characters of an `error_description` (RFC 6749 §5.2).
fn shown(name: &str) -> String {
    let fine = |c: &char| c.is_ascii_graphic() && !['"', '\\'].contains(c);
    name.chars().filter(fine).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_parameter_is_refused_by_name() {
        let fault = Params::parse("client_id=a&x=1&client_id=b").err();
        assert_eq!(fault, Some(FormFault::Repeated("client_id".to_owned())));
    }

    #[test]
    fn a_repeated_parameter_has_no_value_where_repeats_are_read() {
        let params = Params::parse_with_repeats("a=1&b=2&a=3&a=4&resource=x&resource=y").unwrap();
        assert!(params.repeats("a") && !params.repeats("b") && !params.repeats("resource"));
        assert_eq!((params.one("a"), params.one("b")), (None, Some("2")));
        assert_eq!(params.repeated().as_deref(), Some("a"));
        assert_eq!(params.all("resource").count(), 2);
        let odd = Params::parse_with_repeats("%22%5Cü%0A=1&%22%5Cü%0A=1").unwrap();
        assert_eq!(odd.repeated().as_deref(), Some(""));
    }

    #[test]
    fn empty_is_absent_and_a_flood_stops() {
        assert_eq!(Params::parse("state=&a=b").unwrap().one("state"), None);
        let flood: Vec<_> = (0..1000).map(|n| format!("p{n}=1")).collect();
        let flood = flood.join("&");
        assert_eq!(Params::parse(&flood).err(), Some(FormFault::TooMany));
    }

    #[test]
    fn sixty_four_parameters_are_read_and_a_name_is_told_in_harmless_characters() {
        let many =
            |count: usize| (0..count).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert!(Params::parse(&many(64)).is_ok());
        assert_eq!(Params::parse(&many(65)).err(), Some(FormFault::TooMany));
        let odd = format!("a\"\\<ü>\n {}", "b".repeat(50));
        let twice = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([(&odd, "1"), (&odd, "2")])
            .finish();
        let shown = format!("a<>{}", "b".repeat(37));
        assert_eq!(Params::parse(&twice).err(), Some(FormFault::Repeated(shown)));
    }
}
