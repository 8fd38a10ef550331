//! Scopes and tools of one server, and the verdict on a call.

use std::collections::{BTreeMap, BTreeSet};

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

/// What one tool needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolRule {
    /// The tool's name, to the byte.
    pub name: String,
    /// Every scope a caller must have.
    pub needs: Scopes,
}

/// What happens to tools that no rule names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unlisted {
    /// Any caller whose token is valid here may call them.
    #[default]
    Allow,
    /// Nobody may.
    Deny,
}

/// Whether a tool may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Allowed,
    /// Not with these scopes (403 `insufficient_scope`, RFC 6750 §3.1).
    InsufficientScope {
        /// Every scope of the operation, also those the caller has: a client asks for exactly these.
        needs: Scopes,
    },
    /// By nobody.
    Denied,
}

/// The rules of one server: names known, none twice, no scope implying itself.
#[derive(Clone, Debug)]
pub struct Policy {
    scopes: Vec<ScopeRule>,
    tools: BTreeMap<String, Scopes>,
    unlisted: Unlisted,
}

impl Policy {
    /// Checks and keeps the rules.
    ///
    /// # Errors
    /// Every [`PolicyFault`]: a name given twice, an unknown scope, scopes that imply themselves.
    pub fn new(
        scopes: Vec<ScopeRule>,
        tools: Vec<ToolRule>,
        unlisted: Unlisted,
    ) -> Result<Self, Vec<PolicyFault>> {
        let mut faults = scopes_twice(&scopes);
        faults.extend(unknown_implied(&scopes));
        faults.extend(cycles(&scopes));
        faults.extend(tools_twice(&tools));
        faults.extend(unknown_needed(&scopes, &tools));
        if !faults.is_empty() {
            return Err(faults);
        }
        let tools = tools.into_iter().map(|tool| (tool.name, tool.needs)).collect();
        Ok(Self { scopes, tools, unlisted })
    }

    /// Every scope of the server.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        names(&self.scopes)
    }

    /// The scopes in the order of the file, with what they say.
    #[must_use]
    pub fn scope_rules(&self) -> &[ScopeRule] {
        &self.scopes
    }

    /// What the consent page says about a scope.
    #[must_use]
    pub fn says(&self, scope: &Scope) -> Option<&str> {
        self.scopes.iter().find(|rule| rule.name == *scope).map(|rule| rule.says.as_str())
    }

    /// The tools that a rule names, with what they need.
    pub fn tools(&self) -> impl Iterator<Item = (&str, &Scopes)> {
        self.tools.iter().map(|(name, needs)| (name.as_str(), needs))
    }

    /// What happens to other tools.
    #[must_use]
    pub const fn unlisted(&self) -> Unlisted {
        self.unlisted
    }

    /// `scopes` and everything they imply, at any distance.
    #[must_use]
    pub fn expand(&self, scopes: &Scopes) -> Scopes {
        expand(&self.scopes, scopes)
    }

    /// Whether a caller with these scopes may call `tool`.
    #[must_use]
    pub fn verdict(&self, tool: &str, caller: &Scopes) -> Verdict {
        match (self.tools.get(tool), self.unlisted) {
            (Some(needs), _) if self.expand(caller).covers(needs) => Verdict::Allowed,
            (Some(needs), _) => Verdict::InsufficientScope { needs: needs.clone() },
            (None, Unlisted::Allow) => Verdict::Allowed,
            (None, Unlisted::Deny) => Verdict::Denied,
        }
    }
}

fn names(rules: &[ScopeRule]) -> Scopes {
    rules.iter().map(|rule| rule.name.clone()).collect()
}

/// Grows the set until nothing is added: it ends, because there are finitely many scopes.
fn expand(rules: &[ScopeRule], scopes: &Scopes) -> Scopes {
    let mut all = scopes.clone();
    loop {
        let held = rules.iter().filter(|rule| all.contains(&rule.name));
        let grown = held.fold(all.clone(), |sum, rule| sum.union(&rule.implies));
        if grown == all {
            return all;
        }
        all = grown;
    }
}

