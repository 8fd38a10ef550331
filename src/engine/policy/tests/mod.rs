use std::time::Duration;

use crate::protocol::{
    id::{ClientId, UserId},
    scope::Scopes,
};

use super::*;

mod faults;

fn scopes(text: &str) -> Scopes {
    Scopes::parse(text).unwrap()
}

fn scope(name: &str, implies: &str) -> ScopeRule {
    ScopeRule { name: name.parse().unwrap(), says: name.to_owned(), implies: scopes(implies) }
}

fn rule(name: &str, needs: &str) -> Rule {
    Rule::needing(name, scopes(needs))
}

fn nobody(name: &str) -> Rule {
    Rule { name: name.to_owned(), access: Access::Nobody }
}

fn only(name: &str, needs: &str, who: Who) -> Rule {
    let access = Access::Those { needs: scopes(needs), who: Some(who), limit: None };
    Rule { name: name.to_owned(), access }
}

fn limited(name: &str, calls: u32) -> Rule {
    let limit = Some(CallLimit { calls, window: Duration::from_mins(1) });
    let access = Access::Those { needs: Scopes::default(), who: None, limit };
    Rule { name: name.to_owned(), access }
}

fn hierarchy() -> Vec<ScopeRule> {
    vec![scope("admin", "write"), scope("write", "read"), scope("read", "")]
}

fn policy(tools: Vec<Rule>, methods: Vec<Rule>, unlisted: Unlisted) -> Policy {
    Policy::new(hierarchy(), tools, methods, unlisted).unwrap()
}

fn tools(tools: Vec<Rule>) -> Policy {
    policy(tools, vec![], Unlisted::Allow)
}

fn methods(methods: Vec<Rule>) -> Policy {
    policy(vec![], methods, Unlisted::Allow)
}

fn call(policy: &Policy, tool: &str, caller: &str) -> Verdict {
    let caller = ExampleCaller::with(scopes(caller));
    policy.verdict(Operation::Tool(tool), Some(&caller.asker()))
}

fn ask(policy: &Policy, method: &str, caller: &str) -> Verdict {
    let caller = ExampleCaller::with(scopes(caller));
    policy.verdict(Operation::Method(method), Some(&caller.asker()))
}

fn lacking(needs: &str) -> Verdict {
    Verdict::InsufficientScope { needs: scopes(needs) }
}

#[test]
fn implied_scopes_are_held_at_any_distance() {
    let policy = tools(vec![rule("look", "read")]);
    assert_eq!(policy.expand(&scopes("admin")), scopes("admin write read"));
    assert_eq!(call(&policy, "look", "admin"), Verdict::Allowed);
}

#[test]
fn a_refusal_names_every_scope_of_the_operation() {
    let policy = tools(vec![rule("delete", "admin read")]);
    assert_eq!(call(&policy, "delete", "read"), lacking("admin read"));
}

#[test]
fn an_unlisted_tool_is_allowed_or_denied_as_the_file_says() {
    let rules = || vec![rule("look", "read"), rule("hello", "")];
    let (open, closed) = (tools(rules()), policy(rules(), vec![], Unlisted::Deny));
    assert_eq!(call(&open, "other", ""), Verdict::Allowed);
    assert_eq!(call(&closed, "other", "admin"), Verdict::Denied);
    assert_eq!(call(&closed, "Look", "read"), Verdict::Denied);
    assert_eq!(call(&closed, "hello", ""), Verdict::Allowed);
}

#[test]
fn the_exact_name_wins_and_then_the_longest_beginning() {
    let policy = tools(vec![
        rule("*", "read"),
        rule("file_*", "write"),
        nobody("file_delete_*"),
        rule("file_delete_draft", ""),
    ]);
    for (tool, expected) in [
        ("other", lacking("read")),
        ("", lacking("read")),
        ("file_", lacking("write")),
        ("file_read", lacking("write")),
        ("file_delete_", Verdict::Denied),
        ("file_delete_all", Verdict::Denied),
        ("file_delete_draft", Verdict::Allowed),
        ("file_delete_drafts", Verdict::Denied),
        ("file_*", lacking("write")),
    ] {
        assert_eq!(call(&policy, tool, ""), expected, "{tool}");
    }
}

#[test]
fn what_is_for_nobody_is_denied_with_every_scope_and_without_a_token() {
    let policy = policy(vec![nobody("wipe")], vec![nobody("resources/*")], Unlisted::Allow);
    assert_eq!(call(&policy, "wipe", "admin"), Verdict::Denied);
    assert_eq!(policy.verdict(Operation::Tool("wipe"), None), Verdict::Denied);
    assert_eq!(ask(&policy, "resources/read", "admin"), Verdict::Denied);
    assert_eq!(policy.verdict(Operation::Method("resources/list"), None), Verdict::Denied);
}

fn who() -> Who {
    Who {
        users: [UserId::new("usr_ann")].into(),
        emails: ["Bob@Example.com".to_owned()].into(),
        email_domains: ["corp.example".to_owned()].into(),
        clients: [ClientId::new("ci")].into(),
    }
}

