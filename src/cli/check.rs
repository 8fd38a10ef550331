//! `countersign check`: the configuration, read as the service would read it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    banner, faults,
    output::{Answer, Exit, GOOD, PLAIN, Table, WARN, count, facts, paint},
    place::Place,
};
use crate::{
    config::{Config, Fault, MasterKeys},
    engine::policy::{Auth, ServerSettings},
    provider::settings::ProviderSettings,
};

/// Reads everything and runs every example; touches no network and writes nothing. Faults end with 2,
/// as they do at the start of the service.
pub(super) fn check(place: &Place) -> Answer {
    match place.read() {
        Ok(config) => Answer { text: summary(&config), json: good_json(&config), exit: Exit::Good },
        Err(found) => {
            Answer { text: faults::text(&found), json: bad_json(&found), exit: Exit::Misuse }
        }
    }
}

fn bad_json(faults: &[Fault]) -> Value {
    json!({ "good": false, "faults": faults })
}

fn summary(config: &Config) -> String {
    let mut text = format!("{}\n\n", paint(GOOD, "The configuration is good"));
    text.push_str(&facts(&basics(config)));
    let _ = write!(text, "\n{}\n{}", providers(config).render(), servers(config).render());
    for note in &config.notes {
        text.push_str(&paint(WARN, &faults::one(note)));
    }
    text
}

fn basics(config: &Config) -> Vec<(&'static str, String)> {
    let keys = match &config.master_keys {
        MasterKeys::Given(keys) => count(keys.len(), "key, given", "keys, given"),
        MasterKeys::File(path) if path.exists() => banner::shorn(path),
        MasterKeys::File(path) => format!("{} (made at the first start)", banner::shorn(path)),
    };
    let minutes = config.limits.access_token.as_secs() / 60;
    vec![
        ("Public URL", config.public_url.to_string()),
        ("Listening", config.listen.text.clone()),
        ("Database", banner::database(config)),
        ("Master key", keys),
        ("Tokens", format!("{}, {minutes} min", config.signing_algorithm)),
    ]
}

fn providers(config: &Config) -> Table {
    let header = ["Provider", "Issuer", "Allow rules", "Grant rules", "Examples that hold"];
    let mut table = Table::new(header);
    for it in &config.providers {
        let counts = [it.allow.len(), it.grants.len(), it.examples.len()];
        let [allow, grants, examples] = counts.map(|number| number.to_string());
        let issuer = it.discovery_issuer().to_owned();
        table.row(PLAIN, [it.id.to_string(), issuer, allow, grants, examples]);
    }
    table
}

fn servers(config: &Config) -> Table {
    let header = ["Server", "URL", "Scopes", "Tool rules", "Examples that hold"];
    let mut table = Table::new(header);
    for it in &config.servers {
        let (scopes, tools) = (it.scopes().iter().count(), it.policy.tools().count());
        let [scopes, tools, examples] =
            [scopes, tools, it.examples.len()].map(|number| number.to_string());
        table.row(PLAIN, [it.id.to_string(), it.resource.to_string(), scopes, tools, examples]);
    }
    table
}

fn good_json(config: &Config) -> Value {
    json!({
        "good": true,
        "faults": [],
        "public_url": config.public_url,
        "listen": config.listen.text,
        "providers": config.providers.iter().map(provider_json).collect::<Vec<_>>(),
        "servers": config.servers.iter().map(server_json).collect::<Vec<_>>(),
        "notes": config.notes,
    })
}

fn provider_json(it: &ProviderSettings) -> Value {
    json!({
        "id": it.id,
        "label": it.label,
        "issuers": it.issuers,
        "allow": it.allow.len(),
        "grants": it.grants.len(),
        "examples": it.examples.len(),
    })
}

fn server_json(it: &ServerSettings) -> Value {
    json!({
        "id": it.id,
        "name": it.name,
        "url": it.resource,
        "asks_for_a_token": it.auth == Auth::Required,
        "scopes": it.scopes(),
        "tools": it.policy.tools().map(|rule| &rule.name).collect::<Vec<_>>(),
        "examples": it.examples.len(),
    })
}
