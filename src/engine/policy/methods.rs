//! The methods of MCP, in every version of the specification.

/// The method that calls a tool.
pub const TOOLS_CALL: &str = "tools/call";

/// Whether the specification has a method of that name that a client may send. What it does not know
/// may do anything at the server behind, so that only a rule lets it through.
pub(super) fn is_known(method: &str) -> bool {
    KNOWN.contains(&method)
}

/// Requests and notifications of MCP 2024-11-05 to 2026-07-28, and of its tasks extension. What only
/// servers send (`sampling/createMessage`, `roots/list`) is not among them.
const KNOWN: [&str; 32] = [
    "completion/complete",
    "initialize",
    "logging/setLevel",
    "notifications/cancelled",
    "notifications/elicitation/complete",
    "notifications/initialized",
    "notifications/message",
    "notifications/progress",
    "notifications/prompts/list_changed",
    "notifications/resources/list_changed",
    "notifications/resources/updated",
    "notifications/roots/list_changed",
    "notifications/subscriptions/acknowledged",
    "notifications/tasks",
    "notifications/tasks/status",
    "notifications/tools/list_changed",
    "ping",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/read",
    "resources/subscribe",
    "resources/templates/list",
    "resources/unsubscribe",
    "server/discover",
    "subscriptions/listen",
    "tasks/cancel",
    "tasks/get",
    "tasks/list",
    "tasks/result",
    "tasks/update",
    "tools/list",
];
