//! The repeated tables of a provider file: rules, examples, development users.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::provider::claims::ClaimPath;

/// The conditions of an `[[allow]]` or of a grant's `when`; all must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The verified address is of exactly this domain; case does not matter.
    pub email_domain: Option<String>,
    /// The verified address is exactly this.
    pub email: Option<String>,
    /// The claim that the next four speak of.
    pub claim: Option<ClaimPath>,
    /// The claim is exactly this JSON value.
    pub equals: Option<Value>,
    /// The claim is a list and contains this value.
    pub has: Option<Value>,
    /// The claim is one of these values.
    pub one_of: Option<Vec<Value>>,
    /// The claim is there and not null. Only `true` can be asked.
    pub exists: Option<bool>,
}

/// One `[[grant]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantTable {
    /// The scopes it gives.
    pub scopes: Vec<String>,
    /// To whom; absent: to everyone admitted.
    pub when: Option<When>,
}

/// One `[[example]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleTable {
    /// Claims of an ID token; `sub` is needed, `iss`, `aud` and times are not.
    pub claims: Map<String, Value>,
    /// What they must lead to.
    pub gives: Gives,
}

/// What an example must lead to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gives {
    /// Exactly these scopes.
    pub scopes: Option<Vec<String>>,
    /// `true`: nobody enters.
    pub refused: Option<bool>,
    /// The person that comes out.
    pub user: Option<GivesUser>,
}

/// The person an example leads to; only what is written is compared.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivesUser {
    /// The display name.
    pub name: Option<String>,
    /// The verified address.
    pub email: Option<String>,
}

/// One `[[user]]` of the development identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevUser {
    /// `sub` of the person's tokens.
    pub sub: String,
    /// `name`; also what the button says.
    pub name: String,
    /// `email`.
    pub email: String,
    /// `email_verified`; default true.
    #[serde(default = "yes")]
    pub email_verified: bool,
    /// Further claims.
    #[serde(default)]
    pub claims: Map<String, Value>,
}

impl DevUser {
    /// What the person's ID token says about them: `sub`, `name`, `email`, `email_verified` and the
    /// further claims. Issuer, audience, nonce and times are the token's own.
    #[must_use]
    pub fn token_claims(&self) -> Map<String, Value> {
        let mut claims = self.claims.clone();
        claims.insert("sub".to_owned(), Value::from(self.sub.as_str()));
        claims.insert("name".to_owned(), Value::from(self.name.as_str()));
        claims.insert("email".to_owned(), Value::from(self.email.as_str()));
        claims.insert("email_verified".to_owned(), Value::from(self.email_verified));
        claims
    }
}

const fn yes() -> bool {
    true
}
