//! The closed table of what a rule can say, and its reading from a file.
//!
//! A rule can only add: whatever is missing, of another type or unverified makes a condition false.

use std::fmt;

use serde_json::{Map, Value};

use super::{
    claims::ClaimPath,
    fault::Faults,
    file::{GrantTable, When},
};
use crate::protocol::scope::Scopes;

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The verified address is of exactly this domain, kept in lower case.
    EmailDomain(String),
    /// The verified address is exactly this.
    Email(String),
    /// A claim passes a test.
    Claim(ClaimPath, Test),
    /// The address is not one of a Google service account: those can mint Google-issued ID tokens
    /// for any audience.
    NoServiceAccount,
    /// `tid` is one of these tenants, and `iss` the issuer beside it: of two tenants that are both
    /// let in, neither speaks for the other's people. Claims to explain have no `iss`.
    TenantOfIssuer(Vec<(String, String)>),
}

/// What one claim is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Exactly this JSON value.
    Equals(Value),
    /// A list that contains this value.
    Has(Value),
    /// One of these values.
    OneOf(Vec<Value>),
    /// Anything but null.
    Exists,
    /// Not there, or null; said by `organization` of Auth0 only, never by a rule.
    Absent,
}

/// One `[[allow]]`: all its conditions must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// Its place in the file; the first is 1.
    pub number: usize,
    /// Its conditions, never none.
    pub conditions: Vec<Condition>,
}

/// One `[[grant]]`: all its conditions must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRule {
    /// Its place in the file; the first is 1.
    pub number: usize,
    /// Its conditions; none: everyone admitted.
    pub conditions: Vec<Condition>,
    /// What it gives.
    pub scopes: Scopes,
}

/// What conditions look at.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    /// Every claim.
    pub(super) claims: &'a Map<String, Value>,
    /// The address, when the provider is believed about it.
    pub(super) verified_email: Option<&'a str>,
}

impl Condition {
    /// Whether the condition holds.
    pub(super) fn holds(&self, facts: Facts<'_>) -> bool {
        match self {
            Self::EmailDomain(domain) => facts.verified_email.is_some_and(|email| {
                email.rsplit_once('@').is_some_and(|(_, at)| at.eq_ignore_ascii_case(domain))
            }),
            Self::Email(wanted) => facts.verified_email == Some(wanted),
            Self::Claim(claim, test) => test.passes(claim.find(facts.claims)),
            Self::NoServiceAccount => {
                !facts.claims.get("email").and_then(Value::as_str).is_some_and(|email| {
                    email.to_ascii_lowercase().ends_with("gserviceaccount.com")
                })
            }
            Self::TenantOfIssuer(tenants) => tenants.iter().any(|(tenant, issuer)| {
                let is = |name: &str, wanted: &str| {
                    facts.claims.get(name).map(|value| value.as_str() == Some(wanted))
                };
                is("tid", tenant) == Some(true) && is("iss", issuer) != Some(false)
            }),
        }
    }
}

impl Test {
    fn passes(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else { return matches!(self, Self::Absent) };
        match self {
            Self::Equals(wanted) => value == wanted,
            Self::Has(wanted) => value.as_array().is_some_and(|list| list.contains(wanted)),
            Self::OneOf(wanted) => wanted.contains(value),
            Self::Exists => true,
            Self::Absent => false,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmailDomain(domain) => write!(f, "verified e-mail of domain {domain}"),
            Self::Email(email) => write!(f, "verified e-mail {email}"),
            Self::Claim(claim, test) => write!(f, "claim {claim} {test}"),
            Self::NoServiceAccount => f.write_str("not a Google service account"),
            Self::TenantOfIssuer(_) => f.write_str("claim \"tid\" is the tenant that `iss` names"),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(value) => write!(f, "equals {value}"),
            Self::Has(value) => write!(f, "has {value}"),
            Self::OneOf(values) => {
                write!(f, "is one of {}", Value::Array(values.clone()))
            }
            Self::Exists => f.write_str("exists"),
            Self::Absent => f.write_str("is absent"),
        }
    }
}

/// The conditions as one line of text.
pub(super) fn text_of(conditions: &[Condition]) -> String {
    let parts: Vec<_> = conditions.iter().map(ToString::to_string).collect();
    if parts.is_empty() { "everyone admitted".to_owned() } else { parts.join(" and ") }
}

/// Reads `[[allow]]`. `impossible` are top-level claims that this provider's tokens never carry.
pub(super) fn allows(tables: &[When], impossible: &[&str], faults: &mut Faults) -> Vec<Allow> {
    let read = |(at, when)| {
        let number = at + 1;
        Allow {
            number,
            conditions: conditions(when, &format!("allow[{number}]"), impossible, faults),
        }
    };
    tables.iter().enumerate().map(read).collect()
}

