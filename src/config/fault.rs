//! What is wrong with the configuration, where, and what to write instead.

use serde::Serialize;

/// One fault of the configuration. It never carries the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[error("{place}: {what}; {remedy}")]
pub struct Fault {
    /// A variable, or file and line.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub remedy: String,
}

impl Fault {
    /// A fault.
    #[must_use]
    pub fn new(
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { place: place.into(), what: what.into(), remedy: remedy.into() }
    }
}

/// The known name nearest to `given`, when it is near enough to be a slip of the pen.
pub(super) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let scored = known.into_iter().map(|name| (strsim::jaro_winkler(given, name), name));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 > NEAR).then_some(best.1)
}

/// Below this similarity a suggestion confuses more than it helps.
const NEAR: f64 = 0.85;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_another_word_is_not() {
        assert_eq!(nearest("emial_domain", ["email", "email_domain"]), Some("email_domain"));
        assert_eq!(nearest("colour", ["scopes", "when"]), None);
    }
}
