//! The rules of a server file, and its examples.

use toml::Spanned;

use crate::{
    config::toml_file::TomlFile,
    engine::policy::{
        Access, Entry, Policy, PolicyFault, Rule, ScopeRule, ServerExample, Unlisted, Who,
    },
};

use super::{
    checks,
    table::{ExampleTable, RuleTable, ServerFile},
};

/// Reads the rules, and the examples that hold them to what their author meant.
pub(super) fn read(
    file: &mut TomlFile<'_>,
    raw: &ServerFile,
) -> Option<(Policy, Vec<ServerExample>)> {
    let scopes = raw.scope.iter().map(|table| ScopeRule::from(table.get_ref())).collect();
    let tools = rules(file, &raw.tool);
    let methods = rules(file, &raw.method);
    let examples = examples(file, &raw.example);
    let unlisted = raw.unlisted.as_ref().map_or(Unlisted::Allow, |word| (*word.get_ref()).into());
    let whole = tools.iter().chain(&methods).all(Result::is_ok);
    let policy = Policy::new(scopes, stood_in(tools), stood_in(methods), unlisted);
    let policy = policy.map_err(|faults| tell(file, raw, faults)).ok().filter(|_| whole)?;
    let examples = examples?;
    let broken = policy.broken_examples(&examples);
    tell(file, raw, broken);
    Some((policy, examples))
}

/// Each rule; for one that is at fault, one for nobody, so that the faults of the others are told too.
fn rules(file: &mut TomlFile<'_>, tables: &[Spanned<RuleTable>]) -> Vec<Result<Rule, Rule>> {
    tables.iter().map(|table| rule(file, table)).collect()
}

fn stood_in(rules: Vec<Result<Rule, Rule>>) -> Vec<Rule> {
    rules.into_iter().map(|rule| rule.unwrap_or_else(|stand_in| stand_in)).collect()
}

fn rule(file: &mut TomlFile<'_>, table: &Spanned<RuleTable>) -> Result<Rule, Rule> {
    let (at, table) = (table.span().start, table.get_ref());
    let rule = |access| Rule { name: table.name.clone(), access };
    let access = if table.deny { nobody(file, table) } else { those(file, at, table) };
    access.map(rule).ok_or_else(|| rule(Access::Nobody))
}

/// Where nobody may, whatever else the rule asks for would never be asked.
fn nobody(file: &mut TomlFile<'_>, table: &RuleTable) -> Option<Access> {
    let given = [
        ("needs", table.needs.as_ref().map(|needs| needs.span().start)),
        ("limit", table.limit.as_ref().map(|limit| limit.span().start)),
        ("who", table.who.as_ref().map(|who| who.span().start)),
    ];
    let given = given.into_iter().filter_map(|(key, at)| Some((key, at?))).collect::<Vec<_>>();
    for (key, at) in &given {
        let what = format!("`{key}` stands beside deny = true, which is for nobody");
        file.fault(*at, what, format!("remove {key}, or remove deny"));
    }
    given.is_empty().then_some(Access::Nobody)
}

/// There is no default for `needs`: forgotten, it would open the tool.
fn those(file: &mut TomlFile<'_>, at: usize, table: &RuleTable) -> Option<Access> {
    if table.needs.is_none() {
        let remedy = "add needs = […], [] for no scope; or deny = true";
        file.fault(at, "`needs` is missing", remedy);
    }
    let limit = checks::limit(file, table.limit.as_ref());
    if table.limit.is_some() && limit.is_none() {
        return None;
    }
    let needs = table.needs.as_ref()?.get_ref().iter().cloned().collect();
    let who = table.who.as_ref().map(|who| Who::from(who.get_ref()));
    Some(Access::Those { needs, who, limit })
}

fn examples(
    file: &mut TomlFile<'_>,
    tables: &[Spanned<ExampleTable>],
) -> Option<Vec<ServerExample>> {
    let read: Vec<_> = tables.iter().map(|table| example(file, table)).collect();
    read.into_iter().collect()
}

fn example(file: &mut TomlFile<'_>, table: &Spanned<ExampleTable>) -> Option<ServerExample> {
    let (at, table) = (table.span().start, table.get_ref());
    let Some(asks) = table.asks() else {
        let remedy = "write tool = \"…\", or method = \"…\" for another method";
        file.fault(at, "the example does not ask for one tool or one method", remedy);
        return None;
    };
    Some(ServerExample { caller: (&table.caller).into(), asks, gives: table.gives.into() })
}

/// Puts faults of the rules at the lines of their entries.
fn tell(file: &mut TomlFile<'_>, raw: &ServerFile, faults: Vec<PolicyFault>) {
    for fault in faults {
        let span = match fault.entry {
            Entry::Scope(at) => raw.scope.get(at).map(Spanned::span),
            Entry::Tool(at) => raw.tool.get(at).map(Spanned::span),
            Entry::Method(at) => raw.method.get(at).map(Spanned::span),
            Entry::Example(at) => raw.example.get(at).map(Spanned::span),
        };
        file.fault(span.map_or(0, |span| span.start), fault.what, fault.remedy);
    }
}
