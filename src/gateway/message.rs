//! The few members of a JSON-RPC message that authorization depends on, read so that nobody behind
//! us can read them differently.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use crate::engine::policy::{Operation, TOOLS_CALL};

/// One JSON-RPC message: a request, a notification, or a response (then without a method).
/// A member of this type that stands twice in the text makes the whole text unreadable.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    /// The id to answer to.
    #[serde(default)]
    pub(super) id: Option<Value>,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    params: Option<Params>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params {
    #[serde(default)]
    name: Option<Value>,
    #[serde(default)]
    uri: Option<Value>,
    #[serde(default)]
    task_id: Option<Value>,
}

/// Why a body is not acted upon. Displays as the JSON-RPC error's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// No JSON-RPC message, an ambiguous one, or an empty batch.
    #[error("The body is not one unambiguous JSON-RPC message, or a batch of them.")]
    Unreadable,
    /// A `tools/call` that names no tool.
    #[error("tools/call must name its tool: params.name is a string.")]
    NoTool,
    /// The headers that repeat the body (MCP 2026-07-28) say something else than the body.
    #[error("{0} does not agree with the body, or is sent twice.")]
    Mismatch(&'static str),
}

impl Unfit {
    /// The JSON-RPC error code.
    pub(super) const fn code(self) -> i32 {
        match self {
            Self::Unreadable => -32700,
            Self::NoTool => -32602,
            Self::Mismatch(_) => -32020,
        }
    }
}

impl Message {
    /// Reads a body: one message, or a batch of them (MCP 2025-03-26).
    pub(super) fn read_all(body: &[u8]) -> Result<Vec<Self>, Unfit> {
        let batch = body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[');
        let read = if batch {
            serde_json::from_slice(body)
        } else {
            serde_json::from_slice(body).map(|message| vec![message])
        };
        read.ok().filter(|messages: &Vec<Self>| !messages.is_empty()).ok_or(Unfit::Unreadable)
    }

    /// What this message asks for; a response asks for nothing.
    pub(super) fn operation(&self) -> Result<Option<Operation<'_>>, Unfit> {
        match self.method.as_deref() {
            None => Ok(None),
            Some(TOOLS_CALL) => {
                self.member("name").map(|name| Some(Operation::Tool(name))).ok_or(Unfit::NoTool)
            }
            Some(method) => Ok(Some(Operation::Method(method))),
        }
    }

    /// Whether `Mcp-Method` and `Mcp-Name`, where present, say what the message says.
    pub(super) fn agrees_with(&self, headers: &HeaderMap) -> Result<(), Unfit> {
        let Some(method) = self.method.as_deref() else { return Ok(()) };
        if sole(headers, METHOD)?.is_some_and(|said| said != method) {
            return Err(Unfit::Mismatch(METHOD));
        }
        let Some(said) = sole(headers, NAME)? else { return Ok(()) };
        let named = match method {
            "tools/call" | "prompts/get" => self.member("name"),
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
                self.member("uri")
            }
            "tasks/get" | "tasks/update" | "tasks/cancel" => self.member("taskId"),
            _ => return Ok(()),
        };
        let same = decoded(said).as_deref() == named;
        same.then_some(()).ok_or(Unfit::Mismatch(NAME))
    }

    fn member(&self, name: &str) -> Option<&str> {
        let params = self.params.as_ref()?;
        let value = match name {
            "uri" => params.uri.as_ref(),
            "taskId" => params.task_id.as_ref(),
            _ => params.name.as_ref(),
        };
        value?.as_str()
    }
}

fn sole<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Unfit> {
    let mut sent = headers.get_all(name).iter();
    match (sent.next(), sent.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Unfit::Mismatch(name)),
        (Some(_), Some(_)) => Err(Unfit::Mismatch(name)),
    }
}

/// A header value as MCP 2026-07-28 encodes it: plain, or `=?base64?…?=`.
fn decoded(value: &str) -> Option<String> {
    let wrapped = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    match wrapped {
        Some(text) => String::from_utf8(STANDARD.decode(text).ok()?).ok(),
        None => Some(value.to_owned()),
    }
}

const METHOD: &str = "Mcp-Method";
const NAME: &str = "Mcp-Name";

#[cfg(test)]
mod tests {
    use super::*;

    fn one(body: &str) -> Result<Message, Unfit> {
        Message::read_all(body.as_bytes()).map(|mut all| all.remove(0))
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn each_call_of_a_batch_is_seen() {
        let body = br#" [{"method":"tools/call","params":{"name":"a"}},{"id":1,"result":{}},
            {"method":"tools/call","params":{"name":"b","arguments":{"name":"x"}}}]"#;
        let all = Message::read_all(body).unwrap();
        let asks: Vec<_> = all.iter().filter_map(|m| m.operation().unwrap()).collect();
        assert_eq!(asks, [Operation::Tool("a"), Operation::Tool("b")]);
    }

    #[test]
    fn a_member_that_stands_twice_is_refused() {
        for body in [
            r#"{"method":"ping","method":"tools/call","params":{"name":"a"}}"#,
            r#"{"method":"tools/call","params":{"name":"a"},"params":{"name":"b"}}"#,
            r#"{"method":"tools/call","params":{"name":"a","name":"b"}}"#,
            r#"{"method":"tools/call","params":{"name":"a","\u006eame":"b"}}"#,
        ] {
            assert_eq!(one(body).err(), Some(Unfit::Unreadable), "{body}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for body in ["", "[]", "7", "{}x", "\u{feff}{}", r#"{"method":7}"#, r#"[{"params":"x"}]"#] {
            assert_eq!(one(body).err(), Some(Unfit::Unreadable), "{body}");
        }
        let nameless = one(r#"{"method":"tools/call","params":{"name":7}}"#).unwrap();
        assert_eq!(nameless.operation(), Err(Unfit::NoTool));
    }

    #[test]
    fn headers_that_contradict_the_body_are_refused() {
        let call = one(r#"{"method":"tools/call","params":{"name":"é"}}"#).unwrap();
        let good = [("mcp-method", "tools/call"), ("mcp-name", "=?base64?w6k=?=")];
        assert_eq!(call.agrees_with(&headers(&good)), Ok(()));
        assert_eq!(call.agrees_with(&headers(&[])), Ok(()));
        for bad in [
            &[("mcp-method", "ping")][..],
            &[("mcp-name", "public_tool")],
            &[("mcp-name", "=?base64?!?=")],
            &[("mcp-method", "tools/call"), ("mcp-method", "tools/call")],
        ] {
            assert!(matches!(call.agrees_with(&headers(bad)), Err(Unfit::Mismatch(_))), "{bad:?}");
        }
    }
}
