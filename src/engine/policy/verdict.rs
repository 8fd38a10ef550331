//! The rules of one server together, and the verdict on an operation.

use crate::protocol::{
    id::{ClientId, UserId},
    scope::{Scope, Scopes},
};

use super::{
    CallLimit, PolicyFault, ScopeRule,
    methods::is_known,
    rules::{self, Access, Kind, Rule, Rules, Unlisted},
    scopes,
};

/// Who asks for something, proven by a token.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// Their scopes, as granted.
    pub scopes: &'a Scopes,
    /// The person.
    pub user: &'a UserId,
    /// Their verified e-mail address.
    pub email: Option<&'a str>,
    /// The client they use.
    pub client: &'a ClientId,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    /// A call of the tool of this name.
    Tool(&'a str),
    /// Another JSON-RPC method.
    Method(&'a str),
}

/// Whether something may be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Allowed,
    /// Not with these scopes (403 `insufficient_scope`, RFC 6750 §3.1).
    InsufficientScope {
        /// Every scope of the operation, also those the caller has: a client asks for exactly these.
        needs: Scopes,
    },
    /// Not by this caller, whatever scopes they have; for a tool, as if it did not exist.
    Denied,
    /// MCP has no such method, and no rule names it.
    UnknownMethod,
}

/// The rules of one server: names known, none twice, no scope implying itself.
#[derive(Clone, Debug)]
pub struct Policy {
    scopes: Vec<ScopeRule>,
    tools: Rules,
    methods: Rules,
    unlisted: Unlisted,
}

impl Policy {
    /// Checks and keeps the rules.
    ///
    /// # Errors
    /// Every [`PolicyFault`]: a name given twice, an unknown scope, scopes that imply themselves, a
    /// rule that cannot be meant so.
    pub fn new(
        scopes: Vec<ScopeRule>,
        tools: Vec<Rule>,
        methods: Vec<Rule>,
        unlisted: Unlisted,
    ) -> Result<Self, Vec<PolicyFault>> {
        let known = scopes::names(&scopes);
        let mut faults = scopes::faults(&scopes);
        faults.extend(rules::faults(Kind::Tool, &tools, &known));
        faults.extend(rules::faults(Kind::Method, &methods, &known));
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self { scopes, tools: Rules::new(tools), methods: Rules::new(methods), unlisted })
    }

    /// Every scope of the server.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        scopes::names(&self.scopes)
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

    /// The rules for tools, by name.
    pub fn tools(&self) -> impl Iterator<Item = &Rule> {
        self.tools.iter()
    }

    /// What happens to other tools.
    #[must_use]
    pub const fn unlisted(&self) -> Unlisted {
        self.unlisted
    }

    /// `scopes` and everything they imply, at any distance.
    #[must_use]
    pub fn expand(&self, scopes: &Scopes) -> Scopes {
        scopes::expand(&self.scopes, scopes)
    }

    /// Whether `asker` may do it; none: no token is asked for here, so that no scope is asked for
    /// either, but what is for nobody or for somebody stays closed.
    #[must_use]
    pub fn verdict(&self, operation: Operation<'_>, asker: Option<&Asker<'_>>) -> Verdict {
        let rule = match operation {
            Operation::Tool(name) => self.tools.of(name),
            Operation::Method(name) => self.methods.of(name),
        };
        match (rule, operation) {
            (Some(rule), _) => self.by_rule(rule, asker),
            (None, Operation::Tool(_)) => self.by_default(),
            (None, Operation::Method(name)) if is_known(name) => Verdict::Allowed,
            (None, Operation::Method(_)) => Verdict::UnknownMethod,
        }
    }

    /// The verdict on whatever `rule` is for.
    #[must_use]
    pub fn by_rule(&self, rule: &Rule, asker: Option<&Asker<'_>>) -> Verdict {
        let Access::Those { needs, who, .. } = &rule.access else { return Verdict::Denied };
        let meant = |asker: &Asker<'_>| who.as_ref().is_none_or(|who| who.admits(asker));
        match asker {
            None if who.is_some() => Verdict::Denied,
            None => Verdict::Allowed,
            Some(asker) if !meant(asker) => Verdict::Denied,
            Some(asker) if self.gives(asker.scopes, needs) => Verdict::Allowed,
            Some(_) => Verdict::InsufficientScope { needs: needs.clone() },
        }
    }

    /// Mostly what is needed is held itself.
    fn gives(&self, held: &Scopes, needs: &Scopes) -> bool {
        held.covers(needs) || self.expand(held).covers(needs)
    }

    const fn by_default(&self) -> Verdict {
        match self.unlisted {
            Unlisted::Allow => Verdict::Allowed,
            Unlisted::Deny => Verdict::Denied,
        }
    }

    /// How often one person may call `tool`, and the name of the rule that says so: tools of one rule
    /// are counted together.
    #[must_use]
    pub fn limit_of(&self, tool: &str) -> Option<(&str, CallLimit)> {
        self.tools.of(tool).and_then(limit)
    }

    /// Every rule with a limit, by its name.
    pub fn limits(&self) -> impl Iterator<Item = (&str, CallLimit)> {
        self.tools.iter().filter_map(limit)
    }

    /// Whether some tool may be hidden from this caller.
    #[must_use]
    pub fn may_hide(&self, asker: Option<&Asker<'_>>) -> bool {
        self.unlisted == Unlisted::Deny
            || self.tools.iter().any(|rule| self.by_rule(rule, asker) != Verdict::Allowed)
    }
}

fn limit(rule: &Rule) -> Option<(&str, CallLimit)> {
    match &rule.access {
        Access::Those { limit, .. } => limit.map(|limit| (rule.name.as_str(), limit)),
        Access::Nobody => None,
    }
}
