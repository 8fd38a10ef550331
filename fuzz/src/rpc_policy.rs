//! What a JSON-RPC body may do: headers a line each, an empty line, the body.

use std::sync::LazyLock;

use countersign::{
    engine::policy::{Access, Asker, Policy, Rule, ScopeRule, Unlisted},
    gateway::fuzzing::judged,
    protocol::{
        id::{ClientId, UserId},
        scope::Scopes,
    },
};

use super::lenient::Lenient;

static POLICY: LazyLock<Policy> = LazyLock::new(policy);
static NOBODY: LazyLock<(Scopes, UserId, ClientId)> =
    LazyLock::new(|| (Scopes::default(), UserId::new("usr_1"), ClientId::new("app")));

/// Whoever has no scopes calls no guarded tool, in whatever way the server behind reads the body.
pub fn run(data: &[u8]) -> bool {
    let end = data.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((&[][..], data), |at| (&data[..at], &data[at + 2..]));
    let headers = super::headers(&String::from_utf8_lossy(head));
    let (scopes, user, client) = &*NOBODY;
    let nobody = Asker { scopes, user, email: None, client };
    let tokenless = judged(&POLICY, None, &headers, body);
    if tokenless.is_some() {
        assert!(!called(body).contains(&"wipe".to_owned()), "what is for nobody is nobody's");
    }
    let Some(asked) = judged(&POLICY, Some(&nobody), &headers, body) else { return false };
    assert_eq!(tokenless.as_ref(), Some(&asked), "a token takes nothing away");
    let called = called(body);
    assert!(!called.iter().any(|name| is_guarded(name)), "{called:?}");
    assert_eq!(called, asked.calls, "what is counted is what is called");
    for method in methods(body) {
        assert_ne!(method, "resources/read");
        let said = headers.get("mcp-method").map(|said| said.to_str().expect("it was compared"));
        assert!(said.is_none_or(|said| said == method), "header and body say the same");
    }
    true
}

fn is_guarded(tool: &str) -> bool {
    tool == "wipe" || tool == "read_data" || tool.starts_with("secure")
}

/// Every name of a tool that some reader finds called in `body`.
fn called(body: &[u8]) -> Vec<String> {
    let whole = read(body);
    let calls = whole.each().into_iter().filter(|message| {
        message.members("method").iter().any(|method| method.text() == Some("tools/call"))
    });
    let params = calls.flat_map(|message| message.members("params"));
    let names = params.flat_map(|params| params.members("name"));
    names.filter_map(Lenient::text).map(str::to_owned).collect()
}

fn methods(body: &[u8]) -> Vec<String> {
    let whole = read(body);
    let methods = whole.each().into_iter().flat_map(|message| message.members("method"));
    methods.filter_map(Lenient::text).map(str::to_owned).collect()
}

fn read(body: &[u8]) -> Lenient {
    serde_json::from_slice(body).expect("what was judged is JSON")
}

fn policy() -> Policy {
    let scopes = |text| Scopes::parse(text).expect("scopes");
    let scope = |name: &str, implies| ScopeRule {
        name: name.parse().expect("a scope"),
        says: "Says".to_owned(),
        implies: scopes(implies),
    };
    let tools = vec![
        Rule::needing("open", Scopes::default()),
        Rule::needing("read_data", scopes("read")),
        Rule::needing("secure*", scopes("admin")),
        Rule { name: "wipe".to_owned(), access: Access::Nobody },
    ];
    let methods = vec![Rule::needing("resources/read", scopes("read"))];
    let scopes = vec![scope("read", ""), scope("admin", "read")];
    Policy::new(scopes, tools, methods, Unlisted::Allow).expect("rules that hold")
}
