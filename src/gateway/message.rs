//! The few members of a JSON-RPC message that authorization depends on, read so that nobody behind
//! us can read them differently.

mod headers;
mod sound;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::{
    engine::policy::{Operation, TOOLS_CALL},
    gateway::members::{elements, sole},
};

/// One JSON-RPC message: a request or a notification, or a response, which has no method.
#[derive(Debug)]
pub(super) struct Message {
    /// The id to answer to.
    pub(super) id: Option<Value>,
    method: Option<String>,
    named: Named,
}

/// What a message names among its parameters: a tool or prompt, a resource, a task.
#[derive(Debug, Default)]
struct Named {
    name: Option<String>,
    uri: Option<String>,
    task_id: Option<String>,
}

/// Why a body is not acted upon. Displays as the JSON-RPC error's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// No JSON-RPC message, an ambiguous one, or an empty batch.
    #[error("The body is not one unambiguous JSON-RPC message, or a batch of them.")]
    Unreadable,
    /// A batch that is too long.
    #[error("A batch has 64 messages at most.")]
    TooMany,
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
            Self::TooMany => -32600,
            Self::NoTool => -32602,
            Self::Mismatch(_) => -32020,
        }
    }
}

impl Message {
    /// Reads a body: one message, or a batch of them (MCP 2025-03-26).
    pub(super) fn read_all(body: &[u8]) -> Result<Vec<Self>, Unfit> {
        let text = std::str::from_utf8(body).ok().filter(|text| sound::is_sound(text));
        let text = text.ok_or(Unfit::Unreadable)?;
        let batch = text.trim_ascii_start().starts_with('[');
        let texts = if batch { elements(text, MAX_BATCH) } else { Some(vec![text]) };
        let texts = texts.filter(|texts| !texts.is_empty()).ok_or(Unfit::Unreadable)?;
        if texts.len() > MAX_BATCH {
            return Err(Unfit::TooMany);
        }
        let read: Option<Vec<Self>> = texts.into_iter().map(Self::read).collect();
        read.ok_or(Unfit::Unreadable)
    }

    fn read(text: &str) -> Option<Self> {
        let [id, method, params, result, error, _] =
            sole(text, ["id", "method", "params", "result", "error", "jsonrpc"])?;
        let answers = result.is_some() || error.is_some();
        if method.is_some() == answers {
            return None;
        }
        let params = params.filter(|params| *params != "null");
        let id = id.map_or(Some(Value::Null), id_of)?;
        Some(Self {
            id: (!id.is_null()).then_some(id),
            method: method.map_or(Some(None), |method| name_of(method).map(Some))?,
            named: params.map_or_else(|| Some(Named::default()), Named::read)?,
        })
    }

    /// What this message asks for; a response asks for nothing.
    pub(super) fn operation(&self) -> Result<Option<Operation<'_>>, Unfit> {
        match self.method.as_deref() {
            None => Ok(None),
            Some(TOOLS_CALL) => {
                let tool = self.named.name.as_deref().ok_or(Unfit::NoTool)?;
                Ok(Some(Operation::Tool(tool)))
            }
            Some(method) => Ok(Some(Operation::Method(method))),
        }
    }
}

impl Named {
    fn read(params: &str) -> Option<Self> {
        let [name, uri, task_id, _] = sole(params, ["name", "uri", "taskId", "_meta"])?;
        let [name, uri, task_id] = [name, uri, task_id].map(|text| text.and_then(name_of));
        Some(Self { name, uri, task_id })
    }
}

/// JSON-RPC 2.0 §4: a string, a number or null.
fn id_of(text: &str) -> Option<Value> {
    let id = serde_json::from_str(text).ok();
    id.filter(|id| matches!(id, Value::String(_) | Value::Number(_) | Value::Null))
}

/// A name, without what some reader could end it at.
fn name_of(text: &str) -> Option<String> {
    serde_json::from_str(text).ok().filter(|name: &String| !name.contains('\0'))
}

const MAX_BATCH: usize = 64;
