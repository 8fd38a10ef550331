//! Rules of a server, whatever they are.

use countersign::{
    engine::policy::{Access, Asker, Operation, Policy, Rule, ScopeRule, Unlisted, Verdict, Who},
    protocol::{
        id::{ClientId, UserId},
        scope::Scopes,
    },
};
use proptest::prelude::*;

const SCOPES: [&str; 4] = ["a", "b", "c", "d"];

fn scopes() -> impl Strategy<Value = Scopes> {
    prop::sample::subsequence(SCOPES.to_vec(), 0..=4)
        .prop_map(|names| Scopes::parse(&names.join(" ")).expect("scopes"))
}

/// Each implies some of those after it: no rings.
fn hierarchy() -> impl Strategy<Value = Vec<ScopeRule>> {
    prop::collection::vec(scopes(), 4).prop_map(|implied| {
        let rule = |(at, implied): (usize, Scopes)| ScopeRule {
            name: SCOPES[at].parse().expect("a scope"),
            says: "Says".to_owned(),
            implies: implied
                .intersection(&Scopes::parse(&SCOPES[at + 1..].join(" ")).expect("scopes")),
        };
        implied.into_iter().enumerate().map(rule).collect()
    })
}

fn access() -> impl Strategy<Value = Access> {
    let who = prop_oneof![
        2 => Just(None),
        1 => Just(Some(Who { users: [UserId::new("u1")].into(), ..Who::default() })),
        1 => Just(Some(Who { email_domains: ["x.example".to_owned()].into(), ..Who::default() })),
    ];
    let those = (scopes(), who).prop_map(|(needs, who)| Access::Those { needs, who, limit: None });
    prop_oneof![1 => Just(Access::Nobody), 4 => those]
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    prop::collection::btree_map("[ab]{0,3}\\*|[ab]{1,3}", access(), 0..6)
        .prop_map(|rules| rules.into_iter().map(|(name, access)| Rule { name, access }).collect())
}

fn policy() -> impl Strategy<Value = Policy> {
    let unlisted = prop_oneof![Just(Unlisted::Allow), Just(Unlisted::Deny)];
    (hierarchy(), rules(), rules(), unlisted).prop_map(|(scopes, tools, methods, unlisted)| {
        Policy::new(scopes, tools, methods, unlisted).expect("rules that hold")
    })
}

#[derive(Clone, Debug)]
struct Person {
    user: UserId,
    email: Option<String>,
    client: ClientId,
}

impl Person {
    fn with<'a>(&'a self, scopes: &'a Scopes) -> Asker<'a> {
        Asker { scopes, user: &self.user, email: self.email.as_deref(), client: &self.client }
    }
}

fn person() -> impl Strategy<Value = Person> {
    let email = prop::option::of("[a-z]@[xX]\\.example|[a-z]@y\\.example");
    ("u[12]", email).prop_map(|(user, email)| Person {
        user: UserId::new(user),
        email,
        client: ClientId::new("c"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn more_scopes_never_take_anything_away(
        policy in policy(), person in person(), few in scopes(), more in scopes(), name in "[abc]{0,4}",
    ) {
        let all = few.union(&more);
        for operation in [Operation::Tool(&name), Operation::Method(&name)] {
            let before = policy.verdict(operation, Some(&person.with(&few)));
            let after = policy.verdict(operation, Some(&person.with(&all)));
            match before {
                Verdict::Allowed | Verdict::Denied | Verdict::UnknownMethod => {
                    prop_assert_eq!(after, before);
                }
                Verdict::InsufficientScope { needs } => {
                    let now = policy.verdict(operation, Some(&person.with(&needs)));
                    prop_assert_eq!(now, Verdict::Allowed, "who has what was asked for is let through");
                }
            }
        }
    }

    #[test]
    fn a_tool_for_nobody_is_nobodys(
        policy in policy(), person in person(), scopes in scopes(), name in "[ab]{1,3}",
    ) {
        let denied: Vec<_> = policy.tools().filter(|rule| rule.access == Access::Nobody).collect();
        for rule in denied {
            let exact = rule.name.strip_suffix('*').is_none();
            if exact || rule.name.strip_suffix('*') == Some(&name) && policy.tools().all(|other| other.name != name) {
                let tool = Operation::Tool(if exact { &rule.name } else { &name });
                prop_assert_eq!(policy.verdict(tool, Some(&person.with(&scopes))), Verdict::Denied);
                prop_assert_eq!(policy.verdict(tool, None), Verdict::Denied);
            }
        }
    }

    #[test]
    fn the_rule_of_the_name_decides_or_else_of_its_longest_beginning(
        policy in policy(), person in person(), scopes in scopes(), name in "[abc]{0,4}",
    ) {
        let asker = person.with(&scopes);
        let exact = policy.tools().find(|rule| rule.name == name);
        let beginnings = (0..=name.len()).rev().map(|end| format!("{}*", &name[..end]));
        let nearest = || beginnings.into_iter().find_map(|it| policy.tools().find(|rule| rule.name == it));
        let expected = match exact.or_else(nearest) {
            Some(rule) => policy.by_rule(rule, Some(&asker)),
            None if policy.unlisted() == Unlisted::Allow => Verdict::Allowed,
            None => Verdict::Denied,
        };
        prop_assert_eq!(policy.verdict(Operation::Tool(&name), Some(&asker)), expected);
    }

    #[test]
    fn nothing_is_hidden_from_whom_every_tool_is_open(
        policy in policy(), person in person(), scopes in scopes(), names in prop::collection::vec("[abc]{0,4}", 9),
    ) {
        let asker = person.with(&scopes);
        for asker in [Some(&asker), None] {
            let hidden = |name: &String| policy.verdict(Operation::Tool(name), asker) != Verdict::Allowed;
            prop_assert!(policy.may_hide(asker) || !names.iter().any(hidden));
        }
    }
}
