//! The explanation as text.

use std::fmt::Write as _;

use super::{Explained, ForClient, there::AtServer};
use crate::{
    cli::output::{BAD, GOOD, PLAIN, Table, facts, heading, paint, shown},
    protocol::scope::Scopes,
    provider::{
        policy::{Explanation, RuleKind},
        settings::ProviderSettings,
    },
};

pub(super) fn text(explained: &Explained, provider: &ProviderSettings) -> String {
    let person = &explained.person;
    let mut text = format!("{}\n\n", verdict(person));
    text.push_str(&facts(&[
        ("Provider", format!("{} ({})", provider.id, provider.label)),
        ("Name", or_none(person.name.as_ref())),
        ("E-mail", person.email.as_ref().map_or("none that is verified".to_owned(), Clone::clone)),
        ("Scopes", list(&person.scopes)),
    ]));
    let _ = write!(text, "\n{}", rules(person, provider).render());
    for server in &explained.servers {
        let _ = write!(text, "\n{}", there(server));
    }
    if let Some(client) = &explained.client {
        let _ = write!(text, "\n{}\n", for_client(client));
    }
    text
}

fn verdict(person: &Explanation) -> String {
    match &person.reason {
        None => paint(GOOD, "Admitted"),
        Some(reason) => paint(BAD, &shown(&format!("Not admitted: {reason}"))),
    }
}

fn rules(person: &Explanation, provider: &ProviderSettings) -> Table {
    let mut table = Table::new(["Rule", "Says", "Holds", "Gives"]);
    if provider.allow.is_empty() {
        let unverified = provider.allow_unverified_email;
        let says = if unverified { "everyone" } else { "whoever has a verified e-mail address" };
        let holds = unverified || person.email.is_some();
        table.row(
            style(holds),
            ["no [[allow]]".to_owned(), says.to_owned(), yes(holds), "entry".to_owned()],
        );
    }
    for rule in &person.rules {
        // "everyone admitted" does not hold for somebody who is not.
        let granted = rule.matched && person.admitted;
        let (name, holds, gives) = match rule.kind {
            RuleKind::Require => ("require", rule.matched, "needed by everyone".to_owned()),
            RuleKind::Allow => ("[[allow]]", rule.matched, "entry".to_owned()),
            RuleKind::Grant if person.admitted => ("[[grant]]", granted, list(&rule.scopes)),
            RuleKind::Grant => ("[[grant]]", granted, "nothing".to_owned()),
        };
        let name = format!("{name} {}", rule.number);
        table.row(style(holds), [name, rule.text.clone(), yes(holds), gives]);
    }
    table
}

fn there(server: &AtServer) -> String {
    let mut table = Table::new(["Tool", "Needs", "May call"]);
    for tool in &server.tools {
        let may =
            if tool.unless_named { "if `who` names them".to_owned() } else { yes(tool.allowed) };
        let cells = [tool.name.clone(), list(&tool.needs), may];
        table.row(style(tool.allowed), cells);
    }
    let (style, tool, may) = match server.other_tools {
        Some(others) => (style(others), "any other", yes(others)),
        None => (PLAIN, "any", "as it decides".to_owned()),
    };
    table.row(style, [tool.to_owned(), String::new(), may]);
    let token = if server.token { list(&server.granted) } else { "no token".to_owned() };
    let lines = [("Asked for", list(&server.asked)), ("Granted", token)];
    let title = heading(&format!("At {} ({})", server.name, server.url));
    format!("{title}\n{}\n{}", facts(&lines), table.render())
}

fn for_client(client: &ForClient) -> String {
    if !client.known {
        let text = format!("The client {} is not known here: it would be refused.", client.id);
        return paint(BAD, &shown(&text));
    }
    let refresh = if client.refresh_token { "and a refresh token" } else { "and no refresh token" };
    let name = client.name.as_deref().unwrap_or_default();
    shown(&format!("The client {} ({name}) would get an access token {refresh}.", client.id))
}

const fn style(good: bool) -> anstyle::Style {
    if good { PLAIN } else { crate::cli::output::DIM }
}

fn yes(good: bool) -> String {
    if good { "yes" } else { "no" }.to_owned()
}

fn list(scopes: &Scopes) -> String {
    if scopes.is_empty() { "none".to_owned() } else { scopes.to_string() }
}

fn or_none(text: Option<&String>) -> String {
    text.map_or("none".to_owned(), Clone::clone)
}
