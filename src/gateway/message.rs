//! The few members of a JSON-RPC message that authorization depends on, read so that nobody behind
//! us can read them differently.

mod headers;
mod read;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::engine::policy::{Operation, TOOLS_CALL};

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
