//! A file's own examples: a mapping that no longer does what its author meant refuses to start.

use super::{
    fault::{Faults, SettingFault},
    file::{ExampleTable, Gives},
    policy::{Explanation, explain},
    rules,
    settings::ProviderSettings,
};

/// Runs every `[[example]]`; none of the faults quotes a claim.
#[must_use]
pub fn run_examples(settings: &ProviderSettings) -> Vec<SettingFault> {
    let mut faults = Faults::default();
    for (number, example) in (1..).zip(&settings.examples) {
        let key = format!("example[{number}]");
        run(settings, example, &key, &mut faults);
    }
    faults.into_result(()).err().unwrap_or_default()
}

fn run(settings: &ProviderSettings, example: &ExampleTable, key: &str, faults: &mut Faults) {
    if !example.claims.contains_key("sub") {
        faults.add(format!("{key}.claims"), "has no sub", "every ID token has one: sub = \"…\"");
        return;
    }
    let found = explain(settings, &example.claims);
    match (example.gives.refused, &example.gives.scopes) {
        (Some(true), None) => refused(&found, &example.gives, key, faults),
        (None | Some(false), Some(scopes)) => admitted(&found, scopes, &example.gives, key, faults),
        _ => faults.add(
            format!("{key}.gives"),
            "says neither or both of scopes and refused",
            "gives = { scopes = [\"read\"] } or gives = { refused = true }",
        ),
    }
}

fn refused(found: &Explanation, gives: &Gives, key: &str, faults: &mut Faults) {
    if found.admitted {
        let what = format!("should be refused, but is admitted with scopes \"{}\"", found.scopes);
        faults.add(key, what, REMEDY);
    }
    if gives.user.is_some() {
        faults.add(format!("{key}.gives.user"), "nobody comes out of a refusal", "remove user");
    }
}

fn admitted(found: &Explanation, texts: &[String], gives: &Gives, key: &str, faults: &mut Faults) {
    if let Some(reason) = &found.reason {
        faults.add(key, format!("should be admitted, but is refused: {reason}"), REMEDY);
        return;
    }
    let wanted = if texts.is_empty() {
        crate::protocol::scope::Scopes::default()
    } else {
        rules::scopes(texts, &format!("{key}.gives.scopes"), faults)
    };
    if wanted != found.scopes {
        let what = format!("should give scopes \"{wanted}\", but gives \"{}\"", found.scopes);
        faults.add(key, what, REMEDY);
    }
    let Some(user) = &gives.user else { return };
    let pairs = [("name", &user.name, &found.name), ("email", &user.email, &found.email)];
    for (what, wanted, found) in pairs {
        if wanted.is_some() && wanted != found {
            let what = format!("should give another {what} than comes out");
            faults.add(format!("{key}.gives.user"), what, REMEDY);
        }
    }
}

const REMEDY: &str = "correct the rules, or the example if it no longer says what you mean";
