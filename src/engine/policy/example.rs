//! Examples a server file carries: a caller and a tool in, a verdict out.

use std::fmt;

use crate::protocol::{
    id::{ClientId, UserId},
    scope::Scopes,
};

use super::{Asker, Entry, Operation, Policy, PolicyFault, TOOLS_CALL, Verdict};

/// One expectation of the file's author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerExample {
    /// Who calls.
    pub caller: ExampleCaller,
    /// What they ask for.
    pub asks: ExampleOperation,
    /// What must come of it.
    pub gives: Outcome,
}

/// The caller of an example. An id that is not given is nobody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleCaller {
    /// Their scopes.
    pub scopes: Scopes,
    /// The person.
    pub user: UserId,
    /// Their verified e-mail address.
    pub email: Option<String>,
    /// The client they use.
    pub client: ClientId,
}

impl ExampleCaller {
    /// Somebody with these scopes.
    #[must_use]
    pub fn with(scopes: Scopes) -> Self {
        Self { scopes, user: UserId::new(""), email: None, client: ClientId::new("") }
    }

    /// The caller as one who asks.
    #[must_use]
    pub fn asker(&self) -> Asker<'_> {
        let email = self.email.as_deref();
        Asker { scopes: &self.scopes, user: &self.user, email, client: &self.client }
    }
}

/// What an example's caller asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExampleOperation {
    /// A call of the tool of this name.
    Tool(String),
    /// Another method.
    Method(String),
}

impl ExampleOperation {
    fn as_operation(&self) -> Operation<'_> {
        match self {
            Self::Tool(name) => Operation::Tool(name),
            Self::Method(name) => Operation::Method(name),
        }
    }
}

impl fmt::Display for ExampleOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tool(name) => write!(f, "tool `{name}`"),
            Self::Method(name) => write!(f, "method `{name}`"),
        }
    }
}

/// A verdict by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes through.
    Allowed,
    /// A scope is missing.
    InsufficientScope,
    /// This caller may not.
    Denied,
    /// There is no such method.
    UnknownMethod,
}

impl From<&Verdict> for Outcome {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Allowed => Self::Allowed,
            Verdict::InsufficientScope { .. } => Self::InsufficientScope,
            Verdict::Denied => Self::Denied,
            Verdict::UnknownMethod => Self::UnknownMethod,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::InsufficientScope => "insufficient_scope",
            Self::Denied => "denied",
            Self::UnknownMethod => "unknown_method",
        })
    }
}

impl Policy {
    /// The examples that do not hold.
    #[must_use]
    pub fn broken_examples(&self, examples: &[ServerExample]) -> Vec<PolicyFault> {
        let broken = |(at, example)| {
            let (what, remedy) = self.judge(example)?;
            Some(PolicyFault { entry: Entry::Example(at), what, remedy })
        };
        examples.iter().enumerate().filter_map(broken).collect()
    }

    fn judge(&self, example: &ServerExample) -> Option<(String, String)> {
        let unknown = example.caller.scopes.difference(&self.scopes());
        if !unknown.is_empty() {
            let what = format!("the example's caller has `{unknown}`, which no [[scope]] defines");
            return Some((what, format!("give the caller some of: {}", self.scopes())));
        }
        let operation = example.asks.as_operation();
        if operation == Operation::Method(TOOLS_CALL) {
            let what = "the example's method is tools/call, which calls a tool".to_owned();
            return Some((what, "write tool = \"…\" instead".to_owned()));
        }
        let comes = Outcome::from(&self.verdict(operation, Some(&example.caller.asker())));
        let (asks, gives) = (&example.asks, example.gives);
        let what =
            format!("the example expects `{gives}` for the {asks}, but the rules give `{comes}`");
        let remedy = "change the rules until they do what you meant, or the example if it is wrong";
        (comes != gives).then(|| (what, remedy.to_owned()))
    }
}
