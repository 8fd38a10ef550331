//! Who enters and with which scopes: one function, asked at every entry.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    identity::{Identity, IdentityRefusal, Profile},
    rules::{Condition, Facts, text_of},
    settings::ProviderSettings,
};
use crate::protocol::scope::Scopes;

/// A person who may enter, and what they may do at most. Made by [`decide`] only:
///
/// ```compile_fail,E0451
/// use countersign::{
///     protocol::scope::Scopes,
///     provider::{identity::Identity, policy::Principal},
/// };
/// fn undecided(identity: Identity) -> Principal {
///     Principal { identity, scopes: Scopes::default() }
/// }
/// ```
#[derive(Clone)]
pub struct Principal {
    identity: Identity,
    scopes: Scopes,
}

impl Principal {
    /// Who it is.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Every scope the provider's `[[grant]]` rules give.
    #[must_use]
    pub const fn scopes(&self) -> &Scopes {
        &self.scopes
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("identity", &self.identity)
            .field("scopes", &self.scopes)
            .finish()
    }
}

/// Whether an identity may enter.
#[derive(Clone, Debug)]
pub enum Decision {
    /// It may.
    Admitted(Principal),
    /// It may not.
    NotAdmitted(NotAdmitted),
}

/// Why an identity may not enter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotAdmitted {
    /// The token names nobody.
    #[error("{0}")]
    Nobody(IdentityRefusal),
    /// The identity comes from another provider file.
    #[error("the identity is another provider's")]
    OtherProvider,
    /// A claim that every token must carry is missing or different.
    #[error("required by the provider file, and not so: {0}")]
    Required(String),
    /// There is no `[[allow]]`, and the address is missing, unverified, or of a domain the provider is
    /// not the authority for.
    #[error("there is no [[allow]] rule, and no verified e-mail address")]
    EmailNotVerified,
    /// There are `[[allow]]` rules, and none holds.
    #[error("no [[allow]] rule holds")]
    NoRule,
}

impl NotAdmitted {
    /// A word for logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nobody(_) => "nobody",
            Self::OtherProvider => "other_provider",
            Self::Required(_) => "required_claim",
            Self::EmailNotVerified => "email_not_verified",
            Self::NoRule => "no_allow_rule",
        }
    }
}

/// A decision, rule by rule.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Whether the person may enter.
    pub admitted: bool,
    /// Why not.
    pub reason: Option<NotAdmitted>,
    /// The display name.
    pub name: Option<String>,
    /// The verified address.
    pub email: Option<String>,
    /// Every rule of the file, in its order.
    pub rules: Vec<RuleTrace>,
    /// What the person may do; nothing when not admitted.
    pub scopes: Scopes,
}

/// One rule and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct RuleTrace {
    /// Which kind of rule.
    pub kind: RuleKind,
    /// Its place among its kind in the file; the first is 1.
    pub number: usize,
    /// What it says, in words.
    pub text: String,
    /// Whether it holds.
    pub matched: bool,
    /// What it gives when it holds.
    pub scopes: Scopes,
}

/// The kinds of rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// `require`, `hd`, `organization`: every one must hold.
    Require,
    /// `[[allow]]`: one must hold.
    Allow,
    /// `[[grant]]`: each that holds adds its scopes.
    Grant,
}

/// Decides about an identity. Every entry asks here, so that no rule holds at one and not at another.
#[must_use]
pub fn decide(settings: &ProviderSettings, identity: Identity) -> Decision {
    if identity.key().provider != settings.id {
        return Decision::NotAdmitted(NotAdmitted::OtherProvider);
    }
    match judge(settings, identity.facts()) {
        (Some(reason), _) => Decision::NotAdmitted(reason),
        (None, rules) => {
            let scopes = granted(&rules);
            Decision::Admitted(Principal { identity, scopes })
        }
    }
}

/// What a person with these claims would get. The claims need no issuer, audience or times.
#[must_use]
pub fn explain(settings: &ProviderSettings, claims: &Map<String, Value>) -> Explanation {
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    let (profile, nobody) = match Profile::read(settings, subject, claims) {
        Ok(profile) => (Some(profile), None),
        Err(refusal) => (None, Some(NotAdmitted::Nobody(refusal))),
    };
    let verified_email = profile.as_ref().and_then(Profile::verified_email);
    let (refusal, rules) = judge(settings, Facts { claims, verified_email });
    let reason = nobody.or(refusal);
    Explanation {
        admitted: reason.is_none(),
        name: profile.as_ref().and_then(|profile| profile.name.clone()),
        email: verified_email.map(str::to_owned),
        scopes: if reason.is_none() { granted(&rules) } else { Scopes::default() },
        reason,
        rules: rules.iter().map(Judged::told).collect(),
    }
}

/// A rule of the settings and whether it holds.
struct Judged<'a> {
    kind: RuleKind,
    number: usize,
    conditions: &'a [Condition],
    matched: bool,
    scopes: Option<&'a Scopes>,
}

impl Judged<'_> {
    fn told(&self) -> RuleTrace {
        RuleTrace {
            kind: self.kind,
            number: self.number,
            text: text_of(self.conditions),
            matched: self.matched,
            scopes: self.scopes.cloned().unwrap_or_default(),
        }
    }
}

fn judge<'a>(
    settings: &'a ProviderSettings,
    facts: Facts<'_>,
) -> (Option<NotAdmitted>, Vec<Judged<'a>>) {
    let rules = judged(settings, facts);
    let of = |kind| rules.iter().filter(move |rule: &&Judged<'_>| rule.kind == kind);
    let reason = if let Some(rule) = of(RuleKind::Require).find(|rule| !rule.matched) {
        Some(NotAdmitted::Required(text_of(rule.conditions)))
    } else if settings.allow.is_empty() {
        let enough = facts.verified_email.is_some() || settings.allow_unverified_email;
        (!enough).then_some(NotAdmitted::EmailNotVerified)
    } else {
        (!of(RuleKind::Allow).any(|rule| rule.matched)).then_some(NotAdmitted::NoRule)
    };
    (reason, rules)
}

fn judged<'a>(settings: &'a ProviderSettings, facts: Facts<'_>) -> Vec<Judged<'a>> {
    let rule = |kind, number, conditions: &'a [Condition], scopes| {
        let matched = conditions.iter().all(|condition| condition.holds(facts));
        Judged { kind, number, conditions, matched, scopes }
    };
    let require = (1..).zip(&settings.require).map(|(number, condition)| {
        rule(RuleKind::Require, number, std::slice::from_ref(condition), None)
    });
    let allow = settings
        .allow
        .iter()
        .map(|allow| rule(RuleKind::Allow, allow.number, &allow.conditions, None));
    let grant = settings
        .grants
        .iter()
        .map(|grant| rule(RuleKind::Grant, grant.number, &grant.conditions, Some(&grant.scopes)));
    require.chain(allow).chain(grant).collect()
}

fn granted(rules: &[Judged<'_>]) -> Scopes {
    let given = rules.iter().filter(|rule| rule.matched).filter_map(|rule| rule.scopes);
    given.fold(Scopes::default(), |all, scopes| all.union(scopes))
}
