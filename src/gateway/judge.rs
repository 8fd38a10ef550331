//! From the messages of one request to what they ask for, or to a refusal: every element of a batch
//! is judged, and every scope that is lacking is named at once.

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::{
    engine::policy::{Asker, Operation, Policy, Verdict},
    gateway::{message::Message, refused::Refused},
    guard::{Caller, GuardRefusal},
    protocol::scope::Scopes,
};

/// What an admitted request asks for; the server behind finds it among the request's extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whether it opens a session, of the protocol's older eras.
    pub opens_session: bool,
    /// The tools it calls, once per call.
    pub calls: Vec<String>,
    /// Whether it asks for the list of tools.
    pub lists_tools: bool,
    /// Whether it opens a stream of notifications (`subscriptions/listen`).
    pub listens: bool,
    /// The id to answer to; null for a batch, and where none is asked for.
    pub id: Value,
}

/// Judges every message of a request. Without somebody who asks, where no token is asked for, no scope is
/// missing, but everything else holds.
pub(super) fn judge(
    policy: &Policy,
    person: Option<&Asker<'_>>,
    headers: &HeaderMap,
    messages: &[Message],
) -> Result<Asked, Refused> {
    let mut asked = Asked { id: sole_id(messages), ..Asked::default() };
    let mut lacking = Scopes::default();
    for message in messages {
        let id = || message.id.clone().unwrap_or_default();
        let unfit = |unfit| Refused::Unfit(unfit, id());
        message.agrees_with(headers).map_err(unfit)?;
        let Some(operation) = message.operation().map_err(unfit)? else { continue };
        match policy.verdict(operation, person) {
            Verdict::Allowed => asked.note(operation),
            Verdict::InsufficientScope { needs } => lacking = lacking.union(&needs),
            Verdict::Denied => return Err(Refused::Denied(id())),
            Verdict::UnknownMethod => {
                return Err(Refused::UnknownMethod(unknown_status(headers, messages), id()));
            }
        }
    }
    if lacking.is_empty() {
        return Ok(asked);
    }
    Err(Refused::Guard(GuardRefusal::InsufficientScope(lacking)))
}

fn sole_id(messages: &[Message]) -> Value {
    match messages {
        [only] => only.id.clone().unwrap_or_default(),
        _ => Value::Null,
    }
}

pub(super) fn asker(caller: &Caller) -> Asker<'_> {
    let email = caller.claims().email.as_deref();
    Asker { scopes: caller.scopes(), user: caller.user(), email, client: caller.client() }
}

impl Asked {
    fn note(&mut self, operation: Operation<'_>) {
        match operation {
            Operation::Tool(name) => self.calls.push(name.to_owned()),
            Operation::Method("initialize") => self.opens_session = true,
            Operation::Method("tools/list") => self.lists_tools = true,
            Operation::Method("subscriptions/listen") => self.listens = true,
            Operation::Method(_) => {}
        }
    }
}

/// The status of "method not found". MCP 2026-07-28 wants 404. In the older eras 404 means that the
/// session is gone, and clients would open another one: there a request is answered like any server
/// answers it, 200 with the error in the body, and what has no answer of its own with 400.
fn unknown_status(headers: &HeaderMap, messages: &[Message]) -> StatusCode {
    let version = headers.get("MCP-Protocol-Version").and_then(|value| value.to_str().ok());
    match messages {
        _ if version.is_some_and(|version| version >= STATELESS) => StatusCode::NOT_FOUND,
        [Message { id: Some(_), .. }] => StatusCode::OK,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// The first version without sessions. Versions are dates, and sort as text.
const STATELESS: &str = "2026-07-28";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::policy::{Access, Rule, Unlisted},
        gateway::message::Unfit,
    };

    /// Judged where no token is asked for.
    fn judged(body: &str, headers: &[(&'static str, &'static str)]) -> Result<Asked, Refused> {
        let wipe = Rule { name: "wipe".to_owned(), access: Access::Nobody };
        let policy = Policy::new(vec![], vec![wipe], vec![], Unlisted::Allow).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        judge(&policy, None, &map, &Message::read_all(body.as_bytes()).unwrap())
    }

    #[test]
    fn what_is_asked_for_is_known_further_on() {
        let asked = judged(
            r#"[{"id":1,"method":"tools/call","params":{"name":"a"}},{"method":"tools/list","id":2},
                {"id":3,"method":"tools/call","params":{"name":"a"}},{"id":4,"result":{}},
                {"id":5,"method":"subscriptions/listen"}]"#,
            &[],
        );
        let calls = vec!["a".to_owned(), "a".to_owned()];
        let expected = Asked {
            opens_session: false,
            calls,
            lists_tools: true,
            listens: true,
            id: Value::Null,
        };
        assert_eq!(asked.ok(), Some(expected));
        let opened = judged(r#"{"id":1,"method":"initialize"}"#, &[]).ok();
        assert_eq!(opened, Some(Asked { opens_session: true, id: 1.into(), ..Asked::default() }));
        assert_eq!(judged(r#"{"id":null,"result":{}}"#, &[]).ok(), Some(Asked::default()));
    }

    #[test]
    fn without_a_token_denials_unknown_methods_and_contradictions_are_refused_all_the_same() {
        let wipe = r#"{"id":1,"method":"tools/call","params":{"name":"wipe"}}"#;
        assert!(matches!(judged(wipe, &[]), Err(Refused::Denied(_))));
        let unknown = judged(r#"{"id":1,"method":"x"}"#, &[]);
        assert!(matches!(unknown, Err(Refused::UnknownMethod(StatusCode::OK, _))));
        let contradicted = judged(r#"{"id":1,"method":"ping"}"#, &[("mcp-method", "tools/list")]);
        assert!(matches!(contradicted, Err(Refused::Unfit(Unfit::Mismatch("Mcp-Method"), _))));
    }

    #[test]
    fn each_message_of_a_batch_agrees_with_the_headers() {
        let batch = r#"[{"id":1,"method":"tools/call","params":{"name":"a"}},
            {"id":2,"method":"tools/call","params":{"name":"b"}}]"#;
        let headers = [("mcp-method", "tools/call"), ("mcp-name", "a")];
        assert!(matches!(
            judged(batch, &headers),
            Err(Refused::Unfit(Unfit::Mismatch("Mcp-Name"), _))
        ));
    }
}