/// Reads `[[grant]]`.
pub(super) fn grants(
    tables: &[GrantTable],
    impossible: &[&str],
    faults: &mut Faults,
) -> Vec<GrantRule> {
    let mut rules = Vec::new();
    for (number, table) in (1..).zip(tables) {
        let key = format!("grant[{number}]");
        let scopes = scopes(&table.scopes, &format!("{key}.scopes"), faults);
        let when = table.when.as_ref();
        let conditions = when.map_or_else(Vec::new, |when| {
            conditions(when, &format!("{key}.when"), impossible, faults)
        });
        rules.push(GrantRule { number, conditions, scopes });
    }
    rules
}

/// Reads a list of scopes; none or a malformed one is a fault.
pub(super) fn scopes(texts: &[String], key: &str, faults: &mut Faults) -> Scopes {
    if texts.is_empty() {
        faults.add(key, "gives no scope", "name at least one, such as \"read\"");
    }
    let mut good = Vec::new();
    for text in texts {
        match text.parse() {
            Ok(scope) => good.push(scope),
            Err(fault) => faults.add(key, format!("{text:?}: {fault}"), "one scope per list entry"),
        }
    }
    good.into_iter().collect()
}

fn conditions(when: &When, key: &str, impossible: &[&str], faults: &mut Faults) -> Vec<Condition> {
    let mut all = Vec::new();
    if let Some(domain) = &when.email_domain {
        all.extend(
            domain_of(domain, &format!("{key}.email_domain"), faults).map(Condition::EmailDomain),
        );
    }
    if let Some(email) = &when.email {
        if email.split_once('@').is_none_or(|(name, host)| name.is_empty() || host.is_empty()) {
            faults.add(
                format!("{key}.email"),
                "is no e-mail address",
                "such as \"ann@example.com\"",
            );
        }
        all.push(Condition::Email(email.clone()));
    }
    all.extend(claim_condition(when, key, impossible, faults));
    if *when == When::default() {
        let remedy = "name an email_domain, an email or a claim, or remove the table";
        faults.add(key, "has no condition, and would hold for everybody", remedy);
    }
    all
}

/// An e-mail domain in lower case; a wildcard, an address or a name outside ASCII is a fault.
pub(super) fn domain_of(text: &str, key: &str, faults: &mut Faults) -> Option<String> {
    let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    let labels_are_full = text.split('.').all(|label| !label.is_empty());
    if text.bytes().all(fine) && labels_are_full {
        return Some(text.to_ascii_lowercase());
    }
    let remedy =
        "the bare domain, such as \"example.com\"; one rule per domain, subdomains are others";
    faults.add(key, format!("{text:?} is no exact e-mail domain"), remedy);
    None
}

fn claim_condition(
    when: &When,
    key: &str,
    impossible: &[&str],
    faults: &mut Faults,
) -> Option<Condition> {
    let tests = tests(when, key, faults);
    let Some(claim) = &when.claim else {
        if !tests.is_empty() {
            faults.add(key, "tests a claim without naming it", "add claim = \"…\"");
        }
        return None;
    };
    named(claim, &format!("{key}.claim"), impossible, faults);
    let Ok([test]) = <[Test; 1]>::try_from(tests) else {
        let remedy = "one of equals, has, one_of and exists = true";
        faults.add(key, "needs exactly one test of the claim", remedy);
        return None;
    };
    Some(Condition::Claim(claim.clone(), test))
}

fn tests(when: &When, key: &str, faults: &mut Faults) -> Vec<Test> {
    let mut tests = Vec::new();
    tests.extend(when.equals.clone().map(Test::Equals));
    tests.extend(when.has.clone().map(Test::Has));
    tests.extend(when.one_of.clone().map(Test::OneOf));
    tests.extend(when.exists.map(|_| Test::Exists));
    if when.exists == Some(false) {
        let what = "a claim that is missing must never open a door";
        faults.add(format!("{key}.exists"), what, "exists = true, or a test of what is there");
    }
    if when.one_of.as_ref().is_some_and(Vec::is_empty) {
        faults.add(format!("{key}.one_of"), "lists nothing", "list at least one value");
    }
    tests
}

/// A claim without a name, or one that tokens of this provider never carry, is a fault.
pub(super) fn named(claim: &ClaimPath, key: &str, impossible: &[&str], faults: &mut Faults) {
    if !claim.is_named() {
        faults.add(key, "names no claim", "the claim's name, or a list of names");
    }
    if impossible.contains(&claim.first()) {
        faults.add(
            key,
            format!("an Auth0 tenant cannot put {claim} into ID tokens at top level"),
            "a namespaced claim, set by a post-login Action: \
             api.idToken.setCustomClaim(\"https://example.com/roles\", event.authorization.roles)",
        );
    }
}
