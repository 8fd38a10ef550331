//! The rules for tools and other methods: which one is meant, whom it lets through, and what is wrong
//! with them.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::scope::Scopes;

use super::{CallLimit, Entry, PolicyFault, Who, methods::TOOLS_CALL};

/// What one tool, or one other method, asks of its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name to the byte; or what names begin with, and a `*` after it.
    pub name: String,
    /// For whom.
    pub access: Access,
}

/// For whom something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// For nobody.
    Nobody,
    /// For callers of a kind.
    Those {
        /// Every scope they must have.
        needs: Scopes,
        /// Who they must be; none: anybody.
        who: Option<Who>,
        /// How often one person may; none: as often as the server's own limit has it.
        limit: Option<CallLimit>,
    },
}

impl Rule {
    /// For whoever has these scopes.
    #[must_use]
    pub fn needing(name: impl Into<String>, needs: Scopes) -> Self {
        let access = Access::Those { needs, who: None, limit: None };
        Self { name: name.into(), access }
    }

    /// Every scope it asks for; none, where it is for nobody.
    #[must_use]
    pub fn needs(&self) -> Scopes {
        match &self.access {
            Access::Nobody => Scopes::default(),
            Access::Those { needs, .. } => needs.clone(),
        }
    }
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

/// Rules by name, each name once.
#[derive(Clone, Debug)]
pub(super) struct Rules(BTreeMap<String, Rule>);

impl Rules {
    pub(super) fn new(rules: Vec<Rule>) -> Self {
        Self(rules.into_iter().map(|rule| (rule.name.clone(), rule)).collect())
    }

    /// The rule for `name`: its own, or else the one of the longest beginning.
    pub(super) fn of(&self, name: &str) -> Option<&Rule> {
        let exact = self.0.get(name).filter(|rule| !rule.name.ends_with('*'));
        let begins = |rule: &&Rule| {
            rule.name.strip_suffix('*').is_some_and(|beginning| name.starts_with(beginning))
        };
        let longest = || self.0.values().filter(begins).max_by_key(|rule| rule.name.len());
        exact.or_else(longest)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.values()
    }
}

/// What kind of thing rules are for.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Tool,
    Method,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Method => "method",
        }
    }

    const fn entry(self, at: usize) -> Entry {
        match self {
            Self::Tool => Entry::Tool(at),
            Self::Method => Entry::Method(at),
        }
    }
}

/// Every fault of the rules.
pub(super) fn faults(kind: Kind, rules: &[Rule], known: &Scopes) -> Vec<PolicyFault> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let twice = (!seen.insert(&rule.name)).then(|| {
            let word = kind.word();
            let remedy = format!("keep one [[{word}]] of that name, with every scope it needs");
            ("has two rules".to_owned(), remedy)
        });
        let found = [
            twice,
            unreadable(&rule.name),
            unknown(rule, known),
            nobody(rule),
            misplaced(kind, rule),
        ];
        faults.extend(found.into_iter().flatten().map(|(what, remedy)| PolicyFault {
            entry: kind.entry(at),
            what: format!("the {} `{}` {what}", kind.word(), rule.name),
            remedy,
        }));
    }
    faults
}

type Told = Option<(String, String)>;

fn unreadable(name: &str) -> Told {
    let beginning = name.strip_suffix('*').unwrap_or(name);
    if name.is_empty() {
        return Some(("has an empty name".to_owned(), "write its name".to_owned()));
    }
    beginning.contains('*').then(|| {
        let remedy = "write a whole name, or the beginning of names and one * after it";
        ("has a * before its end".to_owned(), remedy.to_owned())
    })
}

fn unknown(rule: &Rule, known: &Scopes) -> Told {
    let missing = rule.needs().difference(known);
    (!missing.is_empty()).then(|| {
        let what = format!("needs `{missing}`, which no [[scope]] defines");
        (what, format!("define it, or need one of: {known}"))
    })
}

fn nobody(rule: &Rule) -> Told {
    let Access::Those { who: Some(who), .. } = &rule.access else { return None };
    who.fault().map(|(what, remedy)| (what, remedy.to_owned()))
}

/// Calls of tools have rules of their own, and only calls of tools are counted.
fn misplaced(kind: Kind, rule: &Rule) -> Told {
    if matches!(kind, Kind::Tool) {
        return None;
    }
    let covers = |beginning: &str| !beginning.is_empty() && TOOLS_CALL.starts_with(beginning);
    if rule.name == TOOLS_CALL || rule.name.strip_suffix('*').is_some_and(covers) {
        let remedy = "write a [[tool]] for each tool, and name = \"tools/list\" here for the list";
        return Some(("covers tools/call".to_owned(), remedy.to_owned()));
    }
    matches!(&rule.access, Access::Those { limit: Some(_), .. }).then(|| {
        let remedy = "remove it: a limit is for the server or for a [[tool]]";
        ("has a limit".to_owned(), remedy.to_owned())
    })
}
