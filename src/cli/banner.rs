//! What the service says when it is ready: where it is, who can sign in, how to connect.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    faults,
    output::{self, BAD, GOOD, PLAIN, WARN, count, facts, heading, paint, shown},
};
use crate::{
    app,
    config::{Config, DatabaseUrl},
    engine::policy::{ServerSettings, Upstream},
    provider::{
        file::Kind,
        policy::{Explanation, explain},
        settings::ProviderSettings,
    },
};

/// The banner.
pub(super) fn text(config: &Config) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let ready = format!("Countersign {version} is ready at {}", config.public_url);
    let mut text = format!("\n{}\n\n{}", paint(GOOD, &ready), facts(&where_it_is(config)));
    text.push_str(&people(config));
    for server in config.servers.iter().take(1) {
        text.push_str(&connect(server));
    }
    for note in &config.notes {
        text.push_str(&paint(WARN, &faults::one(note)));
    }
    text.push_str(&warning(config));
    text.extend(config.providers.iter().filter_map(emulator));
    text
}

/// The same for programs.
pub(super) fn json(config: &Config) -> Value {
    let server = |server: &ServerSettings| json!({ "id": server.id, "name": server.name, "url": server.resource });
    let provider = |it: &ProviderSettings| json!({ "id": it.id, "label": it.label });
    json!({
        "ready": true,
        "version": env!("CARGO_PKG_VERSION"),
        "public_url": config.public_url,
        "servers": config.servers.iter().map(server).collect::<Vec<_>>(),
        "providers": config.providers.iter().map(provider).collect::<Vec<_>>(),
        "development": config.dev.is_some(),
        "notes": config.notes,
    })
}

/// The database in words.
pub(super) fn database(config: &Config) -> String {
    match &config.database {
        DatabaseUrl::SqliteFile(path) => shorn(path),
        DatabaseUrl::SqliteMemory => "in memory: everything is forgotten at the end".to_owned(),
        DatabaseUrl::Postgres(address) => address.to_string(),
    }
}

/// Without the `./` that the default root puts in front.
pub(super) fn shorn(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

fn where_it_is(config: &Config) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Listening", config.listen.text.clone()), ("Database", database(config))];
    for server in &config.servers {
        let behind = behind(&server.upstream);
        lines.push(("MCP server", format!("{} ({}{behind})", server.resource, server.name)));
    }
    for provider in config.providers.iter().filter(|provider| provider.kind != Kind::Dev) {
        lines.push(("Sign in at", format!("{} ({})", provider.label, provider.discovery_issuer())));
    }
    lines
}

/// What answers, where it is not built in.
fn behind(upstream: &Upstream) -> String {
    match upstream {
        Upstream::Http(url) => format!(", at {url}"),
        Upstream::Stdio(command) => format!(", the program {}", command.program),
        Upstream::Elsewhere => ", which guards itself".to_owned(),
        Upstream::Demo => String::new(),
    }
}

/// The people of the development identity provider, and what each may do.
fn people(config: &Config) -> String {
    let provider = config.providers.iter().find(|provider| provider.kind == Kind::Dev);
    let (Some(provider), Some(dev)) = (provider, &config.dev) else { return String::new() };
    let mut table = output::Table::new(["Sign in as", "and may", ""]);
    for user in &dev.users {
        let found = explain(provider, &user.token_claims());
        let (style, may) =
            if found.admitted { (PLAIN, may(&found)) } else { (BAD, refused(&found)) };
        table.row(style, [user.name.clone(), may, user.email.clone()]);
    }
    format!("\n{}", table.render())
}

fn may(found: &Explanation) -> String {
    if found.scopes.is_empty() { "sign in".to_owned() } else { found.scopes.to_string() }
}

fn refused(found: &Explanation) -> String {
    let why = found.reason.as_ref().map_or("", |reason| reason.code());
    format!("not enter: {why}")
}

fn connect(server: &ServerSettings) -> String {
    let mut lines = app::connect_lines(server);
    lines.push(("or just", format!("countersign login --server {}", server.id)));
    format!("\n  {}\n{}", heading(&format!("Connect to {}", server.name)), facts(&lines))
}

/// Nobody signs the emulator's tokens: whoever reaches us is whoever they like.
fn emulator(provider: &ProviderSettings) -> Option<String> {
    let at = provider.firebase.as_deref()?.emulator.as_ref()?;
    let loud = format!(
        "EMULATOR ONLY: providers/{}.toml believes the unsigned tokens of the Firebase emulator at {at}.",
        provider.id
    );
    let remedy = "Anybody on this machine signs in as anybody. Remove emulator before real use.";
    Some(format!("\n  {}\n  {}\n", paint(WARN, &shown(&loud)), paint(WARN, remedy)))
}

/// Whoever reaches the development provider is whoever they like.
fn warning(config: &Config) -> String {
    let Some(dev) = &config.dev else { return String::new() };
    let users = count(dev.users.len(), "made-up person", "made-up people");
    let loud = format!(
        "DEVELOPMENT ONLY: at {} anybody on this machine signs in as any of {users}.",
        dev.issuer
    );
    let remedy = "Before anybody else uses it, name a real provider in COUNTERSIGN_PROVIDERS.";
    format!("\n  {}\n  {}\n", paint(WARN, &shown(&loud)), paint(WARN, remedy))
}
