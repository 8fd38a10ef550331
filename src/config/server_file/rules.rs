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
    let whole = tools.1 && methods.1;
    let policy = Policy::new(scopes, tools.0, methods.0, unlisted);
    let policy = policy.map_err(|faults| tell(file, raw, faults)).ok().filter(|_| whole)?;
    let examples = examples?;
    let broken = policy.broken_examples(&examples);
    tell(file, raw, broken);
    Some((policy, examples))
}

/// Each rule, and whether all are good; for one at fault, a rule for nobody, so that the faults of the
/// others are told too.
fn rules(file: &mut TomlFile<'_>, tables: &[Spanned<RuleTable>]) -> (Vec<Rule>, bool) {
    let mut whole = true;
    let rules = tables.iter().map(|table| {
        let access = access(file, table);
        whole &= access.is_some();
        let name = table.get_ref().name.clone();
        Rule { name, access: access.unwrap_or(Access::Nobody) }
    });
    (rules.collect(), whole)
}

fn access(file: &mut TomlFile<'_>, table: &Spanned<RuleTable>) -> Option<Access> {
    let (at, table) = (table.span().start, table.get_ref());
    if table.deny { nobody(file, table) } else { those(file, at, table) }
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