#[test]
fn whoever_stands_in_any_list_is_meant_and_others_are_denied_not_challenged() {
    let policy = tools(vec![only("deploy", "write", who())]);
    let (all, none) = (scopes("admin"), Scopes::default());
    let (user, client) = (UserId::new("usr_x"), ClientId::new("c"));
    let other = Asker { scopes: &all, user: &user, email: None, client: &client };
    let deploys = |asker: &Asker<'_>| policy.verdict(Operation::Tool("deploy"), Some(asker));
    let (ann, ci) = (UserId::new("usr_ann"), ClientId::new("ci"));
    assert_eq!(deploys(&Asker { user: &ann, ..other }), Verdict::Allowed);
    assert_eq!(deploys(&Asker { client: &ci, ..other }), Verdict::Allowed);
    assert_eq!(deploys(&Asker { user: &ann, scopes: &none, ..other }), lacking("write"));
    assert_eq!(deploys(&other), Verdict::Denied);
    assert_eq!(deploys(&Asker { scopes: &none, ..other }), Verdict::Denied);
    assert_eq!(policy.verdict(Operation::Tool("deploy"), None), Verdict::Denied);
}

#[test]
fn an_address_is_meant_whole_or_by_what_follows_its_last_at_in_any_case() {
    let (scopes, user, client) = (Scopes::default(), UserId::new("u"), ClientId::new("c"));
    let admits = |email| {
        who().admits(&Asker { scopes: &scopes, user: &user, email: Some(email), client: &client })
    };
    for email in ["bob@example.com", "BOB@EXAMPLE.COM", "x@corp.example", "x@y@CORP.example"] {
        assert!(admits(email), "{email}");
    }
    for email in [
        "ann@example.com",
        "bob@example.com.evil",
        "x@sub.corp.example",
        "x@evilcorp.example",
        "x@corp.example@evil.example",
        "corp.example",
        "",
    ] {
        assert!(!admits(email), "{email}");
    }
}

#[test]
fn a_method_of_mcp_needs_no_rule_and_any_other_does() {
    let policy = methods(vec![rule("vendor/export", "read"), rule("resources/*", "read")]);
    for method in ["initialize", "ping", "tools/list", "tasks/result", "subscriptions/listen"] {
        assert_eq!(ask(&policy, method, ""), Verdict::Allowed, "{method}");
    }
    for method in ["vendor/import", "Tools/List", "tools", "sampling/createMessage", "", "ping "] {
        assert_eq!(ask(&policy, method, "admin"), Verdict::UnknownMethod, "{method}");
        assert_eq!(policy.verdict(Operation::Method(method), None), Verdict::UnknownMethod);
    }
    assert_eq!(ask(&policy, "vendor/export", "read"), Verdict::Allowed);
    assert_eq!(ask(&policy, "vendor/export", ""), lacking("read"));
    assert_eq!(ask(&policy, "resources/subscribe", ""), lacking("read"));
    assert_eq!(ask(&policy, "resources/of/a/vendor", "read"), Verdict::Allowed);
}

#[test]
fn without_a_token_no_scope_is_asked_for() {
    let policy = policy(vec![rule("look", "read")], vec![rule("x", "read")], Unlisted::Deny);
    assert_eq!(policy.verdict(Operation::Tool("look"), None), Verdict::Allowed);
    assert_eq!(policy.verdict(Operation::Method("x"), None), Verdict::Allowed);
    assert_eq!(policy.verdict(Operation::Tool("other"), None), Verdict::Denied);
}

#[test]
fn a_tool_is_counted_under_the_rule_that_is_for_it() {
    let policy = tools(vec![limited("file_*", 5), rule("file_read", ""), limited("send", 2)]);
    let limit_of = |tool| policy.limit_of(tool).map(|(rule, limit)| (rule, limit.calls));
    assert_eq!(limit_of("file_write"), Some(("file_*", 5)));
    assert_eq!(limit_of("file_read"), None);
    assert_eq!(limit_of("send"), Some(("send", 2)));
    assert_eq!(limit_of("other"), None);
    let all: Vec<_> = policy.limits().map(|(rule, limit)| (rule, limit.calls)).collect();
    assert_eq!(all, [("file_*", 5), ("send", 2)]);
}

#[test]
fn something_may_be_hidden_unless_every_rule_lets_the_caller_through() {
    let hides = |policy: &Policy, caller: &str| {
        let caller = ExampleCaller::with(scopes(caller));
        policy.may_hide(Some(&caller.asker()))
    };
    let plain = tools(vec![rule("look", "read")]);
    assert!(hides(&plain, "") && !hides(&plain, "admin") && !plain.may_hide(None));
    for tools_of in [vec![nobody("wipe")], vec![only("deploy", "", who())]] {
        let policy = tools(tools_of);
        assert!(hides(&policy, "admin") && policy.may_hide(None));
    }
    assert!(hides(&policy(vec![], vec![], Unlisted::Deny), "admin"));
}

#[test]
fn what_the_file_says_is_told_as_it_stands_there() {
    let policy = policy(vec![rule("look", "read"), nobody("wipe")], vec![], Unlisted::Deny);
    assert_eq!(policy.scopes(), scopes("admin write read"));
    assert_eq!(policy.scope_rules(), hierarchy());
    assert_eq!(policy.says(&"write".parse().unwrap()), Some("write"));
    assert_eq!(policy.says(&"other".parse().unwrap()), None);
    assert_eq!(policy.unlisted(), Unlisted::Deny);
    let names: Vec<_> = policy.tools().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["look", "wipe"]);
}
