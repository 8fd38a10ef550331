//! A server file as it is written: every key, nothing decided yet.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::{
    engine::policy::{Outcome, ScopeRule, ServerExample, ToolRule, Unlisted},
    protocol::scope::Scope,
};

use super::stdio::ProcessesTable;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerFile {
    pub(super) path: Option<Spanned<String>>,
    pub(super) resource: Option<Spanned<String>>,
    pub(super) name: Spanned<String>,
    pub(super) upstream: Option<Spanned<String>>,
    pub(super) command: Option<Spanned<Vec<String>>>,
    pub(super) env: Option<Spanned<BTreeMap<String, String>>>,
    pub(super) directory: Option<Spanned<String>>,
    pub(super) processes: Option<Spanned<ProcessesTable>>,
    pub(super) auth: Option<Spanned<AuthWord>>,
    pub(super) limit: Option<Spanned<LimitTable>>,
    pub(super) unlisted: Option<Spanned<UnlistedWord>>,
    #[serde(default)]
    pub(super) scope: Vec<Spanned<ScopeTable>>,
    #[serde(default)]
    pub(super) tool: Vec<Spanned<ToolTable>>,
    #[serde(default)]
    pub(super) example: Vec<Spanned<ExampleTable>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum AuthWord {
    Required,
    None,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum UnlistedWord {
    Allow,
    Deny,
}

impl From<UnlistedWord> for Unlisted {
    fn from(word: UnlistedWord) -> Self {
        match word {
            UnlistedWord::Allow => Self::Allow,
            UnlistedWord::Deny => Self::Deny,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitTable {
    pub(super) per_user: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScopeTable {
    pub(super) name: Scope,
    pub(super) says: String,
    #[serde(default)]
    pub(super) implies: Vec<Scope>,
}

impl From<&ScopeTable> for ScopeRule {
    fn from(table: &ScopeTable) -> Self {
        let implies = table.implies.iter().cloned().collect();
        Self { name: table.name.clone(), says: table.says.clone(), implies }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolTable {
    pub(super) name: String,
    pub(super) needs: Vec<Scope>, // no default: a forgotten `needs` would open the tool
}

impl From<&ToolTable> for ToolRule {
    fn from(table: &ToolTable) -> Self {
        Self { name: table.name.clone(), needs: table.needs.iter().cloned().collect() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleTable {
    pub(super) caller: CallerTable,
    pub(super) tool: String,
    pub(super) gives: OutcomeWord,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallerTable {
    pub(super) scopes: Vec<Scope>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeWord {
    Allowed,
    InsufficientScope,
    Denied,
}

impl From<&ExampleTable> for ServerExample {
    fn from(table: &ExampleTable) -> Self {
        let gives = match table.gives {
            OutcomeWord::Allowed => Outcome::Allowed,
            OutcomeWord::InsufficientScope => Outcome::InsufficientScope,
            OutcomeWord::Denied => Outcome::Denied,
        };
        let caller = table.caller.scopes.iter().cloned().collect();
        Self { caller, tool: table.tool.clone(), gives }
    }
}
