//! What a file may not say.

use super::*;

#[test]
fn unknown_double_and_circular_names_are_refused_all_at_once() {
    let rules =
        vec![scope("a", "b"), scope("b", "a"), scope("c", "x"), scope("c", ""), scope("d", "d")];
    let tools = vec![rule("t", "y"), rule("t", "a")];
    let methods = vec![rule("m", "y"), rule("m", "a")];
    let faults = Policy::new(rules, tools, methods, Unlisted::Allow).unwrap_err();
    let entries: Vec<_> = faults.iter().map(|fault| fault.entry).collect();
    let expected = [
        Entry::Scope(3),
        Entry::Scope(2),
        Entry::Scope(0),
        Entry::Scope(4),
        Entry::Tool(0),
        Entry::Tool(1),
        Entry::Method(0),
        Entry::Method(1),
    ];
    assert_eq!(entries, expected);
}

fn fault(tools: Vec<Rule>, methods: Vec<Rule>) -> String {
    let faults = Policy::new(hierarchy(), tools, methods, Unlisted::Allow).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].to_string()
}

#[test]
fn a_rule_that_cannot_be_meant_so_is_refused() {
    assert!(fault(vec![rule("", "")], vec![]).contains("empty name"));
    assert!(fault(vec![rule("a*b", "")], vec![]).contains("a * before its end"));
    assert!(fault(vec![rule("a**", "")], vec![]).contains("a * before its end"));
    assert!(fault(vec![], vec![limited("ping", 1)]).contains("has a limit"));
    for name in ["tools/call", "tools/*", "tools/call*", "t*"] {
        assert!(fault(vec![], vec![rule(name, "")]).contains("covers tools/call"), "{name}");
    }
    methods(vec![rule("*", "read"), rule("tools/list", ""), rule("tools/calls", "")]);
}

#[test]
fn lists_that_name_no_one_are_refused() {
    let texts = |texts: &[&str]| texts.iter().copied().map(str::to_owned).collect();
    let emails = |list: &[&str]| Who { emails: texts(list), ..Who::default() };
    let domains = |list: &[&str]| Who { email_domains: texts(list), ..Who::default() };
    let wrong = [
        (Who::default(), "names no one"),
        (Who { users: [UserId::new("")].into(), ..Who::default() }, "empty id"),
        (Who { clients: [ClientId::new(" ")].into(), ..Who::default() }, "empty id"),
        (emails(&["ann"]), "\"ann\""),
        (emails(&["@example.com"]), "\"@example.com\""),
        (emails(&["ann@"]), "\"ann@\""),
        (domains(&["@example.com"]), "\"@example.com\""),
        (domains(&["*.example.com"]), "\"*.example.com\""),
        (domains(&["example.com", ""]), "\"\""),
        (domains(&[".example.com"]), "\".example.com\""),
        (domains(&["exam ple.com"]), "\"exam ple.com\""),
        (domains(&["example\u{7}.com"]), "among the e-mail domains"),
    ];
    for (who, why) in wrong {
        let told = fault(vec![only("t", "", who)], vec![]);
        assert!(told.contains(why), "{told}");
    }
}

fn example(caller: &str, asks: ExampleOperation, gives: Outcome) -> ServerExample {
    ServerExample { caller: ExampleCaller::with(scopes(caller)), asks, gives }
}

fn of_tool(caller: &str, tool: &str, gives: Outcome) -> ServerExample {
    example(caller, ExampleOperation::Tool(tool.to_owned()), gives)
}

fn of_method(caller: &str, method: &str, gives: Outcome) -> ServerExample {
    example(caller, ExampleOperation::Method(method.to_owned()), gives)
}

#[test]
fn examples_that_hold_say_nothing() {
    let policy = policy(
        vec![rule("look", "read"), only("deploy", "", who())],
        vec![rule("x", "read")],
        Unlisted::Deny,
    );
    let mut ann = of_tool("", "deploy", Outcome::Allowed);
    ann.caller.user = UserId::new("usr_ann");
    let mut bob = of_tool("", "deploy", Outcome::Allowed);
    bob.caller.email = Some("bob@example.com".to_owned());
    let good = [
        of_tool("read", "look", Outcome::Allowed),
        of_tool("", "look", Outcome::InsufficientScope),
        of_tool("read", "other", Outcome::Denied),
        of_tool("admin", "deploy", Outcome::Denied),
        of_method("", "x", Outcome::InsufficientScope),
        of_method("", "y", Outcome::UnknownMethod),
        ann,
        bob,
    ];
    assert_eq!(policy.broken_examples(&good), []);
}

#[test]
fn an_example_that_no_longer_holds_is_a_fault() {
    let policy = policy(vec![rule("look", "read")], vec![], Unlisted::Deny);
    let faults = policy.broken_examples(&[
        of_tool("read", "look", Outcome::Allowed),
        of_tool("read", "look", Outcome::Denied),
        of_tool("raed", "look", Outcome::InsufficientScope),
        of_method("", "ping", Outcome::UnknownMethod),
        of_method("", "tools/call", Outcome::Allowed),
    ]);
    let entries: Vec<_> = faults.iter().map(|fault| fault.entry).collect();
    assert_eq!(entries, [1, 2, 3, 4].map(Entry::Example));
}
