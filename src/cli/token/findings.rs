//! What an inspection found, in order.

use serde::Serialize;
use serde_json::json;

use crate::cli::output::{Answer, BAD, DIM, Exit, GOOD, PLAIN, Table, facts, heading, paint};

/// The findings about one token.
pub(super) struct Findings {
    kind: &'static str,
    is: &'static str,
    facts: Vec<(&'static str, String)>,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    #[serde(rename = "check")]
    name: &'static str,
    result: Outcome,
    says: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Ok,
    Refused,
    NotChecked,
}

impl Findings {
    /// Nothing found yet about a token of this kind.
    pub(super) const fn new(kind: &'static str, is: &'static str) -> Self {
        Self { kind, is, facts: Vec::new(), checks: Vec::new() }
    }

    /// Something the token says, believed.
    pub(super) fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.facts.push((name, value.into()));
    }

    /// A check that passed.
    pub(super) fn ok(&mut self, check: &'static str, says: impl Into<String>) {
        self.checks.push(Check { name: check, result: Outcome::Ok, says: says.into() });
    }

    /// A check that failed.
    pub(super) fn refused(&mut self, check: &'static str, says: impl Into<String>) {
        self.checks.push(Check { name: check, result: Outcome::Refused, says: says.into() });
    }

    /// Either.
    pub(super) fn judge(&mut self, check: &'static str, good: bool, says: [&str; 2]) {
        let [yes, no] = says;
        if good { self.ok(check, yes) } else { self.refused(check, no) }
    }

    /// A check that could not be made.
    pub(super) fn skipped(&mut self, check: &'static str, says: impl Into<String>) {
        self.checks.push(Check { name: check, result: Outcome::NotChecked, says: says.into() });
    }

    fn accepted(&self) -> bool {
        self.checks.iter().all(|check| check.result != Outcome::Refused)
    }

    /// The answer to print.
    pub(super) fn answer(&self) -> Answer {
        let facts: serde_json::Map<_, _> =
            self.facts.iter().map(|(name, value)| (key(name), json!(value))).collect();
        let (kind, accepted) = (self.kind, self.accepted());
        Answer {
            text: self.text(),
            json: json!({ "kind": kind, "accepted": accepted, "facts": facts, "checks": self.checks }),
            exit: if accepted { Exit::Good } else { Exit::Finding },
        }
    }

    fn text(&self) -> String {
        let verdict = if self.accepted() { paint(GOOD, "accepted") } else { paint(BAD, "refused") };
        let mut table = Table::new(["Check", "Result", ""]);
        for check in &self.checks {
            let (style, result) = match check.result {
                Outcome::Ok => (PLAIN, "ok"),
                Outcome::Refused => (BAD, "refused"),
                Outcome::NotChecked => (DIM, "not checked"),
            };
            table.row(style, [check.name.to_owned(), result.to_owned(), check.says.clone()]);
        }
        let mut text = format!("{}: {verdict}\n\n{}", heading(self.is), table.render());
        if !self.facts.is_empty() {
            text.push('\n');
            text.push_str(&facts(&self.facts));
        }
        text
    }
}

fn key(name: &str) -> String {
    name.to_ascii_lowercase().replace([' ', '-'], "_")
}
