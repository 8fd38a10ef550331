//! Lists of tools on their way back: what the caller may not use is taken out, and everything else
//! keeps its bytes.

mod events;
#[cfg(test)]
mod tests;

use std::ops::Range;

use serde_json::value::RawValue;

use crate::gateway::members::{any, elements, sole};

pub(super) use self::events::Events;

/// It is no JSON: nobody can say what a client would read in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Whether the caller may use the tool of this name.
pub(super) type Keep<'a> = &'a dyn Fn(&str) -> bool;

/// One JSON-RPC message, or a batch of them, without the tools that are not kept; none when nothing
/// changes. A member that some reader could take for `result` or `tools` counts as such, and a tool
/// without one readable name is not kept.
pub(super) fn without_hidden(json: &[u8], keep: Keep<'_>) -> Result<Option<Vec<u8>>, Unreadable> {
    if json.trim_ascii().is_empty() {
        return Ok(None);
    }
    let json = std::str::from_utf8(json).map_err(|_| Unreadable)?;
    let whole: &RawValue = serde_json::from_str(json).map_err(|_| Unreadable)?;
    let messages = elements(whole.get()).unwrap_or_else(|| vec![whole.get()]);
    let lists: Option<Vec<_>> = messages.into_iter().map(lists).collect();
    let lists = lists.ok_or(Unreadable)?.concat();
    let changes: Vec<_> = lists.into_iter().filter_map(|list| change(list, keep)).collect();
    Ok((!changes.is_empty()).then(|| spliced(json, changes)))
}

/// A part of the text, and what stands there instead.
struct Change<'a> {
    part: &'a str,
    instead: String,
}

/// The lists of tools in a message: one, but for a server that says things twice.
fn lists(message: &str) -> Option<Vec<&str>> {
    let results = any(message, "result")?;
    let lists: Option<Vec<_>> = results.into_iter().map(|result| any(result, "tools")).collect();
    lists.map(|lists| lists.concat())
}

fn change<'a>(list: &'a str, keep: Keep<'_>) -> Option<Change<'a>> {
    let tools = elements(list)?;
    let kept: Vec<&str> = tools.iter().copied().filter(|tool| is_kept(tool, keep)).collect();
    let instead = || format!("[{}]", kept.join(","));
    (kept.len() < tools.len()).then(|| Change { part: list, instead: instead() })
}

fn is_kept(tool: &str, keep: Keep<'_>) -> bool {
    let name = sole(tool, "name").and_then(|name| serde_json::from_str::<String>(name).ok());
    name.is_some_and(|name| keep(&name))
}

/// Each change lies within `json`, one after the other.
fn spliced(json: &str, changes: Vec<Change<'_>>) -> Vec<u8> {
    let (mut text, mut from) = (String::with_capacity(json.len()), 0);
    for Change { part, instead } in changes {
        let Range { start, end } = place(json, part);
        text.push_str(&json[from..start]);
        text.push_str(&instead);
        from = end;
    }
    text.push_str(&json[from..]);
    text.into_bytes()
}

/// Where in `json` a part of it stands.
fn place(json: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - json.as_ptr().addr();
    start..start + part.len()
}
