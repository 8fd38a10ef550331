//! JSON-RPC messages as text: which members they have, and the same text with an id exchanged. Nothing
//! else of a message changes, except that it comes to stand on one line.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::gateway::members::folds_to;

/// An object with its members as they were written, none of them twice.
#[derive(Clone, Debug)]
pub(super) struct Members<'a>(Vec<(String, Cow<'a, str>)>);

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Request,
    Notification,
    Response,
}

/// A member of a message stands twice, has a name that only lenient readers take for one that counts,
/// or an object is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// The messages of a text, and whether it is a batch (MCP 2025-03-26).
pub(super) fn split(text: &str) -> Result<(Vec<Members<'_>>, bool), Unreadable> {
    if !text.trim_start().starts_with('[') {
        return Ok((vec![Members::read(text)?], false));
    }
    let all: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| Unreadable)?;
    let all: Result<Vec<_>, _> = all.into_iter().map(|raw| Members::read(raw.get())).collect();
    all.map(|all| (all, true))
}

impl<'a> Members<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, Unreadable> {
        serde_json::from_str(text).map_err(|_| Unreadable)
    }

    /// What it is by the members it has (JSON-RPC 2.0 §4, §5); none: no message.
    pub(super) fn kind(&self) -> Option<Kind> {
        if COUNTED.into_iter().any(|name| self.is_lenient(name)) {
            return None;
        }
        let answers = self.get("result").is_some() != self.get("error").is_some();
        match (self.method().is_some(), self.get("id")) {
            (true, Some(id)) if is_id(id) => Some(Kind::Request),
            (true, None) => Some(Kind::Notification),
            (false, Some(id)) if is_id(id) && answers && self.get("method").is_none() => {
                Some(Kind::Response)
            }
            _ => None,
        }
    }

    pub(super) fn method(&self) -> Option<String> {
        serde_json::from_str(self.get("method")?).ok()
    }

    /// A member as it is written.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_ref())
    }

    /// A member below others, as it is written.
    pub(super) fn below(&self, path: &[&str]) -> Result<Option<String>, Unreadable> {
        let Some((first, rest)) = path.split_first() else { return Ok(None) };
        if self.is_lenient(first) {
            return Err(Unreadable);
        }
        match self.get(first) {
            Some(value) if rest.is_empty() => Ok(Some(value.to_owned())),
            Some(value) if value.starts_with('{') => Members::read(value)?.below(rest),
            _ => Ok(None),
        }
    }

    /// Whether a member has a name that some readers take for `name`.
    fn is_lenient(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known != name && folds_to(known, name))
    }

    /// Puts `value` in the place of a member that is there.
    pub(super) fn replace(&mut self, path: &[&str], value: &str) {
        let Some((first, rest)) = path.split_first() else { return };
        let Some((_, at)) = self.0.iter_mut().find(|(known, _)| known == first) else { return };
        if rest.is_empty() {
            *at = Cow::Owned(value.to_owned());
            return;
        }
        let Ok(mut inner) = Members::read(at) else { return };
        inner.replace(rest, value);
        let written = inner.write();
        *at = Cow::Owned(written);
    }

    /// The object on one line. A line break in JSON stands between its tokens only, where a space
    /// means the same.
    pub(super) fn write(&self) -> String {
        let members = self.0.iter().map(|(name, value)| format!("{}:{value}", quoted(name)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(",")).replace(['\n', '\r'], " ")
    }
}

/// `text` as JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// An error in answer to `id`, which is JSON.
pub(super) fn error(id: &str, code: i32, message: &str) -> String {
    let message = quoted(message);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message}}}}}"#)
}

/// Requests have a string or a number (MCP: never null).
fn is_id(raw: &str) -> bool {
    raw.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit())
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut members, mut seen) = (Vec::new(), HashSet::new());
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom("a member stands twice"));
            }
            members.push((name, Cow::Borrowed(value.get())));
        }
        Ok(Members(members))
    }
}

const COUNTED: [&str; 5] = ["id", "method", "params", "result", "error"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_exchanged_and_everything_else_stays_to_the_byte() {
        let text = "{\"id\": \"a\\u0062\" ,\n \"method\":\"m\", \"params\": {\"x\": 1.50e2, \"y\": 99999999999999999999, \"_meta\": {\"progressToken\": \"t\"}}}";
        let mut message = Members::read(text).unwrap();
        assert_eq!(message.get("id"), Some(r#""a\u0062""#));
        message.replace(&["id"], "7");
        message.replace(&["params", "_meta", "progressToken"], "7");
        message.replace(&["params", "absent"], "7");
        let expected = r#"{"id":7,"method":"m","params":{"x":1.50e2,"y":99999999999999999999,"_meta":{"progressToken":7}}}"#;
        assert_eq!(message.write(), expected);
    }

    #[test]
    fn a_message_is_told_by_its_members() {
        let kind = |text: &str| Members::read(text).ok().and_then(|message| message.kind());
        assert_eq!(kind(r#"{"id":1,"method":"m"}"#), Some(Kind::Request));
        assert_eq!(kind(r#"{"method":"m"}"#), Some(Kind::Notification));
        assert_eq!(kind(r#"{"id":"1","result":{}}"#), Some(Kind::Response));
        for text in [
            "7",
            "{}",
            r#"{"id":null,"method":"m"}"#,
            r#"{"id":{},"method":"m"}"#,
            r#"{"id":1,"method":7,"result":{}}"#,
            r#"{"id":1}"#,
            r#"{"id":1,"result":{},"error":{}}"#,
            r#"{"id":1,"\u0069d":2,"method":"m"}"#,
            r#"{"id":1,"ID":2,"method":"m"}"#,
            r#"{"Id":2,"method":"m"}"#,
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_under_a_name_that_lenient_readers_take_for_its_own_is_refused() {
        let token = |text: &str| Members::read(text).unwrap().below(&["_meta", "progressToken"]);
        assert_eq!(token(r#"{"_meta":{"progressToken":1}}"#), Ok(Some("1".to_owned())));
        assert_eq!(token(r#"{"_meta":{"other":1}}"#), Ok(None));
        assert_eq!(token(r#"{"_meta":{"ProgressToken":1}}"#), Err(Unreadable));
        assert_eq!(token(r#"{"_Meta":{"progressToken":1}}"#), Err(Unreadable));
    }

    #[test]
    fn a_message_that_is_written_over_lines_becomes_one_line() {
        let (all, batch) = split("\r\n[{\"method\":\r\n\"a\"},\n{\"method\":\"b\\n\"}]").unwrap();
        let lines: Vec<_> = all.iter().map(Members::write).collect();
        assert_eq!(
            (lines.as_slice(), batch),
            (&[r#"{"method":"a"}"#.to_owned(), r#"{"method":"b\n"}"#.to_owned()][..], true)
        );
        assert!(split("{\"a\":\"x\ny\"}").is_err(), "a raw line break in a string is no JSON");
    }
}
