//! Rules and examples.

use std::time::Duration;

use super::*;
use crate::engine::policy::CallLimit;

#[test]
fn rules_that_do_not_fit_are_told_at_their_lines() {
    let text = format!(
        "{GOOD}[[scope]]\nname = \"a\"\nsays = \"A\"\nimplies = [\"b\"]\n[[tool]]\nname = \"t\"\nneeds = [\"c\"]\n"
    );
    assert_eq!(lines(&text), [4, 8]);
}

#[test]
fn an_example_that_no_longer_holds_is_told_at_its_line() {
    let text = format!(
        "{GOOD}unlisted = \"deny\"\n[[example]]\ncaller = {{ scopes = [] }}\ntool = \"t\"\ngives = \"allowed\"\n"
    );
    assert_eq!(lines(&text), [5]);
}

#[test]
fn a_tool_that_forgets_its_needs_is_refused() {
    assert_eq!(lines(&format!("{GOOD}[[tool]]\nname = \"t\"\n")), [4]);
}

#[test]
fn a_rule_says_for_whom_and_how_often() {
    let server = good(&format!(
        "{GOOD}limit = {{ per_user = \"100/60m\" }}\n[[tool]]\nname = \"a*\"\nneeds = []\nlimit = {{ per_user = \"5/1m\" }}\nwho = {{ email_domains = [\"corp.example\"] }}\n[[tool]]\nname = \"b\"\ndeny = true\n[[method]]\nname = \"vendor/*\"\nneeds = []\n"
    ));
    let minute = CallLimit { calls: 5, window: Duration::from_mins(1) };
    assert_eq!(server.limit, Some(CallLimit { calls: 100, window: Duration::from_hours(1) }));
    assert_eq!(server.policy.limit_of("abc"), Some(("a*", minute)));
    let mut caller = ExampleCaller::with(Scopes::default());
    let verdict =
        |caller: &ExampleCaller, operation| server.verdict(operation, Some(&caller.asker()));
    assert_eq!(verdict(&caller, Operation::Tool("abc")), Verdict::Denied);
    assert_eq!(verdict(&caller, Operation::Tool("b")), Verdict::Denied);
    assert_eq!(verdict(&caller, Operation::Method("vendor/x")), Verdict::Allowed);
    caller.email = Some("x@corp.example".to_owned());
    assert_eq!(verdict(&caller, Operation::Tool("abc")), Verdict::Allowed);
}

#[test]
fn what_stands_beside_deny_is_refused_each_at_its_line() {
    let text = format!(
        "{GOOD}[[tool]]\nname = \"t\"\ndeny = true\nneeds = []\nlimit = {{ per_user = \"5/1m\" }}\nwho = {{ users = [\"u\"] }}\n"
    );
    assert_eq!(lines(&text), [7, 8, 9]);
    assert_eq!(lines(&format!("{GOOD}[[tool]]\nname = \"t\"\ndeny = false\n")), [4]);
}

#[test]
fn every_fault_of_the_rules_is_told_at_once() {
    let text = format!(
        "{GOOD}limit = {{ per_user = \"often\" }}\n[[tool]]\nname = \"t\"\nneeds = []\nlimit = {{ per_user = \"0/1m\" }}\n[[tool]]\nname = \"t\"\nneeds = [\"x\"]\nwho = {{}}\n[[method]]\nname = \"tools/call\"\n[[example]]\ncaller = {{ scopes = [] }}\ngives = \"denied\"\n"
    );
    let told = faults_at(&text, true);
    let lines: Vec<_> = told.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [4, 8, 9, 9, 9, 13, 13, 15], "{told:?}");
}

#[test]
fn an_example_asks_for_a_tool_or_a_method() {
    let example = |asks: &str, gives: &str| {
        lines(&format!(
            "{GOOD}[[example]]\ncaller = {{ scopes = [], user = \"u\", email = \"a@b\", client = \"c\" }}\n{asks}\ngives = \"{gives}\"\n"
        ))
    };
    assert_eq!(example("tool = \"t\"", "allowed"), [0_usize; 0]);
    assert_eq!(example("method = \"ping\"", "allowed"), [0_usize; 0]);
    assert_eq!(example("method = \"vendor/x\"", "unknown_method"), [0_usize; 0]);
    assert_eq!(example("method = \"vendor/x\"", "denied"), [4]);
    assert_eq!(example("method = \"tools/call\"", "allowed"), [4]);
    assert_eq!(example("tool = \"t\"\nmethod = \"ping\"", "allowed"), [4]);
    assert_eq!(example("", "allowed"), [4]);
    assert_eq!(example("tool = \"t\"", "unknown"), [7]);
}
