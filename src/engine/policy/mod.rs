//! What one protected MCP server demands: its scopes, what each tool and method needs, and the verdict.
//!
//! Owns the checked content of a file in `servers/`. It does not read files, tokens or requests.

mod behind;
mod example;
mod methods;
mod rules;
mod scopes;
mod stdio;
#[cfg(test)]
mod tests;
mod tokens;
mod verdict;
mod who;

use std::time::Duration;

use url::Url;

use crate::protocol::{id::ServerId, resource::Resource, scope::Scopes};

pub use self::{
    behind::{Behind, IdentityTo, Timeouts},
    example::{ExampleCaller, ExampleOperation, Outcome, ServerExample},
    methods::TOOLS_CALL,
    rules::{Access, Rule, Unlisted},
    scopes::ScopeRule,
    stdio::{EnvVariable, Processes, StdioCommand},
    tokens::{StaticToken, TokenForm, TokenSettings},
    verdict::{Asker, Operation, Policy, Verdict},
    who::Who,
};

/// One protected MCP server: a file of `servers/`, read and checked.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The stem of its file.
    pub id: ServerId,
    /// What the consent page calls it.
    pub name: String,
    /// Where its requests are answered.
    pub upstream: Upstream,
    /// Whether a token is asked for.
    pub auth: Auth,
    /// How often one person may call it; none: as often as they like.
    pub limit: Option<CallLimit>,
    /// Its URL, the `aud` of its tokens: our public URL and a path, or a URL of its own: another name
    /// of ours, or elsewhere.
    pub resource: Resource,
    /// Its tokens.
    pub tokens: TokenSettings,
    /// How it is spoken to, where it stands behind us.
    pub behind: Behind,
    /// Its scopes, tools and methods.
    pub policy: Policy,
    /// What its author expects of it; they held when it was read.
    pub examples: Vec<ServerExample>,
}

impl ServerSettings {
    /// Every scope of the server (`scopes_supported`, RFC 9728 §2).
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        self.policy.scopes()
    }

    /// `scopes` and everything they imply.
    #[must_use]
    pub fn expand(&self, scopes: &Scopes) -> Scopes {
        self.policy.expand(scopes)
    }

    /// Whether `asker` may do it; see [`Policy::verdict`].
    #[must_use]
    pub fn verdict(&self, operation: Operation<'_>, asker: Option<&Asker<'_>>) -> Verdict {
        self.policy.verdict(operation, asker)
    }
}

/// Where a server's requests are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// By the built-in demo server.
    Demo,
    /// By an MCP server behind us.
    Http(Url),
    /// By a program that we start, over its standard input and output.
    Stdio(StdioCommand),
    /// By itself, at another origin: it guards itself, and we only issue its tokens.
    Elsewhere,
}

/// Whether a token is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// Every request carries a valid token.
    #[default]
    Required,
    /// No token is asked for; on loopback only.
    None,
}

/// How often one person may call a server or a tool, or one address an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimit {
    /// Calls per window.
    pub calls: u32,
    /// The window.
    pub window: Duration,
}

/// One thing wrong with a server's rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}; {remedy}")]
pub struct PolicyFault {
    /// Which entry of the file is at fault.
    pub entry: Entry,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub remedy: String,
}

/// An entry of a server file, by its place among its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The nth `[[scope]]`.
    Scope(usize),
    /// The nth `[[tool]]`.
    Tool(usize),
    /// The nth `[[method]]`.
    Method(usize),
    /// The nth `[[example]]`.
    Example(usize),
}
