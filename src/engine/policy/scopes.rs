//! The scopes of one server: what they say, what they imply, and what is wrong with them.

use std::collections::BTreeSet;

use crate::protocol::scope::{Scope, Scopes};

use super::{Entry, PolicyFault};

/// One scope of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRule {
    /// The scope.
    pub name: Scope,
    /// What the consent page tells the person.
    pub says: String,
    /// The scopes that come with it.
    pub implies: Scopes,
}

pub(super) fn names(rules: &[ScopeRule]) -> Scopes {
    rules.iter().map(|rule| rule.name.clone()).collect()
}

/// Grows the set until nothing is added: it ends, because there are finitely many scopes.
pub(super) fn expand(rules: &[ScopeRule], scopes: &Scopes) -> Scopes {
    let mut all = scopes.clone();
    let adds =
        |rule: &&ScopeRule, all: &Scopes| all.contains(&rule.name) && !all.covers(&rule.implies);
    while let Some(rule) = rules.iter().find(|rule| adds(rule, &all)) {
        all = all.union(&rule.implies);
    }
    all
}

/// Every fault of the scopes: a name given twice, an unknown one, scopes that imply themselves.
pub(super) fn faults(rules: &[ScopeRule]) -> Vec<PolicyFault> {
    let mut faults = twice(rules);
    faults.extend(unknown_implied(rules));
    faults.extend(cycles(rules));
    faults
}

fn twice(rules: &[ScopeRule]) -> Vec<PolicyFault> {
    let mut seen = BTreeSet::new();
    let again = rules.iter().enumerate().filter(|(_, rule)| !seen.insert(&rule.name));
    again
        .map(|(at, rule)| PolicyFault {
            entry: Entry::Scope(at),
            what: format!("the scope `{}` is defined twice", rule.name),
            remedy: "keep one [[scope]] of that name".to_owned(),
        })
        .collect()
}

fn unknown_implied(rules: &[ScopeRule]) -> Vec<PolicyFault> {
    let known = names(rules);
    let unknown = |(at, rule): (usize, &ScopeRule)| {
        let missing = rule.implies.difference(&known);
        (!missing.is_empty()).then(|| PolicyFault {
            entry: Entry::Scope(at),
            what: format!(
                "the scope `{}` implies `{missing}`, which no [[scope]] defines",
                rule.name
            ),
            remedy: format!("define it, or imply one of: {known}"),
        })
    };
    rules.iter().enumerate().filter_map(unknown).collect()
}

/// One fault per ring of scopes, at its first member.
fn cycles(rules: &[ScopeRule]) -> Vec<PolicyFault> {
    let mut told = Scopes::default();
    let mut faults = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let below = expand(rules, &rule.implies);
        let known_ring = !told.intersection(&below).is_empty();
        if !below.contains(&rule.name) || known_ring {
            continue;
        }
        told = told.union(&std::iter::once(rule.name.clone()).collect());
        faults.push(PolicyFault {
            entry: Entry::Scope(at),
            what: format!("the scope `{}` implies itself, by way of `{}`", rule.name, rule.implies),
            remedy: "let the wider scope imply the narrower one, never both each other".to_owned(),
        });
    }
    faults
}
