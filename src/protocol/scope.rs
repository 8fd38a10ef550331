//! Scopes (RFC 6749 §3.3): a set that only ever shrinks on its way to a token.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

/// The longest `scope` parameter read, in bytes.
pub const MAX_SCOPE_BYTES: usize = 4096;

/// One scope token: `1*( %x21 / %x23-5B / %x5D-7E )`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Scope(String);

/// The text is not a scope, or a list of them too long to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is one or more printable ASCII characters without space, quote and backslash")]
pub struct InvalidScope;

impl Scope {
    /// The token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        let fine = |b: u8| matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        let good = !text.is_empty() && text.bytes().all(fine);
        good.then(|| Self(text.to_owned())).ok_or(InvalidScope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// A set of scopes. Displays as the space-separated list of RFC 6749 §3.3, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Reads a space-separated list.
    ///
    /// # Errors
    /// [`InvalidScope`] when a token has a forbidden character or the list is over [`MAX_SCOPE_BYTES`].
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        if text.len() > MAX_SCOPE_BYTES {
            return Err(InvalidScope);
        }
        text.split(' ').filter(|part| !part.is_empty()).map(str::parse).collect()
    }

    /// Only what both have.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// What either has.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// What this has and `other` has not.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// Whether every scope of `needed` is here.
    #[must_use]
    pub fn covers(&self, needed: &Self) -> bool {
        needed.0.is_subset(&self.0)
    }

    /// Whether `scope` is here.
    #[must_use]
    pub fn contains(&self, scope: &Scope) -> bool {
        self.0.contains(scope)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each scope, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, scope) in self.0.iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            write!(f, "{gap}{scope}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_sorted_and_without_repeats() {
        assert_eq!(Scopes::parse("write  read write").unwrap().to_string(), "read write");
    }

    #[test]
    fn newline_quote_and_flood_are_refused() {
        assert!(Scopes::parse("read\nwrite").is_err());
        assert!(Scopes::parse("re\"ad").is_err());
        assert!(Scopes::parse(&"a ".repeat(10_000)).is_err());
    }

    #[test]
    fn four_thousand_and_ninety_six_bytes_are_the_most_and_nothing_is_no_scope() {
        assert!(Scopes::parse(&"a".repeat(4096)).is_ok());
        assert_eq!(Scopes::parse(&"a".repeat(4097)), Err(InvalidScope));
        assert_eq!("".parse::<Scope>(), Err(InvalidScope));
        assert!(Scopes::parse(" ").unwrap().is_empty());
    }

    #[test]
    fn sets_are_joined_shared_and_compared_scope_by_scope() {
        let [one, other] = ["read write", "write admin"].map(|text| Scopes::parse(text).unwrap());
        let shown = |scopes: Scopes| scopes.to_string();
        assert_eq!(shown(one.union(&other)), "admin read write");
        assert_eq!(shown(one.intersection(&other)), "write");
        assert_eq!(shown(one.difference(&other)), "read");
        assert!(one.covers(&one) && one.covers(&Scopes::default()) && !one.covers(&other));
        let read: Scope = "read".parse().unwrap();
        assert!(one.contains(&read) && !other.contains(&read));
        assert_eq!((read.as_str(), read.to_string().as_str()), ("read", "read"));
    }
}
