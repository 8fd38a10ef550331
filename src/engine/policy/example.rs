//! Examples a server file carries: a caller and a tool in, a verdict out.

use std::fmt;

use crate::protocol::scope::Scopes;

use super::{Entry, Policy, PolicyFault, Verdict};

/// One expectation of the file's author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerExample {
    /// The caller's scopes.
    pub caller: Scopes,
    /// The tool called.
    pub tool: String,
    /// What must come of it.
    pub gives: Outcome,
}

/// A verdict by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The call goes through.
    Allowed,
    /// A scope is missing.
    InsufficientScope,
    /// Nobody may call it.
    Denied,
}

impl From<&Verdict> for Outcome {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Allowed => Self::Allowed,
            Verdict::InsufficientScope { .. } => Self::InsufficientScope,
            Verdict::Denied => Self::Denied,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::InsufficientScope => "insufficient_scope",
            Self::Denied => "denied",
        })
    }
}

impl Policy {
    /// The examples that do not hold.
    #[must_use]
    pub fn broken_examples(&self, examples: &[ServerExample]) -> Vec<PolicyFault> {
        let broken = |(at, example)| self.judge(at, example);
        examples.iter().enumerate().filter_map(broken).collect()
    }

    fn judge(&self, at: usize, example: &ServerExample) -> Option<PolicyFault> {
        let entry = Entry::Example(at);
        let unknown = example.caller.difference(&self.scopes());
        if !unknown.is_empty() {
            let what = format!("the example's caller has `{unknown}`, which no [[scope]] defines");
            let remedy = format!("give the caller some of: {}", self.scopes());
            return Some(PolicyFault { entry, what, remedy });
        }
        let comes = Outcome::from(&self.verdict(&example.tool, &example.caller));
        (comes != example.gives).then(|| PolicyFault {
            entry,
            what: format!(
                "the example expects `{}` for the tool `{}`, but the rules give `{comes}`",
                example.gives, example.tool
            ),
            remedy: "change the rules until they do what you meant, or the example if it is wrong"
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::policy::{ScopeRule, ToolRule, Unlisted};

    fn policy() -> Policy {
        let read = Scopes::parse("read").unwrap();
        let scope = ScopeRule {
            name: "read".parse().unwrap(),
            says: "Read".to_owned(),
            implies: Scopes::default(),
        };
        let tool = ToolRule { name: "look".to_owned(), needs: read };
        Policy::new(vec![scope], vec![tool], Unlisted::Deny).unwrap()
    }

    fn example(caller: &str, tool: &str, gives: Outcome) -> ServerExample {
        ServerExample { caller: Scopes::parse(caller).unwrap(), tool: tool.to_owned(), gives }
    }

    #[test]
    fn examples_that_hold_say_nothing() {
        let good = [
            example("read", "look", Outcome::Allowed),
            example("", "look", Outcome::InsufficientScope),
            example("read", "other", Outcome::Denied),
        ];
        assert_eq!(policy().broken_examples(&good), []);
    }

    #[test]
    fn an_example_that_no_longer_holds_is_a_fault() {
        let faults = policy().broken_examples(&[
            example("read", "look", Outcome::Allowed),
            example("read", "look", Outcome::Denied),
            example("raed", "look", Outcome::InsufficientScope),
        ]);
        let entries: Vec<_> = faults.iter().map(|fault| fault.entry).collect();
        assert_eq!(entries, [Entry::Example(1), Entry::Example(2)]);
    }
}
