//! Scopes only ever shrink: what claims give, what is asked for, and what a refresh asks for.

use countersign::{
    config::{Lookup, fuzzing::provider},
    engine::refresh::narrowed,
    protocol::{
        form::Params,
        issuer::Issuer,
        scope::{Scope, Scopes},
    },
    provider::policy::explain,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn scopes() -> impl Strategy<Value = Scopes> {
    prop::sample::subsequence(NAMES.to_vec(), 0..=4)
        .prop_map(|names| Scopes::parse(&names.join(" ")).expect("scopes"))
}

/// Rules of a provider file: for members of a group, these scopes.
fn grants() -> impl Strategy<Value = Vec<(u8, Scopes)>> {
    let some = scopes().prop_filter("a rule gives something", |scopes| !scopes.is_empty());
    prop::collection::vec((0_u8..4, some), 0..5)
}

fn groups() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::subsequence(vec![0, 1, 2, 3], 0..=4)
}

fn file(grants: &[(u8, Scopes)]) -> String {
    let rule = |(group, scopes): &(u8, Scopes)| {
        let names: Vec<&str> = scopes.iter().map(Scope::as_str).collect();
        format!(
            "[[grant]]\nscopes = {names:?}\nwhen = {{ claim = \"groups\", has = \"g{group}\" }}\n"
        )
    };
    let rules: String = grants.iter().map(rule).collect();
    format!(
        "kind = \"oidc\"\nissuer = \"https://id.example\"\nclient = {{ id = \"us\", secret = \"x\" }}\n{rules}"
    )
}

fn claims(groups: &[u8]) -> Value {
    let groups: Vec<String> = groups.iter().map(|group| format!("g{group}")).collect();
    json!({ "sub": "1", "email": "a@id.example", "email_verified": true, "groups": groups })
}

proptest! {
    #[test]
    fn claims_give_what_the_rules_that_hold_give_and_fewer_claims_never_more(
        grants in grants(), some in groups(), more in groups(),
    ) {
        let public_url = Issuer::parse("https://auth.example").expect("an issuer");
        let settings = provider(&file(&grants), &Lookup::default(), &public_url).expect("a good file");
        let given = |groups: &[u8]| explain(&settings, claims(groups).as_object().expect("claims")).scopes;
        let held = |groups: &[u8]| grants.iter().filter(|(group, _)| groups.contains(group))
            .fold(Scopes::default(), |all, (_, scopes)| all.union(scopes));
        let all: Vec<u8> = some.iter().chain(&more).copied().collect();
        prop_assert_eq!(given(&some), held(&some));
        prop_assert!(given(&all).covers(&given(&some)));
    }

    #[test]
    fn a_refresh_gives_what_it_asks_for_of_what_was_granted_or_nothing(
        granted in scopes(), asked in prop::option::of(scopes()),
    ) {
        let query = asked.as_ref().map_or_else(String::new, |asked| format!("scope={asked}").replace(' ', "+"));
        let params = Params::parse(&query).expect("parameters");
        match narrowed(&granted, &params) {
            Ok(given) => {
                prop_assert!(granted.covers(&given));
                let asked = asked.filter(|asked| !asked.is_empty());
                prop_assert_eq!(given, asked.unwrap_or(granted));
            }
            Err(_) => prop_assert!(!granted.covers(&asked.expect("it asked for something"))),
        }
    }

    #[test]
    fn an_intersection_of_scopes_is_in_both_and_a_union_covers_both(one in scopes(), other in scopes()) {
        let both = one.intersection(&other);
        prop_assert!(one.covers(&both) && other.covers(&both));
        let all = one.union(&other);
        prop_assert!(all.covers(&one) && all.covers(&other));
        prop_assert_eq!(all.difference(&other), one.difference(&other));
    }
}
