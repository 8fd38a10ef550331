//! A server file as it is written: every key, nothing decided yet.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::tokens::{FormWord, IntrospectionTable, TokenTable};
use crate::{
    engine::policy::{
        ExampleCaller, ExampleOperation, IdentityTo, Outcome, ScopeRule, Unlisted, Who,
    },
    protocol::{
        id::{ClientId, UserId},
        scope::Scope,
    },
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
    pub(super) identity: Option<Spanned<IdentityWord>>,
    pub(super) headers: Option<Spanned<BTreeMap<String, String>>>,
    pub(super) origins: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) timeouts: Option<Spanned<TimeoutsTable>>,
    pub(super) max_body: Option<Spanned<String>>,
    pub(super) tokens: Option<Spanned<FormWord>>,
    pub(super) introspection: Option<Spanned<IntrospectionTable>>,
    #[serde(default)]
    pub(super) token: Vec<Spanned<TokenTable>>,
    #[serde(default)]
    pub(super) scope: Vec<Spanned<ScopeTable>>,
    #[serde(default)]
    pub(super) tool: Vec<Spanned<RuleTable>>,
    #[serde(default)]
    pub(super) method: Vec<Spanned<RuleTable>>,
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

/// A `[[tool]]` or a `[[method]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleTable {
    pub(super) name: String,
    pub(super) needs: Option<Spanned<Vec<Scope>>>,
    pub(super) limit: Option<Spanned<LimitTable>>,
    #[serde(default)]
    pub(super) deny: bool,
    pub(super) who: Option<Spanned<WhoTable>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WhoTable {
    users: Vec<String>,
    emails: Vec<String>,
    email_domains: Vec<String>,
    clients: Vec<String>,
}

impl From<&WhoTable> for Who {
    fn from(table: &WhoTable) -> Self {
        Self {
            users: table.users.iter().map(UserId::new).collect(),
            emails: table.emails.iter().cloned().collect(),
            email_domains: table.email_domains.iter().cloned().collect(),
            clients: table.clients.iter().map(ClientId::new).collect(),
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum IdentityWord {
    Headers,
    Assertion,
    None,
}

impl From<IdentityWord> for IdentityTo {
    fn from(word: IdentityWord) -> Self {
        match word {
            IdentityWord::Headers => Self::Headers,
            IdentityWord::Assertion => Self::Assertion,
            IdentityWord::None => Self::Nothing,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeoutsTable {
    pub(super) connect: Option<Spanned<String>>,
    pub(super) first_byte: Option<Spanned<String>>,
    pub(super) idle: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleTable {
    pub(super) caller: CallerTable,
    tool: Option<String>,
    method: Option<String>,
    pub(super) gives: OutcomeWord,
}

impl ExampleTable {
    /// What is asked for: a tool or a method, one of them.
    pub(super) fn asks(&self) -> Option<ExampleOperation> {
        match (&self.tool, &self.method) {
            (Some(tool), None) => Some(ExampleOperation::Tool(tool.clone())),
            (None, Some(method)) => Some(ExampleOperation::Method(method.clone())),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallerTable {
    scopes: Vec<Scope>,
    user: Option<String>,
    email: Option<String>,
    client: Option<String>,
}

impl From<&CallerTable> for ExampleCaller {
    fn from(table: &CallerTable) -> Self {
        Self {
            scopes: table.scopes.iter().cloned().collect(),
            user: UserId::new(table.user.clone().unwrap_or_default()),
            email: table.email.clone(),
            client: ClientId::new(table.client.clone().unwrap_or_default()),
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeWord {
    Allowed,
    InsufficientScope,
    Denied,
    UnknownMethod,
}

impl From<OutcomeWord> for Outcome {
    fn from(word: OutcomeWord) -> Self {
        match word {
            OutcomeWord::Allowed => Self::Allowed,
            OutcomeWord::InsufficientScope => Self::InsufficientScope,
            OutcomeWord::Denied => Self::Denied,
            OutcomeWord::UnknownMethod => Self::UnknownMethod,
        }
    }
}
