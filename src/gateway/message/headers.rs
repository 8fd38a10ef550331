//! The headers that repeat the body (MCP 2026-07-28): who routes by them must not be led elsewhere.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;

use super::{Message, Unfit};

impl Message {
    /// Whether `Mcp-Method` and `Mcp-Name`, where present, say what the message says.
    pub(in crate::gateway) fn agrees_with(&self, headers: &HeaderMap) -> Result<(), Unfit> {
        let Some(method) = self.method.as_deref() else { return Ok(()) };
        if sole(headers, METHOD)?.is_some_and(|said| said != method) {
            return Err(Unfit::Mismatch(METHOD));
        }
        let Some(said) = sole(headers, NAME)? else { return Ok(()) };
        let named = match method {
            "tools/call" | "prompts/get" => &self.named.name,
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => &self.named.uri,
            "tasks/get" | "tasks/update" | "tasks/cancel" => &self.named.task_id,
            _ => return Ok(()),
        };
        let said = decoded(said).filter(|said| Some(said) == named.as_ref());
        said.map(drop).ok_or(Unfit::Mismatch(NAME))
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