fn scopes_twice(rules: &[ScopeRule]) -> Vec<PolicyFault> {
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

fn tools_twice(tools: &[ToolRule]) -> Vec<PolicyFault> {
    let mut seen = BTreeSet::new();
    let again = tools.iter().enumerate().filter(|(_, tool)| !seen.insert(&tool.name));
    again
        .map(|(at, tool)| PolicyFault {
            entry: Entry::Tool(at),
            what: format!("the tool `{}` has two rules", tool.name),
            remedy: "keep one [[tool]] of that name, with every scope it needs".to_owned(),
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

fn unknown_needed(rules: &[ScopeRule], tools: &[ToolRule]) -> Vec<PolicyFault> {
    let known = names(rules);
    let unknown = |(at, tool): (usize, &ToolRule)| {
        let missing = tool.needs.difference(&known);
        (!missing.is_empty()).then(|| PolicyFault {
            entry: Entry::Tool(at),
            what: format!("the tool `{}` needs `{missing}`, which no [[scope]] defines", tool.name),
            remedy: format!("define it, or need one of: {known}"),
        })
    };
    tools.iter().enumerate().filter_map(unknown).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Scopes {
        Scopes::parse(text).unwrap()
    }

    fn scope(name: &str, implies: &str) -> ScopeRule {
        ScopeRule { name: name.parse().unwrap(), says: name.to_owned(), implies: scopes(implies) }
    }

    fn tool(name: &str, needs: &str) -> ToolRule {
        ToolRule { name: name.to_owned(), needs: scopes(needs) }
    }

    fn policy(unlisted: Unlisted) -> Policy {
        let rules = vec![scope("admin", "write"), scope("write", "read"), scope("read", "")];
        let tools = vec![tool("delete", "admin read"), tool("look", "read"), tool("hello", "")];
        Policy::new(rules, tools, unlisted).unwrap()
    }

    #[test]
    fn implied_scopes_are_held_at_any_distance() {
        let policy = policy(Unlisted::Allow);
        assert_eq!(policy.expand(&scopes("admin")), scopes("admin write read"));
        assert_eq!(policy.verdict("look", &scopes("admin")), Verdict::Allowed);
    }

    #[test]
    fn a_refusal_names_every_scope_of_the_operation() {
        let verdict = policy(Unlisted::Allow).verdict("delete", &scopes("read"));
        assert_eq!(verdict, Verdict::InsufficientScope { needs: scopes("admin read") });
    }

    #[test]
    fn an_unlisted_tool_is_allowed_or_denied_as_the_file_says() {
        let nobody = Scopes::default();
        assert_eq!(policy(Unlisted::Allow).verdict("other", &nobody), Verdict::Allowed);
        assert_eq!(policy(Unlisted::Deny).verdict("other", &nobody), Verdict::Denied);
        assert_eq!(policy(Unlisted::Deny).verdict("Look", &scopes("read")), Verdict::Denied);
        assert_eq!(policy(Unlisted::Deny).verdict("hello", &nobody), Verdict::Allowed);
    }

    #[test]
    fn unknown_double_and_circular_names_are_refused_all_at_once() {
        let rules = vec![
            scope("a", "b"),
            scope("b", "a"),
            scope("c", "x"),
            scope("c", ""),
            scope("d", "d"),
        ];
        let tools = vec![tool("t", "y"), tool("t", "a")];
        let faults = Policy::new(rules, tools, Unlisted::Allow).unwrap_err();
        let entries: Vec<_> = faults.iter().map(|fault| fault.entry).collect();
        let expected = [
            Entry::Scope(3),
            Entry::Scope(2),
            Entry::Scope(0),
            Entry::Scope(4),
            Entry::Tool(1),
            Entry::Tool(0),
        ];
        assert_eq!(entries, expected);
    }
}
