//! Parameters of a query or a form (RFC 6749 appendix B), read once, repeats refused.

use zeroize::Zeroizing;

/// The most parameters one request may carry.
pub const MAX_PARAMETERS: usize = 64;

/// Decoded parameters, each at most once (`resource` excepted, RFC 8707 §2). A parameter without a
/// value counts as absent (RFC 6749 §3.1).
pub struct Params(Vec<(String, Zeroizing<String>)>);

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
        let mut params = Self(Vec::new());
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            if params.0.len() == MAX_PARAMETERS {
                return Err(FormFault::TooMany);
            }
            if name != "resource" && params.0.iter().any(|(known, _)| *known == name) {
                let shown = name.chars().filter(char::is_ascii_graphic).take(40).collect();
                return Err(FormFault::Repeated(shown));
            }
            params.0.push((name.into_owned(), Zeroizing::new(value.into_owned())));
        }
        Ok(params)
    }

    /// The value of a parameter, absent when missing or empty.
    #[must_use]
    pub fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every non-empty value of a parameter.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let named = self.0.iter().filter(|(known, value)| known == name && !value.is_empty());
        named.map(|(_, value)| value.as_str()).collect::<Vec<_>>().into_iter()
    }
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
    fn empty_is_absent_and_a_flood_stops() {
        assert_eq!(Params::parse("state=&a=b").unwrap().one("state"), None);
        let flood: Vec<_> = (0..1000).map(|n| format!("p{n}=1")).collect();
        let flood = flood.join("&");
        assert_eq!(Params::parse(&flood).err(), Some(FormFault::TooMany));
    }
}
