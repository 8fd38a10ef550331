//! From the messages of one request to what they ask for, or to a refusal: every element of a batch
//! is judged, and every scope that is lacking is named at once.

use http::HeaderMap;
use serde_json::Value;

use crate::{
    engine::policy::{Policy, Verdict},
    gateway::{message::Message, refused::Refused},
    guard::{Caller, GuardRefusal},
    protocol::scope::Scopes,
};

/// What an admitted request asks for; the server behind finds it among the request's extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whether it opens a session, of the protocol's older eras.
    pub opens_session: bool,
    /// Whether it asks for events until further notice (MCP 2026-07-28, `subscriptions/listen`).
    pub listens: bool,
    /// The id to answer to, where there is one.
    pub id: Value,
}

/// Judges every message of a request.
pub(super) fn judge(
    policy: &Policy,
    caller: Option<&Caller>,
    headers: &HeaderMap,
    messages: &[Message],
) -> Result<Asked, Refused> {
    if let Some(caller) = caller {
        judge_all(policy, caller, headers, messages)?;
    }
    Ok(Asked {
        opens_session: messages.iter().any(Message::opens_a_session),
        listens: messages.iter().any(Message::listens),
        id: match messages {
            [only] => only.id.clone().unwrap_or_default(),
            _ => Value::Null,
        },
    })
}

fn judge_all(
    policy: &Policy,
    caller: &Caller,
    headers: &HeaderMap,
    messages: &[Message],
) -> Result<(), Refused> {
    let mut lacking = Scopes::default();
    for message in messages {
        let id = || message.id.clone().unwrap_or_default();
        let unfit = |unfit| Refused::Unfit(unfit, id());
        message.agrees_with(headers).map_err(unfit)?;
        let Some(tool) = message.tool().map_err(unfit)? else { continue };
        match policy.verdict(tool, caller.scopes()) {
            Verdict::Allowed => {}
            Verdict::InsufficientScope { needs } => lacking = lacking.union(&needs),
            Verdict::Denied => return Err(Refused::Denied(id())),
        }
    }
    if lacking.is_empty() {
        return Ok(());
    }
    Err(Refused::Guard(GuardRefusal::InsufficientScope(lacking)))
}
