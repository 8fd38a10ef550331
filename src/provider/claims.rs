//! Looking a claim up, and the names that no rule may write.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

/// Which claim: a top-level name taken whole, dots and slashes included, or a list of names for one
/// nested in objects, such as `["realm_access", "roles"]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected a claim name, or a list of names for a nested claim")]
pub enum ClaimPath {
    /// A top-level claim.
    Top(String),
    /// A member of a member.
    Nested(Vec<String>),
}

impl ClaimPath {
    /// The claim's value; none when it or an object on the way is missing, or it is null.
    #[must_use]
    pub fn find<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        let (first, rest) = self.names().split_first()?;
        let found = rest.iter().try_fold(claims.get(first)?, |at, name| at.as_object()?.get(name));
        found.filter(|value| !value.is_null())
    }

    /// The claim's value when it is a text.
    #[must_use]
    pub fn text<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a str> {
        self.find(claims)?.as_str()
    }

    /// The top-level name; empty for an empty path, which no settings contain.
    #[must_use]
    pub fn first(&self) -> &str {
        self.names().first().map_or("", String::as_str)
    }

    /// The names from the top down.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::Top(name) => std::slice::from_ref(name),
            Self::Nested(names) => names,
        }
    }

    /// Whether there is a name at all and none is empty.
    #[must_use]
    pub fn is_named(&self) -> bool {
        !self.names().is_empty() && self.names().iter().all(|name| !name.is_empty())
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top(name) => write!(f, "{name:?}"),
            Self::Nested(names) => write!(f, "{names:?}"),
        }
    }
}

/// Whether `name` is a claim that the protocol itself writes, in ID tokens or in ours (OIDC Core §2,
/// RFC 7519 §4.1, RFC 8693 §4, RFC 9068 §2.2): no mapping may set it.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Whether people can often change what `name` says about them, so that it can never be a key.
#[must_use]
pub fn is_mutable(name: &str) -> bool {
    MUTABLE.contains(&name)
}

const RESERVED: &[&str] = &[
    "acr",
    "act",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "exp",
    "iat",
    "iss",
    "jti",
    "may_act",
    "nbf",
    "nonce",
    "s_hash",
    "scope",
    "sid",
    "sub",
    "token_use",
    "typ",
];

const MUTABLE: &[&str] = &[
    "email",
    "family_name",
    "given_name",
    "name",
    "nickname",
    "phone_number",
    "preferred_username",
    "unique_name",
    "upn",
    "username",
    "verified_primary_email",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn find(path: &ClaimPath, claims: &Value) -> Option<Value> {
        path.find(claims.as_object().unwrap()).cloned()
    }

    #[test]
    fn a_name_with_dots_and_slashes_is_one_name() {
        let claims = json!({ "https://example.com/roles": ["admin"], "https://example": "no" });
        let path = ClaimPath::Top("https://example.com/roles".into());
        assert_eq!(find(&path, &claims), Some(json!(["admin"])));
    }

    #[test]
    fn a_dotted_name_does_not_reach_into_an_object() {
        let claims = json!({ "realm_access": { "roles": ["admin"] } });
        assert_eq!(find(&ClaimPath::Top("realm_access.roles".into()), &claims), None);
    }

    #[test]
    fn a_list_of_names_reaches_into_objects_only() {
        let path = ClaimPath::Nested(vec!["realm_access".into(), "roles".into()]);
        assert_eq!(find(&path, &json!({ "realm_access": { "roles": 1 } })), Some(json!(1)));
        assert_eq!(find(&path, &json!({ "realm_access": ["roles"] })), None);
        assert_eq!(find(&path, &json!({ "realm_access": { "roles": null } })), None);
    }
}
