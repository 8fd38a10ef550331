//! Tokens by reference: what they stand for is found by their digest, and nowhere in themselves.

use crate::protocol::secret::{Digest, OpaqueAccessToken, PersonalAccessToken};

/// Where to look for what a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// Among the opaque access tokens.
    Opaque(Digest),
    /// Among the personal access tokens.
    Personal(Digest),
}

impl Reference {
    /// The reference that a token is; none when it is a token of another kind, or damaged.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        let opaque = || OpaqueAccessToken::parse(token).map(|token| Self::Opaque(token.digest()));
        let personal = PersonalAccessToken::parse(token);
        personal.map(|token| Self::Personal(token.digest())).or_else(opaque)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_known_by_its_prefix_and_its_exact_form() {
        let opaque = OpaqueAccessToken::from_entropy([1; 32]);
        let personal = PersonalAccessToken::from_entropy([1; 32]);
        assert_eq!(Reference::parse(opaque.reveal()), Some(Reference::Opaque(opaque.digest())));
        let found = Reference::parse(personal.reveal());
        assert_eq!(found, Some(Reference::Personal(personal.digest())));
        let (cut, long) = (&personal.reveal()[..49], format!("{}A", opaque.reveal()));
        for other in ["", "cs_at_", "cs_pat_", "eyJ.e30.x", cut, &long] {
            assert_eq!(Reference::parse(other), None, "{other}");
        }
    }
}
