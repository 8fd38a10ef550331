//! One claim per test.

mod adapters;
mod firebase;
mod people;
mod policy;
mod settings;
mod shipped;

use serde_json::{Map, Value};

use super::settings::{ProviderSettings, SettingFault};
use crate::protocol::id::ProviderId;

const OIDC: &str = r#"
kind = "oidc"
issuer = "https://id.example.com"
client = { id = "us", secret = "hush-hush" }
"#;

const AUTH0: &str = r#"
kind = "auth0"
domain = "tenant.eu.auth0.com"
client = { id = "us", secret = "hush-hush" }
"#;

fn read(id: &str, text: &str) -> Result<ProviderSettings, Vec<SettingFault>> {
    ProviderSettings::from_file(ProviderId::new(id), toml::from_str(text).unwrap())
}

fn good(text: &str) -> ProviderSettings {
    read("corp", text).unwrap()
}

/// The keys of the faults of `base` with `more` below it.
fn faulty(base: &str, more: &str) -> Vec<String> {
    let faults = read("corp", &format!("{base}\n{more}")).unwrap_err();
    faults.into_iter().map(|fault| fault.key).collect()
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}
